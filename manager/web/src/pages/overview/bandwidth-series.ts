// Bandwidth as two wings about zero: to clients above, to servers below, in bit/s.
import type { Bandwidth } from '../../api/contract.ts';
import { fillBuckets } from '../../format/buckets.ts';

export interface BandwidthSeries {
  readonly times: number[];
  readonly toClient: number[];
  /** Negative, so that it hangs below the axis. */
  readonly toServer: number[];
  readonly peak: number;
  readonly mean: number;
}

interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

export function bandwidthSeries(answer: Bandwidth, bounds: Bounds): BandwidthSeries {
  const { times, points } = fillBuckets(answer.points, answer.bucketSeconds, bounds);
  const perSecond = 8 / Math.max(1, answer.bucketSeconds);
  const toClient = points.map((point) => (point?.bytes_toclient ?? 0) * perSecond);
  const toServer = points.map((point) => -(point?.bytes_toserver ?? 0) * perSecond);
  const totals = toClient.map((value, index) => value - (toServer[index] ?? 0));
  const sum = totals.reduce((all, value) => all + value, 0);
  return {
    times: [...times],
    toClient,
    toServer,
    peak: totals.reduce((highest, value) => Math.max(highest, value), 0),
    mean: totals.length === 0 ? 0 : sum / totals.length,
  };
}
