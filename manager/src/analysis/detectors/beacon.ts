/**
 * Beacons: how much a series of connections looks like a clock's.
 *
 * Source: RITA v5 (Active Countermeasures, analysis/beacons.go): four scores of 0 to 1, of the intervals (Bowley
 * skew and median absolute deviation about the median), of the sizes (the same two), of the histogram over time
 * (coefficient of variation) and of the duration; their mean is the score, then modifiers for prevalence and for
 * how long the target is known. What differs, because ours is a stream and packets get lost: an interval that is
 * two, three or four times the median counts as that many intervals (missed ones), and a series with many short
 * intervals, as browsing has them, loses by that share.
 *
 * A pure function of a series; docs/detections/beacons.md.
 */

/** What is kept of one target: the newest times and sizes, and how many there were by hour. */
export interface Series {
  /** Newest last; MAX_TIMES of them. */
  readonly timesMs: number[];
  readonly bytes: number[];
  /** Hours since 1970 with connections, and how many; MAX_HOURS newest, in order. */
  readonly hours: [hour: number, count: number][];
  firstMs: number;
  lastMs: number;
  count: number;
}

export interface BeaconScores {
  readonly interval: number;
  readonly size: number;
  readonly histogram: number;
  readonly duration: number;
  /** Mean of the four. */
  readonly score: number;
  readonly periodSeconds: number;
  /** Median absolute deviation of the intervals over their median. */
  readonly jitter: number;
}

export const MAX_TIMES = 160;
export const MAX_HOURS = 336;
/** A series shorter than this says nothing. */
export const MIN_TIMES = 14;
/** Periods looked for; faster ones are streams, slower ones would take weeks. */
export const MIN_PERIOD_SECONDS = 5;
const kMaxPeriodSeconds = 8 * 3_600;
/** An interval of up to so many periods counts as missed ones between. */
const kMaxMissed = 4;
/** Shorter than this share of the period: no clock with jitter of 30 % does that often. */
const kShort = 0.45;
const kShortCost = 2.5;
const kHourMs = 3_600_000;
const kFullHours = 24;
/** A duration is full after so many periods, within the bounds of 3 and 72 hours. */
const kFullPeriods = 24;

export function scoreBeacon(series: Series): BeaconScores | undefined {
  const { timesMs, bytes, count } = series;
  if (timesMs.length < MIN_TIMES || count < MIN_TIMES) return undefined;
  const times = [...timesMs].sort((a, b) => a - b);
  const intervals = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1_000);
  const apart = intervals.filter((each) => each > 0);
  if (apart.length < MIN_TIMES - 1) return undefined;
  const period = quartiles(apart).middle;
  if (period < MIN_PERIOD_SECONDS || period > kMaxPeriodSeconds) return undefined;
  const folded = apart.map((each) => fold(each, period));
  const spread = dispersion(folded);
  const short = apart.filter((each) => each < kShort * period).length / apart.length;
  const far = apart.filter((each) => each > (kMaxMissed + 0.5) * period).length / apart.length;
  const interval = spread.score * clamp(1 - kShortCost * (short + far));
  const size = dispersion(bytes.map((each) => each + 1)).score;
  const histogram = histogramScore(series, period);
  const duration = durationScore(series, period);
  const score = (interval + size + histogram + duration) / 4;
  return {
    ...{ interval, size, histogram, duration, score },
    ...{ periodSeconds: quartiles(folded).middle, jitter: spread.deviation },
  };
}

/** Several periods in one are taken as their mean. */
function fold(interval: number, period: number): number {
  const periods = Math.round(interval / period);
  return periods >= 2 && periods <= kMaxMissed ? interval / periods : interval;
}

function clamp(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.min(1, value)) : 0;
}

interface Quartiles {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

export function quartiles(values: readonly number[]): Quartiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const lower = sorted[below] ?? 0;
    return lower + ((sorted[below + 1] ?? lower) - lower) * (place - below);
  };
  return { low: at(0.25), middle: at(0.5), high: at(0.75) };
}

/** 1 where the values are all the same: mean of 1 - |Bowley skew| and 1 - MAD/median. */
function dispersion(values: readonly number[]): { score: number; deviation: number } {
  const { low, middle, high } = quartiles(values);
  if (middle <= 0) return { score: 0, deviation: 1 };
  const range = high - low;
  // Quartiles that close together have no skew worth the name; RITA asks the same of its range.
  const skew = range < 0.05 * middle ? 0 : (high + low - 2 * middle) / range;
  const deviation = quartiles(values.map((each) => Math.abs(each - middle))).middle / middle;
  return { score: (clamp(1 - Math.abs(skew)) + clamp(1 - deviation)) / 2, deviation };
}

/** How evenly the connections lie over the hours between the first and the last. */
function histogramScore({ hours, lastMs, firstMs }: Series, periodSeconds: number): number {
  const last = Math.floor(lastMs / kHourMs);
  const first = Math.max(Math.floor(firstMs / kHourMs), last - MAX_HOURS + 1);
  // Bins wide enough for six connections, so that a slow clock is not blamed for being slow.
  const width = Math.max(1, Math.ceil((6 * periodSeconds) / 3_600));
  // The last bin that is not full is left out, and the first hour is seldom whole.
  const bins = new Array<number>(Math.max(0, Math.floor((last - first - 1) / width))).fill(0);
  for (const [hour, count] of hours) {
    const bin = Math.floor((hour - first - 1) / width);
    if (hour > first && bin < bins.length) bins[bin] = (bins[bin] ?? 0) + count;
  }
  if (bins.length < 2) return 0.5;
  const busy = bins.filter((each) => each > 0);
  // On at work and off at night: the busy bins by themselves, at a discount (RITA's bimodal fit).
  return Math.max(evenness(bins), 0.9 * evenness(busy) * clamp((busy.length * 2) / bins.length));
}

function evenness(bins: readonly number[]): number {
  const mean = bins.reduce((sum, each) => sum + each, 0) / bins.length;
  if (!(mean > 0)) return 0;
  const variance = bins.reduce((sum, each) => sum + (each - mean) ** 2, 0) / bins.length;
  return clamp(1 - Math.sqrt(variance) / mean);
}

function durationScore({ firstMs, lastMs }: Series, periodSeconds: number): number {
  const full = Math.min(
    72,
    Math.max(3, Math.min(kFullHours, (kFullPeriods * periodSeconds) / 3_600)),
  );
  return clamp((lastMs - firstMs) / (full * kHourMs));
}

/** RITA's modifiers: a target that half of the network calls is less of a sign, one that nobody else calls more. */
export function modifiedScore(
  score: number,
  of: {
    /** Share of the devices that beacon to the target, 0 to 1. */
    readonly prevalence: number;
    readonly devices: number;
    readonly knownDays: number;
  },
): number {
  const { prevalence, devices, knownDays } = of;
  const enough = devices >= 10;
  const common = enough && prevalence >= 0.25 ? -0.3 : enough && prevalence >= 0.1 ? -0.15 : 0;
  const rare = enough && prevalence <= 0.02 ? 0.05 : 0;
  const old = knownDays >= 30 ? -0.15 : 0;
  return clamp(score + common + rare + old);
}
