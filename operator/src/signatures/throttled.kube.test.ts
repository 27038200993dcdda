// An API server that answers 429 most of the time in the middle of a roll-out: it ends right, a little later.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONFIG_MAPS } from '../runtime/resource.ts';
import { clientOf, serviceAccountKubeconfig } from '../testing/kube-bed.ts';
import { OperatorBed, type OperatorProcess } from '../testing/operator-bed.ts';
import { SmallFleet } from '../testing/small-fleet.ts';

/** Requests of somebody else that are always under way. */
const kStorm = 24;

let bed: OperatorBed;
let fleet: SmallFleet;
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
  fleet = await SmallFleet.start(bed);
  const kubeconfig = await serviceAccountKubeconfig(bed.cluster, 'operator', 'cluster-admin');
  operator = await bed.operator('only', { kubeconfig, leaseSeconds: 15 });
  await fleet.applySensor();
}, 120_000);
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  await bed?.[Symbol.asyncDispose]();
});

it('a roll-out goes through a storm of 429, and nobody is told twice', async () => {
  await fleet.publish(0);
  await fleet.settled();
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
  let [latest, mark] = ['', 0];
  try {
    // Whom the server sends away is chance; in five roll-outs the operator is among them.
    for (let round = 1; round <= 5; round += 1) {
      mark = fleet.sensors.told.length;
      await fleet.publish(round);
      latest = await fleet.settled();
      if ((await operator.metric('api_throttled_total')) > before) break;
    }
  } finally {
    stop.abort();
  }
  await Promise.all(noise);
  storm.close();
  expect(await operator.metric('api_throttled_total')).toBeGreaterThan(before);
  expect(fleet.toldOf(latest, mark).toSorted()).toEqual(fleet.keys);
  const starts = operator.process.lines.filter((line) => line.includes('Operator started'));
  expect(starts).toHaveLength(1);
}, 300_000);
