// How the operator bears a large cluster: `node operator/src/testing/scale.ts --nodes 5000 --pods 100000`.
//
// Nodes and pods in a real API server, sensors at the NATS protocol at their real rate (a report every 5 s), the
// operator with the chart's own NODE_OPTIONS. In one run: the time until every address stands in NATS, from applying a
// sensor to all node objects right, requests and writes of a steady minute, and memory all the while.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { BUCKET_REPORTED, nodeKey, REPORT_INTERVAL_MS, REPORTED_TTL_MS } from '#contracts/nats.ts';
import type { NetmothSensorNode } from '#crds/kinds.ts';
import { SENSOR_NODES } from '../runtime/resource.ts';
import { OperatorBed } from './operator-bed.ts';
import { sampleReport } from './sample-report.ts';
import { nodeName, seededNodes, seededPods } from './seeded-cluster.ts';

const kPage = 1_000;
const kPatienceMs = 600_000;
const kTemplate = join(import.meta.dirname, '../../../charts/netmoth/templates/operator.yaml');

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '5000' },
    pods: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    'node-options': { type: 'string', default: chartNodeOptions() },
  },
});
const [nodes, pods, seconds] = [values.nodes, values.pods, values.seconds].map(Number) as [
  ...[number, number, number],
];
const names = Array.from({ length: nodes }, (_, index) => nodeName(index));

await using bed = await OperatorBed.start({ controllers: false });
let startMs = performance.now();
await bed.cluster.seed(seededNodes(nodes));
await bed.cluster.seed(seededPods(pods, nodes));
say(`${nodes} nodes and ${pods} pods made in ${since(startMs)}`);

startMs = performance.now();
const nodeOptions = values['node-options'];
const operator = await bed.operator('scale', { leaseSeconds: 15, nodeOptions });
const stop = new AbortController();
const reports = report(stop.signal);
await until(async () => (await operator.metric('identity_writes_total')) >= pods + nodes);
say(`all addresses in NATS ${since(startMs)} after the operator's start; ${memory()}`);

startMs = performance.now();
await bed.applySensor('edge', {});
await until(async () => (await countRight()) === names.length);
say(`all ${names.length} node objects right ${since(startMs)} after apply; ${memory()}`);

// What was changed last has been told and said.
await sleep(10_000);
const before = await counted();
await sleep(seconds * 1_000);
const after = await counted();
const rate = (name: keyof typeof after): string =>
  ((after[name] - before[name]) / seconds).toFixed(2);
say(`steady for ${seconds} s at ${rate('reports')} reports/s: ${rate('writes')} writes/s and`);
say(`  ${rate('reads')} reads/s (of both the Lease's), ${rate('identities')} identities/s`);
say(`operator, NODE_OPTIONS="${nodeOptions}": ${memory()}`);
stop.abort();
await reports;
process.exit(0);

function say(line: string): void {
  console.log(line);
}

function since(ms: number): string {
  return `${((performance.now() - ms) / 1_000).toFixed(1)} s`;
}

/** What the chart's container gets; a line of its own that helm leaves alone. */
function chartNodeOptions(): string {
  const found = /name: NODE_OPTIONS, value: "([^"]+)"/.exec(readFileSync(kTemplate, 'utf8'));
  if (found?.[1] === undefined) throw new Error(`${kTemplate} sets no NODE_OPTIONS`);
  return found[1];
}

function memory(): string {
  const status = readFileSync(`/proc/${operator.process.pid}/status`, 'utf8');
  const figure = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024);
  return `${figure('VmRSS')} MiB, ${figure('VmHWM')} MiB at most`;
}

async function counted() {
  const writes = await operator.metric('api_writes_total');
  return {
    writes,
    reads: (await operator.metric('api_requests_total')) - writes,
    reports: await operator.metric('reports_total'),
    identities: await operator.metric('identity_writes_total'),
  };
}

/** Every node reports once in REPORT_INTERVAL_MS, evenly spread. */
async function report(signal: AbortSignal): Promise<void> {
  const connection = await connect({ servers: bed.nats.url });
  const bucket: KV = await new Kvm(jetstream(connection)).create(BUCKET_REPORTED, {
    ...{ history: 1, ttl: REPORTED_TTL_MS, replicas: 1, storage: StorageType.Memory },
  });
  const slices = 50;
  for (let turn = 0; !signal.aborted; turn += 1) {
    const startedMs = performance.now();
    const mine = names.filter((_, index) => index % slices === turn % slices);
    await Promise.all(
      mine.map((name) => {
        const value = sampleReport('edge', name, 1_000 + turn);
        return bucket.put(nodeKey(value.sensor, value.node), JSON.stringify(value));
      }),
    );
    const restMs = REPORT_INTERVAL_MS / slices - (performance.now() - startedMs);
    if (restMs > 0) await sleep(restMs);
  }
  await connection.close();
}

async function countRight(): Promise<number> {
  let count = 0;
  let next: string | undefined;
  do {
    const page = await bed.client.listPage<NetmothSensorNode>(SENSOR_NODES, { limit: kPage, next });
    count += page.items.filter(({ status }) => status?.reporting === 'True').length;
    next = page.next;
  } while (next !== undefined);
  return count;
}

async function until(ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + kPatienceMs;
  while (!(await ask().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not so after ${kPatienceMs} ms`);
    await sleep(500);
  }
}
