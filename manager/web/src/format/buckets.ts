// Time buckets as the charts need them. Invariant: one slot per bucket of the range, zero where the
// manager had nothing to say; the bucket that is still filling is left out, it would look like a fall.

export interface Slots<Point> {
  /** Start of each bucket in seconds, evenly spaced. */
  readonly times: readonly number[];
  readonly points: readonly (Point | undefined)[];
}

const MAX_SLOTS = 4_000;

interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

export function fillBuckets<Point extends { readonly time: string }>(
  points: readonly Point[],
  bucketSeconds: number,
  bounds: Bounds,
): Slots<Point> {
  const stepMs = bucketSeconds * 1_000;
  if (stepMs <= 0) return { times: [], points: [] };
  const byStart = new Map<number, Point>();
  for (const point of points)
    byStart.set(Math.floor(Date.parse(point.time) / stepMs) * stepMs, point);
  const times: number[] = [];
  const slots: (Point | undefined)[] = [];
  const first = Math.floor(bounds.fromMs / stepMs) * stepMs;
  for (
    let start = first;
    start + stepMs <= bounds.toMs && times.length < MAX_SLOTS;
    start += stepMs
  ) {
    times.push(start / 1_000);
    slots.push(byStart.get(start));
  }
  return { times, points: slots };
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
