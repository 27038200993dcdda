import { expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

it('doubles up to its bound, spread over the upper half, and begins anew after a reset', () => {
  const full = new Backoff({ firstMs: 10, maxMs: 50, random: () => 1 });
  expect([1, 2, 3, 4, 5].map(() => full.nextMs())).toEqual([10, 20, 40, 50, 50]);
  full.reset();
  expect(full.nextMs()).toBe(10);
  const least = new Backoff({ firstMs: 10, maxMs: 50, random: () => 0 });
  expect([least.nextMs(), least.nextMs()]).toEqual([5, 10]);
});
