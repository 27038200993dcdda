// The hold of a change by loss: what begins it, and that nothing ends it but knowledge.
import { expect, it } from 'vitest';
import type { NetmothSensor } from '#crds/kinds.ts';
import { API_VERSION } from '#crds/kubernetes-types.ts';
import { sensorSpecSchema } from '#crds/sensor.ts';
import { fleetOf } from '../status/fleet.ts';
import { ReportBoard, SILENT_AFTER_MS } from '../status/report-board.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { REVISION_ANNOTATION } from './daemon-set.ts';
import { mustHold } from './hold.ts';
import { sensorStatus } from './sensor-status.ts';

const kRevision = 'new';
const kReportMs = 5_000;

function liveSet(type: 'OnDelete' | 'RollingUpdate', revision = kRevision, updated = 1) {
  return {
    metadata: { name: 'd', generation: 2, annotations: { [REVISION_ANNOTATION]: revision } },
    spec: { updateStrategy: { type } },
    status: {
      ...{ observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: updated },
    },
  };
}

/** Three nodes, of which `a` has the change; b and c are well and have the one before. */
function world(update: { readonly pauseOnLoss?: number } = { pauseOnLoss: 20 }) {
  let nowMs = 0;
  let told = 0;
  const count = () => {
    told += 1;
  };
  let board = new ReportBoard({ now: () => nowMs, onChange: count });
  board.setBus(true);
  const sensor: NetmothSensor = {
    ...{ apiVersion: API_VERSION, kind: 'NetmothSensor', metadata: { name: 's' } },
    spec: sensorSpecSchema.parse({ update }),
  };
  const nodes = ['a', 'b', 'c'].map((name) => ({ metadata: { name } }));
  const seen = { packets: 0, drops: 0 };
  const fleet = () =>
    fleetOf({
      ...{ sensor, nodes, busUp: true, revision: kRevision },
      readings: (name, node) => board.readings(name, node),
    });
  const others = { packets: 0 };
  return {
    told: () => told,
    fleet,
    holds: (live: ReturnType<typeof liveSet>) =>
      mustHold({
        ...{ live, revision: kRevision, pauseOnLoss: update.pauseOnLoss },
        fleet: fleet(),
      }),
    condition(live: ReturnType<typeof liveSet>) {
      const { conditions } = sensorStatus({
        ...{ sensor, fleet: fleet(), signing: undefined, now: new Date(0) },
        daemonSet: {
          ...{ generation: 2, status: live.status },
          isHeld: live.spec.updateStrategy.type === 'OnDelete',
        },
      });
      return conditions?.find(({ type }) => type === 'Progressing');
    },
    /** So many reports of all nodes; the percent is of those of `a`. */
    report(times: number, percent: number, who = ['a', 'b', 'c']) {
      for (let at = 0; at < times; at += 1) {
        nowMs += kReportMs;
        others.packets += 10_000;
        seen.packets += 10_000;
        seen.drops += percent * 100;
        for (const node of who) {
          const packets = node === 'a' ? seen.packets : others.packets;
          const made = sampleReport('s', node, packets);
          const counters = { ...made.counters, kernelDrops: node === 'a' ? seen.drops : 0 };
          const revision = node === 'a' ? kRevision : 'old';
          board.hear({ ...made, counters, revision });
        }
        board.sweep();
      }
    },
    killed() {
      seen.packets = 0;
      seen.drops = 0;
    },
    wait(ms: number) {
      nowMs += ms;
      board.sweep();
    },
    otherOperator() {
      board = new ReportBoard({ now: () => nowMs, onChange: count });
      board.setBus(true);
    },
  };
}

it('begins at the real share, not at the level that is shown', () => {
  const made = world();
  made.report(3, 10.1);
  expect([made.fleet().loss, made.holds(liveSet('RollingUpdate'))]).toEqual(['20%', false]);
  made.report(12, 19.9);
  expect(made.holds(liveSet('RollingUpdate'))).toBe(false);
  const before = made.told();
  // The level was 20 all the time; that the bound is reached is told none the less.
  made.report(12, 20);
  expect(made.fleet().loss).toBe('20%');
  expect(made.told()).toBeGreaterThan(before);
  expect(made.holds(liveSet('RollingUpdate'))).toBe(true);
  expect(made.condition(liveSet('OnDelete'))?.message).toMatch(/a lost 20% or more with it/);
});

it('stays when the losing sensor is killed and starts again, until a whole window is well', () => {
  const made = world();
  made.report(13, 30);
  expect(made.holds(liveSet('RollingUpdate'))).toBe(true);
  made.killed();
  made.report(1, 0);
  expect(made.fleet().losingNodes).toEqual([]);
  expect(made.holds(liveSet('OnDelete'))).toBe(true);
  expect(made.condition(liveSet('OnDelete'))).toMatchObject({
    ...{ status: 'True', reason: 'PausedOnLoss' },
    message: expect.stringMatching(/until each of them reported for a minute/),
  });
  made.report(11, 0);
  expect(made.holds(liveSet('OnDelete'))).toBe(true);
  const before = made.told();
  made.report(1, 0);
  expect(made.told()).toBeGreaterThan(before);
  expect(made.holds(liveSet('OnDelete'))).toBe(false);
});

it('stays when the losing node falls silent', () => {
  const made = world();
  made.report(13, 30);
  made.wait(SILENT_AFTER_MS);
  made.report(20, 0, ['b', 'c']);
  expect(made.fleet().losingNodes).toEqual([]);
  expect(made.holds(liveSet('OnDelete'))).toBe(true);
});

it('stays with an operator that heard no report yet', () => {
  const made = world();
  made.report(13, 30);
  made.otherOperator();
  expect(made.holds(liveSet('OnDelete'))).toBe(true);
  made.report(2, 0);
  expect(made.holds(liveSet('OnDelete'))).toBe(true);
});

it('needs to know of every node that has the change', () => {
  const made = world();
  made.report(13, 0);
  expect(made.holds(liveSet('OnDelete', kRevision, 2))).toBe(true);
  expect(made.holds(liveSet('OnDelete', kRevision, 1))).toBe(false);
  const unseen = liveSet('OnDelete');
  expect(made.holds({ ...unseen, status: { ...unseen.status, observedGeneration: 1 } })).toBe(true);
});

it('is not for another revision, for one that is everywhere, nor where it is not asked for', () => {
  const made = world();
  made.report(13, 30);
  expect(made.holds(liveSet('OnDelete', 'old'))).toBe(false);
  expect(made.holds(liveSet('OnDelete', kRevision, 3))).toBe(false);
  const unasked = world({});
  unasked.report(13, 30);
  expect(unasked.holds(liveSet('OnDelete'))).toBe(false);
});

it('does not begin where nothing is known', () => {
  expect(world().holds(liveSet('RollingUpdate'))).toBe(false);
});
