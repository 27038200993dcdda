// NATS and the API server go away in the middle of a roll-out, history is compacted, somebody else writes all the
// time: the operator goes on by itself, without a restart, and tells nobody twice.
// NETMOTH_OUTAGE_SECONDS=60 stops them for as long as was promised; a test run does it for less.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OperatorBed, type OperatorProcess } from '../testing/operator-bed.ts';
import { SmallFleet } from '../testing/small-fleet.ts';

const kOutageMs = Number(process.env['NETMOTH_OUTAGE_SECONDS'] ?? '6') * 1_000;

let bed: OperatorBed;
let fleet: SmallFleet;
let operator: OperatorProcess;
beforeAll(async () => {
  bed = await OperatorBed.start({ controllers: false });
  fleet = await SmallFleet.start(bed);
  operator = await bed.operator('only');
  await fleet.applySensor();
  await fleet.publish(0);
  await fleet.settled();
}, 120_000);
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
  await bed?.[Symbol.asyncDispose]();
});

/** Every node has it, and was told by wishes that differ. */
function expectOnce(mark: number, revision: string): void {
  expect(new Set(fleet.toldOf(revision, mark)).size).toBe(fleet.keys.length);
}

it('NATS is killed in the middle of a wave', async () => {
  const mark = fleet.sensors.told.length;
  await fleet.publish(1);
  await fleet.begun();
  await bed.nats.kill();
  await sleep(kOutageMs);
  await bed.nats.start();
  const latest = await fleet.settled();
  expectOnce(mark, latest);
}, 200_000);

it('the API server stands still in the middle of a wave', async () => {
  const mark = fleet.sensors.told.length;
  await fleet.publish(2);
  await fleet.begun();
  bed.cluster.apiServer.freeze();
  await sleep(kOutageMs);
  bed.cluster.apiServer.thaw();
  const latest = await fleet.settled();
  expectOnce(mark, latest);
}, 200_000);

it('the API server is killed and history compacted: watches are too old', async () => {
  await fleet.publish(3);
  await fleet.begun();
  await bed.cluster.compact();
  await bed.cluster.apiServer.kill();
  await bed.cluster.apiServer.start();
  await fleet.settled();
}, 200_000);

it('somebody else writes to the set all the time', async () => {
  const mark = fleet.sensors.told.length;
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
  await fleet.publish(4);
  const latest = await fleet.settled();
  stop.abort();
  await storm;
  // Nothing fell in between, so each was told exactly once.
  expect(fleet.toldOf(latest, mark).toSorted()).toEqual(fleet.keys);
}, 200_000);

it('it is still the same process', () => {
  const starts = operator.process.lines.filter((line) => line.includes('Operator started'));
  expect(starts).toHaveLength(1);
});
