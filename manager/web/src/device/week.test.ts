import { expect, test } from 'vitest';
import { localWeek, mostOf, type WeekHour, warmth } from './week.ts';

const week: readonly WeekHour[] = Array.from({ length: 168 }, (_, hour) => ({
  seen: { bytes_sent: hour, bytes_received: 0, flows: 1 },
  expected: null,
}));
const sentAt = (offset: number, day: number, hour: number) =>
  localWeek(week, offset)[day]?.[hour]?.seen?.bytes_sent;

test('UTC, and places east and west of it, around the ends of the week too', () => {
  expect(sentAt(0, 0, 0)).toBe(0);
  expect(sentAt(0, 6, 23)).toBe(167);
  // Two hours east: Monday 02:00 there is Monday 00:00 UTC.
  expect(sentAt(-120, 0, 2)).toBe(0);
  expect(sentAt(-120, 0, 1)).toBe(167);
  // Five hours west: Sunday 19:00 there is Monday 00:00 UTC.
  expect(sentAt(300, 6, 19)).toBe(0);
  expect(localWeek(week, 300).flat()).toHaveLength(168);
});

test('warmth grows from nothing to one with the powers of ten', () => {
  expect([warmth(undefined, 10), warmth(0, 10), warmth(5, 0)]).toEqual([0, 0, 0]);
  expect(warmth(1e6, 1e6)).toBe(1);
  expect(warmth(1e3, 1e6)).toBeCloseTo(0.5, 1);
  expect(mostOf(week, 'seen', 'bytes_sent')).toBe(167);
  expect(mostOf(week, 'expected', 'bytes_sent')).toBe(0);
});
