// Which rollup answers a time range, and in which steps. Invariants: a chart has at most
// MAX_POINTS points; ranges of more than a day are read from the hour rollups, whose first bucket is
// counted whole.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
export const MAX_POINTS = 400;
const STEPS_MS = [MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS];

export interface Range {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export type RollupName =
  | 'rollup_total'
  | 'rollup_events'
  | 'rollup_device'
  | 'rollup_domain'
  | 'rollup_application'
  | 'rollup_country'
  | 'rollup_pair'
  | 'rollup_signature';

/** The table for a sum over the range, and the start of its first bucket. */
export function rollupOf(name: RollupName, range: Range): { table: string; sinceMs: number } {
  const hourly = range.untilMs - range.sinceMs > DAY_MS;
  const bucketMs = hourly ? HOUR_MS : MINUTE_MS;
  return {
    table: `${name}_${hourly ? 'hour' : 'minute'}`,
    sinceMs: floor(range.sinceMs, bucketMs),
  };
}

/** The table for a chart over the range, the length of a step and the start of the first. */
export function chartOf(
  name: RollupName,
  range: Range,
): { table: string; sinceMs: number; stepMs: number } {
  const span = range.untilMs - range.sinceMs;
  // One more than fits: the first and the last step may lie partly outside.
  const fitting = STEPS_MS.find((stepMs) => span / stepMs <= MAX_POINTS - 2);
  const stepMs = fitting ?? Math.ceil(span / (MAX_POINTS - 2) / DAY_MS) * DAY_MS;
  return {
    table: `${name}_${stepMs < HOUR_MS ? 'minute' : 'hour'}`,
    sinceMs: floor(range.sinceMs, stepMs),
    stepMs,
  };
}

function floor(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs;
}
