// Times of both spellings, and texts that are none.
import { expect, test } from 'vitest';
import { formatAgo, formatSpan, formatTime, formatUtc, parseTime, spanBetween } from './time.ts';

const REST = '2026-11-20T14:32:15.123456Z';
const EVE = '2026-11-20T14:32:15.123456+0000';
const NOW_MS = Date.parse('2026-11-20T15:00:00Z');

test('EVE and REST name the same moment', () => {
  expect(parseTime(EVE)).toBe(parseTime(REST));
  expect(parseTime('2026-11-20T16:32:15.123456+0200')).toBe(parseTime(REST));
});

test('UTC keeps every microsecond', () => {
  expect(formatUtc(REST)).toBe('2026-11-20 14:32:15.123456 UTC');
  expect(formatUtc(EVE)).toBe('2026-11-20 14:32:15.123456 UTC');
  expect(formatUtc('2026-11-20T16:32:15+0200')).toBe('2026-11-20 14:32:15 UTC');
});

test('the day is said when it is not today, the year when it is not this one', () => {
  const local = new Date(parseTime(REST));
  const clock = [local.getHours(), local.getMinutes(), local.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  expect(formatTime(REST, NOW_MS)).toBe(`${clock}.123`);
  expect(formatTime(REST, NOW_MS + 3 * 86_400_000)).toMatch(/^(19|20|21) Nov \d\d:\d\d:\d\d\.123$/);
  expect(formatTime(REST, NOW_MS + 400 * 86_400_000)).toMatch(/^(19|20|21) Nov 2026 /);
});

test('what is no time is shown as it came', () => {
  expect(formatTime('soon', NOW_MS)).toBe('soon');
  expect(formatUtc('soon')).toBe('soon');
  expect(formatAgo('soon', NOW_MS)).toBe('soon');
  expect(spanBetween('soon', REST)).toBe('–');
});

test('distance in time', () => {
  expect(formatAgo(REST, parseTime(REST) + 2_000)).toBe('just now');
  expect(formatAgo(REST, parseTime(REST) + 180_000)).toBe('3 min ago');
  expect(formatAgo(REST, parseTime(REST) - 5 * 86_400_000)).toBe('in 5 d');
  expect(formatAgo(REST, parseTime(REST) - 5 * 86_400_000 + 20_000)).toBe('in 5 d');
});

test.each([
  [0, '< 1 ms'],
  [450, '450 ms'],
  [1_200, '1.20 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [7_200_000, '2 h'],
  [172_800_000, '2 d'],
])('%s ms span %s', (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});
