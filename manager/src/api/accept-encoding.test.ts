import { expect, test } from 'vitest';
import { acceptedEncoding } from './accept-encoding.ts';

const OFFERED = ['br', 'gzip'] as const;

test.each([
  ['', undefined],
  ['br', 'br'],
  ['gzip, deflate, br', 'br'],
  ['GZIP;Q=0.5', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br;q=0.000 ,\tgzip ; q=1', 'gzip'],
  ['br; q=x, gzip;q=', undefined],
  ['brotli, xgzip', undefined],
  ['deflate;a=b;q=1', undefined],
  // What once took time by the square of its length; node takes headers of up to 16 KiB.
  [`br${' '.repeat(15_500)}x`, undefined],
  [`br;${'q=0;'.repeat(3_800)}`, undefined],
  [`${','.repeat(15_500)}gzip`, 'gzip'],
])('%.40j is answered with %s', (header, encoding) => {
  expect(acceptedEncoding(header, OFFERED)).toBe(encoding);
});
