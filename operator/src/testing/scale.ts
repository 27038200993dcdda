// How the operator bears many nodes: `node operator/src/testing/scale.ts --nodes 5000`. Node objects in a
// real API server, sensors at the NATS protocol at their real rate (a report every 5 s); measured are the
// time from applying a sensor to all node objects right, the writes of a steady minute, and memory.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { BUCKET_REPORTED, nodeKey, REPORT_INTERVAL_MS, REPORTED_TTL_MS } from '#contracts/nats.ts';
import type { NetmothSensorNode } from '#crds/kinds.ts';
import { type KubeObject, NODES, SENSOR_NODES } from '../runtime/resource.ts';
import { OperatorBed } from './operator-bed.ts';
import { sampleReport } from './sample-report.ts';

const kParallel = 16;
const kPage = 1_000;
const kPatienceMs = 300_000;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '30' },
  },
});
const names = Array.from(
  { length: Number(values.nodes) },
  (_, index) => `node-${index}.example.net`,
);

await using bed = await OperatorBed.start({ controllers: false });
await makeNodes();
const operator = await bed.operator('scale', { leaseSeconds: 15 });
await until(async () => (await operator.status('/readyz').catch(() => 0)) === 200);
const stop = new AbortController();
const reports = report(stop.signal);

const appliedMs = performance.now();
await bed.applySensor('edge', {});
await until(async () => (await countRight()) === names.length);
const rightMs = performance.now() - appliedMs;
say(`all ${names.length} node objects right after ${(rightMs / 1000).toFixed(1)} s`);

await sleep(10_000);
const [writes, heard] = [
  await operator.metric('api_writes_total'),
  await operator.metric('reports_total'),
];
await sleep(Number(values.seconds) * 1_000);
const seconds = Number(values.seconds);
const written = ((await operator.metric('api_writes_total')) - writes) / seconds;
const perSecond = ((await operator.metric('reports_total')) - heard) / seconds;
say(
  `steady: ${written.toFixed(2)} writes/s (the Lease's among them) at ${perSecond.toFixed(0)} reports/s`,
);
const status = readFileSync(`/proc/${operator.process.pid}/status`, 'utf8');
say(
  `operator: ${/VmRSS:\s+(\d+ kB)/.exec(status)?.[1]} RSS, ${/VmHWM:\s+(\d+ kB)/.exec(status)?.[1]} at most`,
);
stop.abort();
await reports;

function say(line: string): void {
  console.log(line);
}

async function makeNodes(): Promise<void> {
  const left = names.values();
  const work = async (): Promise<void> => {
    for (const name of left) {
      const node: KubeObject = { metadata: { name, labels: { 'kubernetes.io/os': 'linux' } } };
      await bed.client.create(NODES, node);
    }
  };
  await Promise.all(Array.from({ length: kParallel }, work));
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
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`not so after ${kPatienceMs} ms`);
    await sleep(500);
  }
}
