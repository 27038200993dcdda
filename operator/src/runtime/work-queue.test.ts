import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkQueue } from './work-queue.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const options = { random: () => 1, firstBackoffMs: 100, maxBackoffMs: 1_000 };

describe('WorkQueue', () => {
  it('gives a key once, however often it was added, in the order of adding', async () => {
    const queue = new WorkQueue(options);
    for (const key of ['a', 'b', 'a']) queue.add(key);
    expect([await queue.take(), await queue.take(), queue.depth]).toEqual(['a', 'b', 0]);
  });

  it('gives a key that is worked on again afterwards, never to two workers', async () => {
    const queue = new WorkQueue(options);
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('b');
    expect(await queue.take()).toBe('b');
    queue.done('a');
    expect(await queue.take()).toBe('a');
  });

  it('lets a failing key wait longer each time, and no other', async () => {
    const queue = new WorkQueue(options);
    const waited: number[] = [];
    queue.add('bad');
    for (let turn = 0; turn < 6; turn += 1) {
      await queue.take();
      const started = Date.now();
      queue.failed('bad');
      queue.add('good');
      expect(await queue.take()).toBe('good');
      queue.done('good');
      await vi.advanceTimersToNextTimerAsync();
      waited.push(Date.now() - started);
    }
    expect(waited).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(await queue.take()).toBe('bad');
    queue.done('bad');
    queue.add('bad');
    await queue.take();
    queue.failed('bad', 5_000);
    expect(queue.delayed).toBe(1);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(queue.depth).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(queue.depth).toBe(1);
  });

  it('an addition makes a delayed key come at once, and only once', async () => {
    const queue = new WorkQueue(options);
    queue.addAfter('a', 1_000);
    queue.add('a');
    expect(await queue.take()).toBe('a');
    queue.done('a');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(queue.depth).toBe(0);
  });

  it('of two wishes for later the earlier counts', async () => {
    const queue = new WorkQueue(options);
    for (const delayMs of [500, 900, 300, 700]) queue.addAfter('a', delayMs);
    await vi.advanceTimersByTimeAsync(299);
    expect(queue.depth).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect([queue.depth, queue.delayed]).toEqual([1, 0]);
  });

  it('ends its workers when it is closed, and takes nothing more', async () => {
    const queue = new WorkQueue(options);
    const waiting = queue.take();
    queue.addAfter('a', 10);
    queue.close();
    expect(await waiting).toBeUndefined();
    await vi.advanceTimersByTimeAsync(100);
    queue.add('b');
    expect(await queue.take()).toBeUndefined();
  });
});
