// Roll-outs played against nodes that load, fail, fall silent, join and leave: what the plan does, and
// what it never does whatever happens.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kFast, type Machine, World } from '../../testing/rollout-world.ts';
import { targetOf } from './node-facts.ts';
import { inProgressAllowed, wavesOf } from './waves.ts';

function settled(nodes: number, rollout: object = {}, more: object = {}): World {
  const world = new World(nodes, rollout, more);
  world.publish('r1');
  world.runTo('r1');
  expect(world.state).toMatchObject({ current: 'r1', rollout: undefined });
  return world;
}

describe('a roll-out', () => {
  it('without waves reaches all nodes at once', () => {
    const world = new World(100, kFast);
    world.publish('r1');
    world.pass();
    expect(world.having('r1')).toBe(100);
    world.obey();
    world.pass();
    expect(world.state.current).toBe('r1');
    expect(world.outcome('r1')).toBe('Complete');
  });

  it('goes by canary and steps, each after the one before held for the soak time', () => {
    const world = settled(40, { steps: [{ percent: 10 }, { percent: 50 }], soakSeconds: 30 });
    world.publish('r2');
    const reached = new Map<number, number>();
    for (let second = 0; world.state.current !== 'r2'; second += 1) {
      world.run(1);
      const count = world.having('r2');
      if (!reached.has(count)) reached.set(count, second);
      expect(second).toBeLessThan(1_000);
    }
    // maxInProgress is 25 %: ten at a time.
    expect([...reached.keys()]).toEqual([1, 4, 14, 20, 30, 40]);
    const [canary = 0, ten = 0, , half = 0] = reached.values();
    expect(ten - canary).toBeGreaterThanOrEqual(30);
    expect(half - ten).toBeGreaterThanOrEqual(30);
  });

  it('in steps by label takes only nodes that have it', () => {
    const world = settled(6, { ...kFast, steps: [] });
    for (let index = 0; index < 4; index += 1) world.join(`a-${index}`, { zone: 'a' });
    const selector = { matchLabels: { zone: 'a' } };
    world.spec.rollout.steps.push({ percent: 50, selector }, { percent: 100, selector });
    world.run(3);
    world.publish('r2');
    world.pass();
    expect(
      world.machines.filter(({ assigned }) => assigned === 'r2').map(({ labels }) => labels),
    ).toEqual([{ zone: 'a' }, { zone: 'a' }]);
    world.obey();
    world.pass();
    world.pass();
    expect(world.having('r2')).toBe(4);
    world.run(5);
    expect(world.having('r2')).toBe(10);
  });

  it.each([1, 2, 3])('with %i nodes still has a canary of one', (nodes) => {
    const world = settled(nodes, { soakSeconds: 5 });
    world.publish('r2');
    world.run(2);
    expect(world.having('r2')).toBe(1);
    world.run(60);
    expect(world.state.current).toBe('r2');
  });

  it('does not begin where nobody reports: the canary is waited for', () => {
    const world = settled(10);
    for (const machine of world.machines) machine.reporting = false;
    world.publish('r2');
    world.run(500);
    expect(world.having('r2')).toBe(0);
    for (const machine of world.machines) machine.reporting = true;
    world.run(2);
    expect(world.having('r2')).toBe(1);
  });

  it('a canary that falls silent holds everything', () => {
    const world = settled(10);
    world.publish('r2');
    world.pass();
    for (const machine of world.machines) {
      if (machine.assigned === 'r2') machine.reporting = false;
    }
    world.run(500);
    expect(world.having('r2')).toBe(1);
    for (const machine of world.machines) machine.reporting = true;
    world.runTo('r2');
  });

  it('nodes that are away are told last and are not waited for', () => {
    const world = settled(10, { canaryNodes: 2 });
    const [away] = world.machines;
    if (away === undefined) throw new Error('no machine');
    away.reporting = false;
    world.publish('r2');
    world.runTo('r2');
    expect(away).toMatchObject({ assigned: 'r2', loaded: false });
  });

  it('nodes that join get what was good last, then their turn', () => {
    const world = settled(10, { soakSeconds: 60 });
    world.publish('r2');
    world.run(5);
    const joined = world.join('late');
    world.pass();
    expect(joined.assigned).toBe('r1');
    world.run(1_000);
    expect(joined).toMatchObject({ assigned: 'r2', loaded: true });
    const after = world.join('later');
    world.pass();
    expect(after.assigned).toBe('r2');
  });

  it('paused gives no node anything new, resumed goes on', () => {
    const world = settled(20, { soakSeconds: 2 });
    world.publish('r2');
    world.run(2);
    world.spec.rollout.paused = true;
    const before = world.having('r2');
    world.run(500);
    expect(world.having('r2')).toBe(before);
    world.spec.rollout.paused = false;
    world.runTo('r2');
  });

  it('promoted goes to all nodes now', () => {
    const world = settled(20);
    world.spec.rollout.soakSeconds = 3_600;
    world.publish('r2');
    world.run(5);
    expect(world.having('r2')).toBe(1);
    world.spec.rollout.promote = 'r2';
    world.run(3);
    expect(world.state.current).toBe('r2');
    expect(world.having('r2')).toBe(20);
  });

  it('another revision replaces one half-way; nodes keep what they have until their turn', () => {
    const world = settled(20, { steps: [{ percent: 50 }], soakSeconds: 20 });
    world.publish('r2');
    world.run(40);
    expect(world.having('r2')).toBe(10);
    world.publish('r3');
    world.pass();
    expect(world.outcome('r2')).toBe('Superseded');
    expect([world.having('r3'), world.having('r2') >= 9]).toEqual([1, true]);
    world.runTo('r3');
    expect(world.having('r3')).toBe(20);
  });

  it('pinned to a revision that was good goes back at once; unpinned forward again, in waves', () => {
    const world = settled(20);
    world.publish('r2');
    world.runTo('r2');
    world.spec.pinnedRevision = 'r1';
    world.run(3);
    expect([world.state.current, world.having('r1')]).toEqual(['r1', 20]);
    world.spec.pinnedRevision = 'nonsense';
    world.run(3);
    expect(world.state.current).toBe('r1');
  });

  it('taken back half-way returns to what was there', () => {
    const world = settled(20, { soakSeconds: 100 });
    world.publish('r2');
    world.run(5);
    world.latest = 'r1';
    world.run(3);
    expect(world.state).toMatchObject({ current: 'r1', rollout: undefined });
    expect(world.having('r1')).toBe(20);
  });
});

describe('a broken gate', () => {
  const broken: readonly (readonly [string, Partial<Machine>])[] = [
    ['failedLoads', { failure: 'BUNDLE_CORRUPT: a record is broken' }],
    ['lossPercent', { figures: { lossPercent: 7.5, lossPercentBefore: 0 } }],
    ['memoryMiB', { figures: { memoryMiB: 901 } }],
    ['cpuPercent', { figures: { cpuPercent: 250 } }],
    ['restarts', { figures: { restarts: 3 } }],
    ['alertFactor', { figures: { alertsPerMinute: 6_000, alertsPerMinuteBefore: 2 } }],
  ];
  const abort = { memoryMiB: 900, cpuPercent: 200 };

  it.each(broken)('%s goes back by itself and says node and figure', (gate, fault) => {
    const world = settled(20, { abort });
    world.publish('r2');
    world.run(1);
    const canary = world.machines.find(({ assigned }) => assigned === 'r2');
    Object.assign(canary ?? {}, fault);
    world.run(3);
    expect(world.state).toMatchObject({ current: 'r1', rollout: undefined, breach: { gate } });
    expect(world.state.breach?.node).toBe(canary?.key);
    expect(world.state.breach?.figure).toMatch(/limit/);
    expect(world.having('r1')).toBe(20);
    expect(world.outcome('r2')).toBe('RolledBack');
    world.run(500);
    expect(world.having('r2')).toBe(0);
  });

  it('pinned it is tried once more, and not over and over', () => {
    const world = settled(20);
    world.takes = (_machine, revision) => revision !== 'r2';
    world.publish('r2');
    world.run(50);
    expect(world.outcome('r2')).toBe('RolledBack');
    const starts = (): number => {
      let count = 0;
      for (let pass = 0; pass < 100; pass += 1) {
        const before = world.state.rollout?.phase;
        world.run(1);
        if (before === undefined && world.state.rollout?.phase === 'Advancing') count += 1;
      }
      return count;
    };
    world.spec.pinnedRevision = 'r2';
    expect(starts()).toBe(1);
    expect(world.state).toMatchObject({ current: 'r1', breach: { revision: 'r2', pinned: true } });
    expect(world.having('r1')).toBe(20);
    delete world.spec.pinnedRevision;
    expect(starts()).toBe(0);
    world.spec.pinnedRevision = 'r2';
    expect(starts()).toBe(1);
    world.takes = () => true;
    world.spec.rollout.promote = 'r2';
    world.runTo('r2');
  });

  describe('without autoRollback only stops', () => {
    const stopped = (): World => {
      const world = settled(20, { autoRollback: false });
      world.takes = (_machine, revision) => revision !== 'r2';
      world.publish('r2');
      world.run(500);
      expect(world.state.rollout).toMatchObject({ phase: 'Stopped', revision: 'r2' });
      expect(world.having('r2')).toBe(1);
      return world;
    };

    it('and gives way to another revision', () => {
      const world = stopped();
      world.publish('r3');
      world.runTo('r3');
      expect(world.outcome('r2')).toBe('RolledBack');
    });

    it('and goes on to all nodes when it is promoted', () => {
      const world = stopped();
      world.spec.rollout.promote = 'r2';
      world.run(1);
      expect([world.state.rollout?.phase, world.having('r2')]).toEqual(['Advancing', 20]);
      world.takes = () => true;
      world.runTo('r2');
      expect(world.outcome('r2')).toBe('Complete');
    });
  });

  it('what a node did before is not the fault of the revision', () => {
    const world = settled(5);
    for (const machine of world.machines) {
      machine.figures = { lossPercent: 9, lossPercentBefore: 8.5, alertsPerMinute: 30 };
    }
    world.publish('r2');
    world.runTo('r2');
  });

  it('the very first revision, broken, leaves nodes without one', () => {
    const world = new World(5);
    world.takes = () => false;
    world.publish('r1');
    world.run(10);
    expect(world.state).toMatchObject({ current: undefined, rollout: undefined });
    expect(world.machines.every(({ assigned }) => assigned === undefined)).toBe(true);
  });
});

describe('whatever happens', () => {
  const events = fc.array(
    fc.record({
      what: fc.constantFrom(
        ...[
          'silent',
          'back',
          'join',
          'leave',
          'publish',
          'pause',
          'resume',
          'fail',
          'obey',
          'wait',
        ],
      ),
      which: fc.nat(30),
    }),
    { maxLength: 120 },
  );
  const rollouts = fc.record({
    canaryNodes: fc.integer({ min: 0, max: 3 }),
    steps: fc.constantFrom<object[]>([], [{ percent: 20 }], [{ nodes: 2 }, { nodes: 5 }]),
    maxInProgress: fc.constantFrom<number | string>(1, 3, '50%', '100%'),
    soakSeconds: fc.constantFrom(0, 5),
  });

  it('no node gets a revision outside its wave, no more load at once than allowed, and it ends', () => {
    fc.assert(
      fc.property(rollouts, events, (rollout, story) => {
        const world = new World(8, rollout);
        world.publish('r0');
        const bad = new Set<string>();
        world.takes = (_machine, revision) => !bad.has(revision);
        for (const [at, { what, which }] of story.entries()) {
          const machine = world.machines[which % world.machines.length];
          if (what === 'join') world.join(`late-${at}`);
          else if (what === 'leave' && world.machines.length > 1) {
            world.machines.splice(which % world.machines.length, 1);
          } else if (what === 'publish') world.publish(`r${at + 1}`);
          else if (what === 'fail') bad.add(world.latest ?? '');
          else if (what === 'pause' || what === 'resume') {
            world.spec.rollout.paused = what === 'pause';
          } else if (machine !== undefined && (what === 'silent' || what === 'back')) {
            machine.reporting = what === 'back';
          }
          const before = new Map(world.machines.map(({ key, assigned }) => [key, assigned]));
          world.pass();
          checkPass(world, before);
          if (what !== 'wait') world.obey();
        }
        world.spec.rollout.paused = false;
        for (const machine of world.machines) machine.reporting = true;
        for (let pass = 0; pass < 400 && !atRest(world); pass += 1) world.run(1);
        expect(world.state.rollout).toBeUndefined();
        const target = targetOf(world.state);
        expect(world.machines.every(({ assigned }) => assigned === target)).toBe(true);
        const expected = world.latest !== undefined && !bad.has(world.latest);
        if (expected) expect(target).toBe(world.latest);
      }),
      { numRuns: 150 },
    );
  });
});

/** Nothing goes on, and every node was told the same. */
function atRest({ state, machines, latest }: World): boolean {
  if (state.rollout !== undefined || state.current === undefined) return false;
  if (latest !== state.current) return false;
  return machines.every(({ assigned }) => assigned === state.current);
}

/** Of one pass: who was told the new revision, against the state that stands in the API. */
function checkPass(world: World, before: ReadonlyMap<string, string | undefined>): void {
  const { rollout } = world.state;
  if (rollout === undefined) return;
  const { revision } = rollout;
  const told = world.machines.filter(
    ({ key, assigned }) => assigned === revision && before.get(key) !== revision,
  );
  if (rollout.phase !== 'Advancing' || world.spec.rollout.paused) {
    expect(told).toEqual([]);
    return;
  }
  const waves = wavesOf(world.spec.rollout, world.facts(), rollout.direct === true);
  const most = Math.max(...waves.slice(0, rollout.step + 1).map(({ count }) => count));
  const had = [...before].filter(
    ([key, assigned]) => assigned === revision && world.machines.some((each) => each.key === key),
  ).length;
  expect(told.length).toBeLessThanOrEqual(Math.max(0, most - had));
  if (rollout.direct === true) return;
  const reporting = told.filter((machine) => machine.reporting).length;
  const { maxInProgress } = world.spec.rollout;
  expect(reporting).toBeLessThanOrEqual(inProgressAllowed(maxInProgress, world.machines.length));
}
