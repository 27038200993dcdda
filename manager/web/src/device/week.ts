// The hours of a week as the reader's clock has them. Invariant: the manager counts hours of the week from Monday 00:00
// UTC; here they are moved by whole hours, so where a zone is half an hour off they are half an hour off.
import type { DeviceProfile } from '../api/contract.ts';

export type WeekHour = DeviceProfile['week'][number];
export type Metric = keyof NonNullable<WeekHour['seen']>;
export type Side = 'seen' | 'expected';

export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const HOURS_A_DAY = 24;

/** Seven rows of 24 hours in local time; `offsetMinutes` as Date.getTimezoneOffset has it. */
export function localWeek(
  week: readonly WeekHour[],
  offsetMinutes: number,
): readonly (readonly WeekHour[])[] {
  const shift = -Math.round(offsetMinutes / 60);
  const hours = week.length;
  return DAYS.map((_, day) =>
    Array.from({ length: HOURS_A_DAY }, (_none, hour) => {
      const at = (day * HOURS_A_DAY + hour - shift + hours) % hours;
      return week[at] ?? { seen: null, expected: null };
    }),
  );
}

/** How warm an hour is, 0 to 1: on the logarithm, since traffic differs by powers of ten. */
export function warmth(value: number | undefined, most: number): number {
  if (value === undefined || value <= 0 || most <= 0) return 0;
  return Math.log1p(value) / Math.log1p(most);
}

export function mostOf(week: readonly WeekHour[], side: Side, metric: Metric): number {
  return Math.max(0, ...week.map((hour) => hour[side]?.[metric] ?? 0));
}
