// NATS and the API server go away in the middle of a roll-out, history is compacted, somebody else writes all the
// time: the operator goes on by itself, without a restart, and tells nobody twice.
// NETMOTH_OUTAGE_SECONDS=60 stops them for as long as was promised; a test run does it for less.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NODES } from '../runtime/resource.ts';
import { eventually } from '../testing/kube-bed.ts';
import { condition, OperatorBed, type OperatorProcess } from '../testing/operator-bed.ts';
import { SimulatedSensors } from '../testing/simulated-sensors.ts';

const kOutageMs = Number(process.env['NETMOTH_OUTAGE_SECONDS'] ?? '6') * 1_000;
const kNodes = Array.from({ length: 8 }, (_, index) => `node-${index}`);

let bed: OperatorBed;
let sensors: SimulatedSensors;
let operator: OperatorProcess;
beforeAll(async () => {
  bed = await OperatorBed.start({ controllers: false });
  sensors = new SimulatedSensors(bed.nats.url, 500);
  for (const name of kNodes) {
    const labels = { 'kubernetes.io/os': 'linux' };
    await bed.client.create(NODES, { metadata: { name, labels } });
    sensors.add('edge', name);
  }
  await sensors.start();
  operator = await bed.operator('only');
  await bed.applySensor('edge', {});
  await publish(0);
  await settled();
}, 120_000);
afterAll(async () => {
  await sensors?.[Symbol.asyncDispose]();
  await bed?.[Symbol.asyncDispose]();
});

const rollout = { canaryNodes: 1, soakSeconds: 1, maxInProgress: '50%' };
const publish = (round: number): Promise<void> => {
  const rules = `alert tcp any any -> any 80 (msg:"round ${round}"; content:"x"; sid:1;)`;
  return bed.applySet('base', { source: { inline: { rules } }, rollout });
};
const settled = () =>
  eventually(async () => {
    const set = await bed.own('signaturesets', 'base').catch(() => undefined);
    const { latest, current, active, observedGeneration } = set?.status ?? {};
    if (condition(set, 'Progressing') !== 'False Complete') return undefined;
    const isDone = observedGeneration === set.metadata.generation && latest === current;
    return isDone && active === kNodes.length ? set.status : undefined;
  }, 'the roll-out');
const begun = () =>
  eventually(async () => {
    const set = await bed.own('signaturesets', 'base');
    return set.status.rollout?.phase === 'Advancing' && set.status.active > 0;
  }, 'the canary');

/** Every node has it, and was told by wishes that differ. */
function expectOnce(mark: number, revision: string): void {
  const told = sensors.told.slice(mark).filter(({ wish }) => wish?.sets?.['base'] === revision);
  const keys = new Set(told.map(({ key }) => key));
  expect(keys.size).toBe(kNodes.length);
}

it('NATS is killed in the middle of a wave', async () => {
  const mark = sensors.told.length;
  await publish(1);
  await begun();
  await bed.nats.kill();
  await sleep(kOutageMs);
  await bed.nats.start();
  const { latest } = await settled();
  expectOnce(mark, latest);
}, 200_000);

it('the API server stands still in the middle of a wave', async () => {
  const mark = sensors.told.length;
  await publish(2);
  await begun();
  bed.cluster.apiServer.freeze();
  await sleep(kOutageMs);
  bed.cluster.apiServer.thaw();
  const { latest } = await settled();
  expectOnce(mark, latest);
}, 200_000);

it('the API server is killed and history compacted: watches are too old', async () => {
  await publish(3);
  await begun();
  await bed.cluster.compact();
  await bed.cluster.apiServer.kill();
  await bed.cluster.apiServer.start();
  await settled();
}, 200_000);

it('somebody else writes to the set all the time', async () => {
  const mark = sensors.told.length;
  const stop = new AbortController();
  const path = '/apis/netmoth.io/v1alpha1/signaturesets/base';
  const storm = (async () => {
    for (let count = 0; !stop.signal.aborted; count += 1) {
      const annotations = { 'example.net/count': String(count) };
      await bed.cluster
        .request('PATCH', path, { metadata: { annotations } })
        .catch(() => undefined);
    }
  })();
  await publish(4);
  const { latest } = await settled();
  stop.abort();
  await storm;
  const told = sensors.told.slice(mark).filter(({ wish }) => wish?.sets?.['base'] === latest);
  // Nothing fell in between, so each was told exactly once.
  expect(told).toHaveLength(kNodes.length);
  expect(new Set(told.map(({ key }) => key)).size).toBe(kNodes.length);
}, 200_000);

it('it is still the same process', () => {
  const starts = operator.process.lines.filter((line) => line.includes('Operator started'));
  expect(starts).toHaveLength(1);
});
