// The time range in the URL: every text gives a valid range, and writing and reading agree.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeRangeQuerySchema } from '#contracts/rest.ts';
import {
  PRESETS,
  rangeBounds,
  rangeLabel,
  rangeParams,
  rangeQuery,
  readRange,
  type TimeRange,
  toLocalInput,
} from './time-range.ts';
import { withPatch } from './url-state.ts';

const write = (range: TimeRange) =>
  withPatch(new URLSearchParams('last=9d&device=x'), rangeParams(range));

test('what is written is read again, other parameters stay', () => {
  const ranges: TimeRange[] = [
    ...PRESETS.map(({ last }) => ({ kind: 'last', last }) as const),
    { kind: 'last', last: '90s' },
    { kind: 'fixed', sinceMs: 1_763_640_000_000, untilMs: 1_763_650_000_000 },
  ];
  for (const range of ranges) {
    expect(readRange(write(range))).toEqual(range);
    expect(write(range).get('device')).toBe('x');
  }
});

test('the default leaves no trace', () => {
  expect(write({ kind: 'last', last: '1h' }).toString()).toBe('device=x');
});

test.each(['last=', 'last=1y', 'last=0h', 'last=-1h', 'since=2026-01-02', 'since=b&until=a'])(
  '%s falls back to the default',
  (search) => {
    expect(readRange(new URLSearchParams(search))).toEqual({ kind: 'last', last: '1h' });
  },
);

test('since after until is no range', () => {
  const params = new URLSearchParams('since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z');
  expect(readRange(params)).toEqual({ kind: 'last', last: '1h' });
});

test('whatever the URL holds, the manager accepts the query', () => {
  const texts = fc.oneof(fc.string(), fc.constantFrom('15m', '7d', '2026-01-01T00:00:00Z', '2026'));
  fc.assert(
    fc.property(texts, texts, texts, (last, since, until) => {
      const range = readRange(new URLSearchParams({ last, since, until }));
      expect(timeRangeQuerySchema.safeParse(rangeQuery(range)).success).toBe(true);
    }),
  );
});

test('bounds follow the clock only where the range does', () => {
  expect(rangeBounds({ kind: 'last', last: '2h' }, 10_000_000)).toEqual({
    fromMs: 2_800_000,
    toMs: 10_000_000,
  });
  expect(rangeBounds({ kind: 'fixed', sinceMs: 1, untilMs: 2 }, 10_000_000)).toEqual({
    fromMs: 1,
    toMs: 2,
  });
});

test('labels say presets by name and others by amount', () => {
  expect(rangeLabel({ kind: 'last', last: '24h' })).toBe('Last 24 hours');
  expect(rangeLabel({ kind: 'last', last: '1w' })).toBe('Last 1 week');
  expect(rangeLabel({ kind: 'last', last: '3d' })).toBe('Last 3 days');
});

test('the local input names the same minute', () => {
  const ms = Date.parse('2026-11-20T14:32:00Z');
  expect(Date.parse(toLocalInput(ms))).toBe(ms);
});
