// Time buckets as the charts need them. Invariant: one slot per bucket of the range, empty where the
// manager had nothing to say; the slot that is still filling says how much of it has passed, so that a
// rate over it is not taken for a fall.

export interface Slots<Point> {
  /** Start of each bucket in seconds, evenly spaced. */
  readonly times: readonly number[];
  readonly points: readonly (Point | undefined)[];
  /** What each bucket covers, up to now. */
  readonly seconds: readonly number[];
}

export interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

const MAX_SLOTS = 4_000;
/** A bucket just begun counts as this part of itself at least: a rate needs some time to mean anything. */
const LEAST_PART = 1 / 6;

export function fillBuckets<Point extends { readonly time: string }>(
  points: readonly Point[],
  bucketSeconds: number,
  bounds: Bounds & { readonly nowMs: number },
): Slots<Point> {
  const stepMs = bucketSeconds * 1_000;
  const slots = {
    times: [] as number[],
    points: [] as (Point | undefined)[],
    seconds: [] as number[],
  };
  if (stepMs <= 0) return slots;
  const byStart = new Map<number, Point>();
  for (const point of points) {
    byStart.set(Math.floor(Date.parse(point.time) / stepMs) * stepMs, point);
  }
  const first = Math.floor(bounds.fromMs / stepMs) * stepMs;
  const end = Math.min(bounds.toMs, bounds.nowMs);
  for (let start = first; start < end && slots.times.length < MAX_SLOTS; start += stepMs) {
    const passed = Math.min(1, Math.max(LEAST_PART, (bounds.nowMs - start) / stepMs));
    slots.times.push(start / 1_000);
    slots.points.push(byStart.get(start));
    slots.seconds.push(passed * bucketSeconds);
  }
  return slots;
}

/** The distance that points have in common: what the manager used as bucket where it does not say. */
export function bucketSecondsOf(times: readonly string[], fallback: number): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let index = 1; index < times.length; index += 1) {
    const gap = Date.parse(times[index] ?? '') - Date.parse(times[index - 1] ?? '');
    if (gap > 0 && gap < smallest) smallest = gap;
  }
  return Number.isFinite(smallest) ? smallest / 1_000 : fallback;
}
