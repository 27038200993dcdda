import { expect, test } from 'vitest';
import { LIVE_BUFFER_BYTES, LIVE_BUFFER_EVENTS } from '#contracts/live.ts';
import { LiveQueue } from './live-queue.ts';

const ALL = Number.POSITIVE_INFINITY;

test('at most so many lines wait, the newest of them', () => {
  const queue = new LiveQueue();
  let dropped = 0;
  const count = 5 * LIVE_BUFFER_EVENTS + 3;
  for (let i = 0; i < count; i++) dropped += queue.push(String(i));
  expect([queue.size, dropped]).toEqual([LIVE_BUFFER_EVENTS, count - LIVE_BUFFER_EVENTS]);
  const lines = queue.take(ALL, ALL);
  expect([lines[0], lines.at(-1)]).toEqual([String(count - LIVE_BUFFER_EVENTS), String(count - 1)]);
  expect(queue.take(ALL, ALL)).toEqual([]);
});

test('at most so many bytes wait, as UTF-8 counts them', () => {
  const queue = new LiveQueue();
  const half = 'ü'.repeat(LIVE_BUFFER_BYTES / 4);
  expect([queue.push(half), queue.push(half), queue.size]).toEqual([0, 0, 2]);
  expect([queue.push('x'), queue.size]).toEqual([1, 2]);
  expect(queue.take(ALL, ALL).map((line) => line.length)).toEqual([half.length, 1]);
  expect([queue.push(`${half}${half}x`), queue.size]).toEqual([1, 0]);
  expect([queue.push(half), queue.size]).toEqual([0, 1]);
});

test('a message is as long as allowed, and no longer than its bytes are enough', () => {
  const queue = new LiveQueue();
  for (const line of ['aa', 'bb', 'cc', 'dd']) queue.push(line);
  expect(queue.take(1, ALL)).toEqual(['aa']);
  expect(queue.take(ALL, 3)).toEqual(['bb', 'cc']);
  queue.clear();
  expect([queue.size, queue.take(ALL, ALL)]).toEqual([0, []]);
});
