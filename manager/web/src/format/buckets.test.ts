// Buckets: no hole, a filling end that knows it is one, no runaway.
import { expect, test } from 'vitest';
import { bucketSecondsOf, fillBuckets } from './buckets.ts';

const at = (minute: number) => `2026-11-20T14:${String(minute).padStart(2, '0')}:00.000000Z`;
const ms = (minute: number, second = 0) => Date.parse(at(minute)) + second * 1_000;

test('holes become slots of their own, the last one knows how much of it has passed', () => {
  const points = [
    { time: at(1), n: 1 },
    { time: at(3), n: 3 },
    { time: at(4), n: 4 },
  ];
  const slots = fillBuckets(points, 60, {
    fromMs: ms(0, 30),
    toMs: ms(4, 20),
    nowMs: ms(4, 20),
  });
  expect(slots.times).toEqual([0, 1, 2, 3, 4].map((minute) => ms(minute) / 1_000));
  expect(slots.points.map((point) => point?.n)).toEqual([undefined, 1, undefined, 3, 4]);
  expect(slots.seconds).toEqual([60, 60, 60, 60, 20]);
});

test('a bucket just begun counts as ten seconds, one of the past as all of itself', () => {
  const just = fillBuckets([], 60, { fromMs: ms(1), toMs: ms(2, 1), nowMs: ms(2, 1) });
  expect(just.seconds).toEqual([60, 10]);
  const past = fillBuckets([], 60, { fromMs: ms(1), toMs: ms(2, 30), nowMs: ms(59) });
  expect(past.seconds).toEqual([60, 60]);
});

test('a range that reaches beyond now ends now', () => {
  const slots = fillBuckets([], 60, { fromMs: ms(0), toMs: ms(9), nowMs: ms(2, 30) });
  expect(slots.times).toHaveLength(3);
});

test('the number of slots is bounded and a senseless bucket gives none', () => {
  const bounds = { fromMs: 0, toMs: 1e12, nowMs: 1e13 };
  expect(fillBuckets([], 1, bounds).times).toHaveLength(4_000);
  expect(fillBuckets([], 0, bounds).times).toEqual([]);
});

test('the smallest distance is the bucket', () => {
  expect(bucketSecondsOf([at(0), at(5), at(6)], 1)).toBe(60);
  expect(bucketSecondsOf([at(0)], 3_600)).toBe(3_600);
});
