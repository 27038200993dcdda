import { expect, test } from 'vitest';
import { layoutGraph, nearestTowards, type Place } from './layout.ts';

const ids = Array.from({ length: 60 }, (_, index) => `node ${index}`);
/** Two stars and a few alone. */
const links = [
  ...ids.slice(1, 25).map((target) => ({ source: 'node 0', target })),
  ...ids.slice(31, 50).map((source) => ({ source, target: 'node 30' })),
];

const far = (a: Place | undefined, b: Place | undefined) =>
  a === undefined || b === undefined ? Number.NaN : Math.hypot(a.x - b.x, a.y - b.y);

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test('the same graph gives the same picture, every node within the square', () => {
  const places = layoutGraph(ids, links);
  expect(places).toEqual(layoutGraph(ids, links));
  expect([...places.keys()]).toEqual(ids);
  for (const { x, y } of places.values()) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(1);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(1);
  }
});

test('those who talk stand nearer than those who do not', () => {
  const places = layoutGraph(ids, links);
  const tied = links.map(({ source, target }) => far(places.get(source), places.get(target)));
  const strange = ids.slice(1, 25).map((id) => far(places.get('node 30'), places.get(id)));
  expect(mean(tied)).toBeLessThan(0.7 * mean(strange));
});

test('no two stand at one place', () => {
  const places = [...layoutGraph(ids, links).values()];
  for (const [index, one] of places.entries()) {
    for (const two of places.slice(index + 1)) expect(far(one, two)).toBeGreaterThan(0.003);
  }
});

test('a refresh moves little and takes in who is new', () => {
  const before = layoutGraph(ids, links);
  const after = layoutGraph(
    [...ids, 'new'],
    [...links, { source: 'node 0', target: 'new' }],
    before,
  );
  const moved = ids.map((id) => far(before.get(id), after.get(id)));
  expect(mean(moved)).toBeLessThan(0.15);
  expect(after.get('new')).toBeDefined();
});

test('empty, one alone, a link to nobody, a link to itself', () => {
  expect(layoutGraph([], []).size).toBe(0);
  const alone = layoutGraph(['a'], [{ source: 'a', target: 'a' }]);
  expect(alone.get('a')).toEqual({ x: 0.5, y: 0.5 });
  const two = layoutGraph(['a', 'b'], [{ source: 'a', target: 'nobody' }]);
  expect(far(two.get('a'), two.get('b'))).toBeGreaterThan(0.1);
});

test('arrow keys find the nearest ahead', () => {
  const places = new Map([
    ['middle', { x: 0.5, y: 0.5 }],
    ['right', { x: 0.7, y: 0.55 }],
    ['far right', { x: 0.9, y: 0.5 }],
    ['up', { x: 0.45, y: 0.2 }],
  ]);
  expect(nearestTowards(places, 'middle', { x: 1, y: 0 })).toBe('right');
  expect(nearestTowards(places, 'middle', { x: 0, y: -1 })).toBe('up');
  expect(nearestTowards(places, 'middle', { x: 0, y: 1 })).toBe('right');
  expect(nearestTowards(places, 'far right', { x: 1, y: 0 })).toBeUndefined();
  expect(nearestTowards(places, 'nobody', { x: 1, y: 0 })).toBeUndefined();
});
