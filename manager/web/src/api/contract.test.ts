// What the browser copies of the contract is what the contract says.
import { expect, test } from 'vitest';
import { EVENT_TYPES } from '#contracts/eve.ts';
import { LIVE_PATH } from '#contracts/live.ts';
import {
  API_PREFIX,
  durationSchema,
  MAX_EXPORT_ROWS,
  passwordChangeSchema,
} from '#contracts/rest.ts';
import { FINDING_KINDS } from '#contracts/rest-analysis.ts';
import * as copy from './contract.ts';

test('constants', () => {
  expect(copy.API_PREFIX).toBe(API_PREFIX);
  expect(copy.LIVE_PATH).toBe(LIVE_PATH);
  expect(copy.MAX_EXPORT_ROWS).toBe(MAX_EXPORT_ROWS);
  expect(copy.EVENT_TYPES).toEqual(EVENT_TYPES);
  expect(copy.FINDING_KINDS).toEqual(FINDING_KINDS);
});

test('the shortest password the form allows is the shortest the manager takes', () => {
  const takes = (length: number) =>
    passwordChangeSchema.safeParse({ current: 'x', next: 'x'.repeat(length) }).success;
  expect(takes(copy.PASSWORD_MIN_LENGTH)).toBe(true);
  expect(takes(copy.PASSWORD_MIN_LENGTH - 1)).toBe(false);
});

test.each(['15m', '1h', '7d', '2w', '90s', '', '0h', '1y', '1.5h', '1234567s', 'h'])(
  'the duration %j is judged alike',
  (text) => {
    expect(copy.DURATION_PATTERN.test(text)).toBe(durationSchema.safeParse(text).success);
  },
);
