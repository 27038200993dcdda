// Buckets: no hole, no half-filled end, no runaway.
import { expect, test } from 'vitest';
import { bucketSecondsOf, fillBuckets } from './buckets.ts';

const at = (minute: number) => `2026-11-20T14:${String(minute).padStart(2, '0')}:00.000000Z`;
const ms = (minute: number, second = 0) => Date.parse(at(minute)) + second * 1_000;

test('holes become slots of their own and the filling bucket is left out', () => {
  const points = [
    { time: at(1), n: 1 },
    { time: at(3), n: 3 },
    { time: at(4), n: 4 },
  ];
  const slots = fillBuckets(points, 60, { fromMs: ms(0, 30), toMs: ms(4, 20) });
  expect(slots.times).toEqual([0, 1, 2, 3].map((minute) => ms(minute) / 1_000));
  expect(slots.points.map((point) => point?.n)).toEqual([undefined, 1, undefined, 3]);
});

test('the number of slots is bounded and a senseless bucket gives none', () => {
  const bounds = { fromMs: 0, toMs: 1e12 };
  expect(fillBuckets([], 1, bounds).times).toHaveLength(4_000);
  expect(fillBuckets([], 0, bounds).times).toEqual([]);
});

test('the smallest distance is the bucket', () => {
  expect(bucketSecondsOf([at(0), at(5), at(6)], 1)).toBe(60);
  expect(bucketSecondsOf([at(0)], 3_600)).toBe(3_600);
});
