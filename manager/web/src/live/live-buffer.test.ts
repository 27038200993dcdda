// The live buffer: newest first, bounded, nothing left out in silence.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LiveEvent } from '../api/contract.ts';
import { appendLive, EMPTY_BUFFER } from './live-buffer.ts';

const event = (name: number): LiveEvent => ({ event_type: 'dns', timestamp: String(name) });

test('the newest stands first and keeps its number', () => {
  const once = appendLive(EMPTY_BUFFER, { events: [event(0), event(1)], dropped: 0 }, 10);
  const twice = appendLive(once, { events: [event(2)], dropped: 3 }, 10);
  expect(twice.lines.map(({ event: { timestamp } }) => timestamp)).toEqual(['2', '1', '0']);
  expect(twice.lines.map(({ serial }) => serial)).toEqual([2, 1, 0]);
  expect(twice.dropped).toBe(3);
  expect(once.lines).toHaveLength(2);
});

test('whatever arrives, the newest up to the capacity are held, in order', () => {
  const arrivals = fc.array(fc.record({ size: fc.nat(30), dropped: fc.nat(5) }), { maxLength: 20 });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 25 }), (batches, capacity) => {
      let buffer = EMPTY_BUFFER;
      let total = 0;
      for (const { size, dropped } of batches) {
        const events = Array.from({ length: size }, (_, index) => event(total + index));
        total += size;
        buffer = appendLive(buffer, { events, dropped }, capacity);
      }
      const newest = Array.from(
        { length: Math.min(total, capacity) },
        (_, index) => total - 1 - index,
      );
      expect(buffer.lines.map(({ serial }) => serial)).toEqual(newest);
      expect(buffer.lines.map(({ event: { timestamp } }) => Number(timestamp))).toEqual(newest);
      expect(buffer.received).toBe(total);
      expect(buffer.dropped).toBe(batches.reduce((sum, { dropped }) => sum + dropped, 0));
    }),
  );
});
