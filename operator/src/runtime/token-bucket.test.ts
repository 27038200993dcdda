import { expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

it('lets a burst through, then no more than its rate, and never saves above the burst', () => {
  let nowMs = 0;
  const bucket = new TokenBucket({ perSecond: 2, burst: 3, now: () => nowMs });
  expect([bucket.takeMs(), bucket.takeMs(), bucket.takeMs()]).toEqual([0, 0, 0]);
  expect([bucket.takeMs(), bucket.takeMs()]).toEqual([500, 1_000]);
  expect(bucket.tryTake()).toBe(false);
  nowMs = 1_000;
  expect(bucket.tryTake()).toBe(false);
  nowMs = 1_500;
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
  nowMs = 1_000_000;
  const taken = Array.from({ length: 5 }, () => bucket.tryTake());
  expect(taken).toEqual([true, true, true, false, false]);
});
