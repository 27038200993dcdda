import { expect, test } from 'vitest';
import { nearest, nearestName } from './nearest.ts';

test('a third of the letters may be wrong, or two of a short word', () => {
  const known = ['timeoutMs', 'limit', 'last'];
  expect(nearestName('timoutMS', known)).toBe('timeoutMs');
  expect(nearestName('limt', known)).toBe('limit');
  expect(nearestName('device', known)).toBeUndefined();
  expect(nearestName('x'.repeat(1_000_000), known)).toBeUndefined();
  expect(nearestName('limit', [])).toBeUndefined();
  expect(nearest('lst', known)).toBe(', did you mean "last"?');
  expect(nearest('device', known)).toBe('');
});
