/**
 * What a device usually does in each hour of the week: additive Holt-Winters with 168 seasons, on the logarithm
 * of the figures, with a smoothed absolute error beside it.
 *
 * Sources: P. Winters, "Forecasting Sales by Exponentially Weighted Moving Averages", 1960; J. Brutlag, "Aberrant
 * Behavior Detection in Time Series for Network Monitoring", LISA 2000, for the deviation and for not learning from
 * what is aberrant. The trend is damped: networks grow, but not for ever.
 *
 * Invariants: scored before it is updated (forecast, then teach); seasons are kept in eighths of a bit, one byte
 * each, so a metric costs 168 bytes; every number is finite.
 */

export const HOURS_OF_WEEK = 168;
/** 1970-01-01 was a Thursday: hour 0 of the week is Monday 00:00 UTC. */
const kEpochHourOfWeek = 72;
const kAlpha = 0.05;
const kBeta = 0.01;
const kGamma = 0.35;
const kDamping = 0.9;
const kErrorWeight = 0.04;
const kScale = 8;
/** Nothing is more regular than this, in bits: a factor of 1.6. */
const kMinDeviation = 0.7;

export interface Season {
  level: number;
  trend: number;
  deviation: number;
  /** Differences from the level in eighths of a bit. */
  readonly seasons: Int8Array;
}

export function hourOfWeek(hour: number): number {
  return (((hour + kEpochHourOfWeek) % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;
}

export function newSeason(): Season {
  return { level: Number.NaN, trend: 0, deviation: 2, seasons: new Int8Array(HOURS_OF_WEEK) };
}

/** Figures as they are compared: doubling is one. */
export function inBits(figure: number): number {
  return Number.isFinite(figure) && figure > 0 ? Math.log2(1 + figure) : 0;
}

export interface Forecast {
  /** In bits. */
  readonly expected: number;
  readonly deviation: number;
}

export function forecast(season: Season, hour: number): Forecast {
  const { level, trend, seasons } = season;
  const known = Number.isFinite(level) ? level : 0;
  const swing = (seasons[hourOfWeek(hour)] ?? 0) / kScale;
  return {
    expected: Math.max(0, known + kDamping * trend + swing),
    deviation: Math.max(kMinDeviation, season.deviation),
  };
}

/** The figure of an hour becomes part of what is usual. */
export function teach(season: Season, hour: number, figure: number): void {
  const value = inBits(figure);
  if (!Number.isFinite(season.level)) season.level = value;
  const at = hourOfWeek(hour);
  const swing = (season.seasons[at] ?? 0) / kScale;
  const before = season.level;
  const error = value - (before + kDamping * season.trend + swing);
  season.level = before + kDamping * season.trend + kAlpha * error;
  season.trend = kDamping * season.trend + kAlpha * kBeta * error;
  const learned = (swing + kGamma * (1 - kAlpha) * error) * kScale;
  season.seasons[at] = Math.max(-127, Math.min(127, Math.round(learned)));
  season.deviation += kErrorWeight * (Math.abs(error) - season.deviation);
}

/** What the forecast of bits is as a figure. */
export function figureOf(bits: number): number {
  return Math.max(0, 2 ** bits - 1);
}
