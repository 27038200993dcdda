// The place where a list goes on. Invariants: a cursor fits only the list and the filters it was made
// for, and carries the first page's absolute time range, so that `last=1h` does not move while
// paging. The check sum finds damage and misuse; it is no secret, and need be none: whatever a cursor
// says is a bound parameter of a query its holder may make anyway.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InputError } from './request-input.ts';
import type { TimeRange } from './time-range.ts';

const CHECK_BYTES = 8;

const positionSchema = z.strictObject({
  /** Sort key: time of the last row, then what tells rows of the same time apart. */
  t: z.union([z.literal(''), z.iso.datetime({ precision: 6 })]),
  k: z.string().min(1).max(64),
  s: z.int().min(0),
  u: z.int().min(0),
});

export interface Position {
  /** Empty where the list is not sorted by time. */
  readonly time: string;
  readonly key: string;
}

export interface CursorScope {
  readonly list: string;
  /** Every parameter of the query that chooses rows, as text. */
  readonly filters: Readonly<Record<string, unknown>>;
}

function checkOf(payload: string, { list, filters }: CursorScope): Buffer {
  const sorted = Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, String(value)])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([list, sorted, payload]))
    .digest()
    .subarray(0, CHECK_BYTES);
}

export function encodeCursor(position: Position, range: TimeRange, scope: CursorScope): string {
  const payload = JSON.stringify({
    t: position.time,
    k: position.key,
    s: range.sinceMs,
    u: range.untilMs,
  });
  return Buffer.concat([checkOf(payload, scope), Buffer.from(payload)]).toString('base64url');
}

/** Throws InputError where the cursor is damaged, or of another list or other filters. */
export function decodeCursor(
  cursor: string,
  scope: CursorScope,
): { position: Position; range: TimeRange } {
  const bytes = Buffer.from(cursor, 'base64url');
  const payload = bytes.subarray(CHECK_BYTES).toString();
  const whole =
    bytes.toString('base64url') === cursor &&
    bytes.subarray(0, CHECK_BYTES).equals(checkOf(payload, scope));
  const parsed = whole ? positionSchema.safeParse(jsonOf(payload)) : undefined;
  if (parsed?.success !== true) {
    const message = 'is damaged, or was made for another list or other filters; start without it';
    throw new InputError([{ path: 'cursor', message }]);
  }
  const { t, k, s, u } = parsed.data;
  return { position: { time: t, key: k }, range: { sinceMs: s, untilMs: u } };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
