// The time range of a query, made absolute. Invariant: since < until, both whole milliseconds; the
// last hour where nothing is given.
import type { z } from 'zod';
import { durationMs, type timeRangeQuerySchema } from '#contracts/rest.ts';
import { InputError } from './request-input.ts';

export interface TimeRange {
  readonly sinceMs: number;
  readonly untilMs: number;
}

const DEFAULT_LAST = '1h';
/** PostgreSQL's timestamptz goes further, but nothing here is older than Unix time. */
const EARLIEST_MS = 0;

export function timeRangeOf(
  query: z.output<typeof timeRangeQuerySchema>,
  nowMs: number,
): TimeRange {
  const { last, since, until } = query;
  if (last !== undefined && (since !== undefined || until !== undefined)) {
    throw new InputError([{ path: 'last', message: 'goes without since and until' }]);
  }
  const untilMs = until === undefined ? nowMs : Date.parse(until);
  const sinceMs =
    since === undefined
      ? Math.max(EARLIEST_MS, untilMs - durationMs(last ?? DEFAULT_LAST))
      : Date.parse(since);
  if (sinceMs >= untilMs) {
    throw new InputError([{ path: 'since', message: 'must be before until (default: now)' }]);
  }
  return { sinceMs, untilMs };
}
