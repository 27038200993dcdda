// Event counts as stacked bars. Invariant: at most KINDS kinds stand alone, the rest add up as
// "other", so that the stack is always the whole.
import type { EventCounts } from '../../api/contract.ts';
import { type Bounds, bucketSecondsOf, fillBuckets } from '../../format/buckets.ts';

export const KINDS = ['alert', 'anomaly', 'http', 'tls', 'dns', 'flow'] as const;
export type Kind = (typeof KINDS)[number] | 'other';

export interface EventSeries {
  readonly times: number[];
  readonly kinds: readonly Kind[];
  /** Per kind, the counts up to and including it: what a stacked bar's top is. */
  readonly tops: readonly number[][];
  readonly counts: readonly number[][];
  readonly bucketSeconds: number;
}

export function eventSeries(
  answer: EventCounts,
  bounds: Bounds & { readonly nowMs: number },
): EventSeries {
  const stamps = answer.points.map((point) => point.time);
  const bucketSeconds = bucketSecondsOf(stamps, 60);
  const { times, points } = fillBuckets(answer.points, bucketSeconds, bounds);
  const known = new Set<string>(KINDS);
  const countOf = (counts: Readonly<Record<string, number>> | undefined, kind: Kind): number => {
    if (counts === undefined) return 0;
    if (kind !== 'other') return counts[kind] ?? 0;
    return Object.entries(counts).reduce((sum, [name, n]) => (known.has(name) ? sum : sum + n), 0);
  };
  const present = [...KINDS, 'other' as const].filter((kind) =>
    points.some((point) => countOf(point?.counts, kind) > 0),
  );
  const counts = present.map((kind) => points.map((point) => countOf(point?.counts, kind)));
  const below = times.map(() => 0);
  const tops = counts.map((row) =>
    row.map((count, index) => {
      below[index] = (below[index] ?? 0) + count;
      return below[index] ?? 0;
    }),
  );
  return { times: [...times], kinds: present, tops, counts, bucketSeconds };
}
