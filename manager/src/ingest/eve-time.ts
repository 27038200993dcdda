/**
 * EVE's timestamps (`2026-11-20T14:32:15.123456+0000`) as instants.
 *
 * Invariant: every text that eveTimestampSchema takes and that names a real day and hour is read exactly,
 * from the year 0000 to 9999; everything else is undefined.
 */
import type { Instant } from '#manager/store/binary-rows.ts';

const kLength = 31;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function parseEveTime(text: unknown): Instant | undefined {
  if (typeof text !== 'string' || text.length !== kLength) return undefined;
  const sign = text.charCodeAt(26);
  const punctuated =
    text.charCodeAt(4) === 0x2d &&
    text.charCodeAt(7) === 0x2d &&
    text.charCodeAt(10) === 0x54 &&
    text.charCodeAt(13) === 0x3a &&
    text.charCodeAt(16) === 0x3a &&
    text.charCodeAt(19) === 0x2e &&
    (sign === 0x2b || sign === 0x2d);
  if (!punctuated) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const micros = digits(text, 20, 26);
  const offset = digits(text, 27, 29) * 3600 + digits(text, 29, 31) * 60;
  // A field with something else than digits is NaN, and every comparison with it is false.
  const inRange = month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 60;
  if (!inRange || !(micros >= 0) || !(offset >= 0)) return undefined;
  const days = daysSince1970(year, month, day);
  if (days === undefined) return undefined;
  const local = days * 86_400 + hour * 3600 + minute * 60 + second;
  return { seconds: sign === 0x2b ? local - offset : local + offset, micros };
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Days of the proleptic Gregorian calendar. */
function daysSince1970(year: number, month: number, day: number): number | undefined {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const inMonth = month === 2 && !leap ? 28 : (DAYS_IN_MONTH[month - 1] ?? 0);
  if (!(year >= 0) || !(day >= 1 && day <= inMonth)) return undefined;
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const inYear = (DAYS_BEFORE_MONTH[month - 1] ?? 0) + (leap && month > 2 ? 1 : 0) + day - 1;
  // 719,162 days lie between 0001-01-01 and 1970-01-01.
  return before * 365 + leapDays + inYear - 719_162;
}
