// What is remembered of revisions: each once, as it is there now, and as many as are asked for or needed.
import { expect, it } from 'vitest';
import { kFast, World } from '../../testing/rollout-world.ts';
import { trimmed, withRevision } from './history.ts';

it('a revision that came out otherwise names the bundle that is there, and nothing else of it changes', () => {
  const { state } = new World(1);
  const made = {
    ...{ revision: 'r1', digest: 'one', createdAt: '2026-01-01T00:00:00Z', rules: 1, faults: 0 },
    outcome: 'Complete' as const,
  };
  const first = withRevision({ ...state, history: [] }, made);
  expect(withRevision(first, { ...made, outcome: 'Superseded' })).toBe(first);
  const again = { ...made, digest: 'two', rules: 2, createdAt: '2026-02-02T00:00:00Z' };
  const { history } = withRevision(first, { ...again, outcome: 'Superseded' });
  expect(history).toEqual([{ ...made, digest: 'two', rules: 2 }]);
});

it('history keeps what is needed and as much as asked', () => {
  const world = new World(3, kFast, { historyLimit: 2 });
  for (const revision of ['r1', 'r2', 'r3', 'r4']) {
    world.publish(revision);
    world.run(10);
  }
  const kept = trimmed(world.state, 2, 'r1').history.map(({ revision }) => revision);
  expect(kept).toEqual(['r4', 'r3', 'r1']);
});
