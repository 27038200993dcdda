// What identities cost the operator: `node operator/src/testing/scale-identities.ts --pods 100000 --nodes 5000`.
//
// Pods and Node objects in a real API server; measured are the seconds from the operator's start until every
// address stands in NATS, the operator's memory then, and the writes of a quiet minute's tenth afterwards.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { OperatorBed } from './operator-bed.ts';

const kPatienceMs = 600_000;
const kQuietMs = 6_000;

const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '100000' },
    nodes: { type: 'string', default: '5000' },
    'node-options': { type: 'string', default: '--max-semi-space-size=4 --max-old-space-size=400' },
  },
});
const [pods, nodes] = [Number(values.pods), Number(values.nodes)];

await using bed = await OperatorBed.start({ controllers: false });
const startedMs = performance.now();
// Through the API 100,000 pods would take longer than all the rest; what it serves of them is the same.
await bed.cluster.seed(seededNodes());
await bed.cluster.seed(seededPods());
console.log(`${pods} pods and ${nodes} nodes made in ${seconds(startedMs)} s`);

const operatorMs = performance.now();
const operator = await bed.operator('identities', {
  leaseSeconds: 15,
  nodeOptions: values['node-options'],
});
await until(async () => (await operator.metric('identity_writes_total')) >= pods);
console.log(`all addresses in NATS after ${seconds(operatorMs)} s`);
await sleep(kQuietMs);
const before = await operator.metric('identity_writes_total');
await sleep(kQuietMs);
const later = (await operator.metric('identity_writes_total')) - before;
const status = readFileSync(`/proc/${operator.process.pid}/status`, 'utf8');
const figure = (name: string): number =>
  Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024);
console.log(
  `operator: ${figure('VmRSS')} MB, ${figure('VmHWM')} MB at most; ${later} writes when quiet`,
);
process.exit(0);

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1_000).toFixed(1);
}

function* seededNodes() {
  for (let index = 0; index < nodes; index += 1) {
    const name = `node-${index}`;
    const metadata = { name, ...seededMeta(), labels: { 'kubernetes.io/os': 'linux' } };
    const value = { apiVersion: 'v1', kind: 'Node', metadata, spec: {}, status: {} };
    yield { key: `/registry/minions/${name}`, value };
  }
}

function* seededPods() {
  const hash = '7d4b9c8f6d';
  for (let index = 0; index < pods; index += 1) {
    const name = `web-${hash}-${index.toString(36).padStart(5, '0')}`;
    const ip = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `web-${hash}` };
    const metadata = {
      ...{ namespace: 'default', name, ...seededMeta(), labels: { 'pod-template-hash': hash } },
      ownerReferences: [{ ...owner, uid: randomUUID(), controller: true }],
    };
    const startTime = metadata.creationTimestamp;
    const status = { phase: 'Running', startTime, podIP: ip, podIPs: [{ ip }] };
    const container = { name: 'c', image: 'i', env: [{ name: 'A', value: 'x'.repeat(500) }] };
    const spec = { nodeName: `node-${index % nodes}`, containers: [container] };
    yield {
      key: `/registry/pods/default/${name}`,
      value: { apiVersion: 'v1', kind: 'Pod', metadata, spec, status },
    };
  }
}

function seededMeta() {
  return { uid: randomUUID(), creationTimestamp: '2026-11-20T10:00:00Z' };
}

async function until(ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + kPatienceMs;
  while (!(await ask().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not so after ${kPatienceMs} ms`);
    await sleep(250);
  }
}
