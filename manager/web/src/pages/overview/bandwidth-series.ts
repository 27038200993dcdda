// Bandwidth as two wings about zero: to clients above, to servers below, in bit/s.
import type { Bandwidth } from '../../api/contract.ts';
import { type Bounds, fillBuckets } from '../../format/buckets.ts';

export interface BandwidthSeries {
  readonly times: number[];
  readonly toClient: number[];
  /** Negative, so that it hangs below the axis. */
  readonly toServer: number[];
  readonly peak: number;
  readonly mean: number;
}

export function bandwidthSeries(
  answer: Bandwidth,
  bounds: Bounds & { readonly nowMs: number },
): BandwidthSeries {
  const { times, points, seconds } = fillBuckets(answer.points, answer.bucketSeconds, bounds);
  const rate = (bytes: number, index: number) => (bytes * 8) / (seconds[index] ?? 1);
  const toClient = points.map((point, index) => rate(point?.bytes_toclient ?? 0, index));
  const toServer = points.map((point, index) => -rate(point?.bytes_toserver ?? 0, index));
  const totals = toClient.map((value, index) => value - (toServer[index] ?? 0));
  const bits = totals.reduce((all, value, index) => all + value * (seconds[index] ?? 0), 0);
  const time = seconds.reduce((all, value) => all + value, 0);
  return {
    times: [...times],
    toClient,
    toServer,
    peak: totals.reduce((highest, value) => Math.max(highest, value), 0),
    mean: time === 0 ? 0 : bits / time,
  };
}
