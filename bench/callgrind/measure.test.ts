import { expect, test } from 'vitest';
import { compiler, readBaseline, regressions } from './measure.ts';

test('three per cent more is let pass, a little more is not', () => {
  expect(regressions({ a: 1000 }, { a: 1030 })).toEqual([]);
  expect(regressions({ a: 1000 }, { a: 1031 })).toEqual([
    'a: 1031 instructions a packet, 3.1 % more than 1000',
  ]);
});

test('a case that disappeared or is new is a fault, not a silence', () => {
  expect(regressions({ a: 1 }, { b: 1 })).toEqual([
    'a: no longer measured',
    'b: not in the baseline',
  ]);
});

test('the baseline holds counts of at least one compiler', () => {
  const counts = Object.values(readBaseline());
  expect(counts.length).toBeGreaterThan(0);
  for (const each of counts) expect(Object.keys(each)).toContain('read first-look');
  expect(compiler()).toMatch(/g\+\+/);
});
