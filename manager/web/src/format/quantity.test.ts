// Units and digits at the borders between them.
import { expect, test } from 'vitest';
import { formatBitRate, formatBytes, formatCount, formatExact, formatRatio } from './quantity.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.00 kB'],
  [1_234, '1.23 kB'],
  [9_994, '9.99 kB'],
  [9_996, '10.0 kB'],
  [99_960, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [71_234_567_890, '71.2 GB'],
  [9.1e18, '9100 PB'],
  [null, '–'],
])('%s bytes read as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('a rate is in bits a second', () => {
  expect(formatBitRate(0)).toBe('0 bit/s');
  expect(formatBitRate(1_200_000)).toBe('1.20 Mbit/s');
  expect(formatBitRate(0.5)).toBe('0.50 bit/s');
});

test('a count is exact below ten thousand', () => {
  expect(formatCount(9_999)).toBe('9,999');
  expect(formatCount(10_000)).toBe('10.0 k');
  expect(formatCount(1_812_344)).toBe('1.81 M');
  expect(formatExact(1_812_344)).toBe('1,812,344');
  expect(formatCount(undefined)).toBe('–');
});

test('loss that is there never reads as none', () => {
  expect(formatRatio(0)).toBe('0 %');
  expect(formatRatio(1e-9)).toBe('< 0.01 %');
  expect(formatRatio(0.0042)).toBe('0.42 %');
  expect(formatRatio(0.256)).toBe('25.6 %');
});
