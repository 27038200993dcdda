// What identities cost the operator: `node operator/src/testing/scale-identities.ts --pods 100000 --nodes 5000`.
//
// Pods and Node objects in a real API server; measured are the seconds from the operator's start until every
// address stands in NATS, the operator's memory then, and the writes of a quiet minute's tenth afterwards.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { NODES, PODS } from '../runtime/resource.ts';
import { OperatorBed } from './operator-bed.ts';

const kParallel = 24;
const kPatienceMs = 600_000;
const kQuietMs = 6_000;

const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '100000' },
    nodes: { type: 'string', default: '5000' },
  },
});
const [pods, nodes] = [Number(values.pods), Number(values.nodes)];

await using bed = await OperatorBed.start({ controllers: false });
const accounts = '/api/v1/namespaces/default/serviceaccounts';
await bed.cluster.request('POST', accounts, { metadata: { name: 'default' } });
const startedMs = performance.now();
await inParallel(nodes, async (index) => {
  const labels = { 'kubernetes.io/os': 'linux' };
  await bed.client.create(NODES, { metadata: { name: `node-${index}`, labels } });
});
await inParallel(pods, async (index) => {
  const name = `web-7d4b9c8f6d-${index.toString(36).padStart(5, '0')}`;
  const ip = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  const pod = {
    metadata: { namespace: 'default', name, labels: { 'pod-template-hash': '7d4b9c8f6d' } },
    spec: { nodeName: `node-${index % nodes}`, containers: [{ name: 'c', image: 'i' }] },
  };
  await bed.client.create(PODS, pod);
  await bed.client.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/default/pods/${name}/status`,
    contentType: 'application/merge-patch+json',
    body: { status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } },
  });
});
console.log(`${pods} pods and ${nodes} nodes made in ${seconds(startedMs)} s`);

const operatorMs = performance.now();
const operator = await bed.operator('identities', { leaseSeconds: 15 });
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

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: kParallel }, worker));
}

async function until(ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + kPatienceMs;
  while (!(await ask().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not so after ${kPatienceMs} ms`);
    await sleep(250);
  }
}
