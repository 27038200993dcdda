// An API server that answers 429 most of the time in the middle of a roll-out: it ends right, a little later.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONFIG_MAPS, NODES } from '../runtime/resource.ts';
import { clientOf, eventually, serviceAccountKubeconfig } from '../testing/kube-bed.ts';
import { condition, OperatorBed, type OperatorProcess } from '../testing/operator-bed.ts';
import { SimulatedSensors } from '../testing/simulated-sensors.ts';

const kNodes = Array.from({ length: 8 }, (_, index) => `node-${index}`);
/** Requests of somebody else that are always under way. */
const kStorm = 24;

let bed: OperatorBed;
let sensors: SimulatedSensors;
let operator: OperatorProcess;
beforeAll(async () => {
  bed = await OperatorBed.start({
    controllers: false,
    // The plain limits answer 429 at once instead of queueing; administrators are exempt, service accounts are not.
    apiServerFlags: [
      '--enable-priority-and-fairness=false',
      '--max-requests-inflight=3',
      '--max-mutating-requests-inflight=2',
    ],
  });
  sensors = new SimulatedSensors(bed.nats.url, 500);
  for (const name of kNodes) {
    const labels = { 'kubernetes.io/os': 'linux' };
    await bed.client.create(NODES, { metadata: { name, labels } });
    sensors.add('edge', name);
  }
  await sensors.start();
  const kubeconfig = await serviceAccountKubeconfig(bed.cluster, 'operator', 'cluster-admin');
  operator = await bed.operator('only', { kubeconfig, leaseSeconds: 15 });
  await bed.applySensor('edge', {});
}, 120_000);
afterAll(async () => {
  await sensors?.[Symbol.asyncDispose]();
  await bed?.[Symbol.asyncDispose]();
});

const publish = (round: number): Promise<void> => {
  const rules = `alert tcp any any -> any 80 (msg:"round ${round}"; content:"x"; sid:1;)`;
  const rollout = { canaryNodes: 1, soakSeconds: 1, maxInProgress: '50%' };
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

it('a roll-out goes through a storm of 429, and nobody is told twice', async () => {
  await publish(0);
  await settled();
  const mark = sensors.told.length;
  const before = await operator.metric('api_throttled_total');
  const stop = new AbortController();
  const storm = clientOf(await serviceAccountKubeconfig(bed.cluster, 'storm', 'cluster-admin'));
  const noise = Array.from({ length: kStorm }, async (_, place) => {
    for (let count = 0; !stop.signal.aborted; count += 1) {
      const metadata = { namespace: 'default', name: `noise-${place}` };
      const object = { metadata, data: { count: String(count) } };
      await storm.apply(CONFIG_MAPS, object, { signal: stop.signal }).catch(() => undefined);
    }
  });
  await publish(1);
  const { latest } = await settled().finally(() => stop.abort());
  await Promise.all(noise);
  storm.close();
  expect(await operator.metric('api_throttled_total')).toBeGreaterThan(before);
  const told = sensors.told.slice(mark).filter(({ wish }) => wish?.sets?.['base'] === latest);
  expect(told.map(({ key }) => key).toSorted()).toEqual(kNodes.map((name) => `edge.${name}`));
  const starts = operator.process.lines.filter((line) => line.includes('Operator started'));
  expect(starts).toHaveLength(1);
}, 300_000);
