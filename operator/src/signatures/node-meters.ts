/**
 * What each node's sensor did of late, for the gates: loss, alerts, memory, CPU, restarts.
 *
 * Invariants: figures since the node was told something new are kept apart from those before; counters
 * that went back are a new start and never a negative figure; bounded by kWindow reports and kMaxNodes, of
 * which those heard longest ago go first: nodes come and go, and no gate may go blind for it.
 */
import { nodeKey, type Reported } from '#contracts/nats.ts';
import type { NodeFigures } from './plan/node-facts.ts';

/** A minute of reports. */
const kWindow = 12;
const kMaxNodes = 50_000;
/** Figures of fewer packets say nothing about loss. */
const kMinPackets = 1_000;
const kBytesPerMiB = 1_048_576;
/** A few alerts in the first seconds are no rate. */
const kMinAlertMinutes = 0.5;

interface Sample {
  readonly atMs: number;
  readonly packets: number;
  readonly drops: number;
  readonly alerts: number | undefined;
  readonly cpuSeconds: number;
}

interface Meter {
  samples: Sample[];
  startedAt: string;
  restarts: number;
  rssBytes: number;
  /** What stood before the node was told what it has; undefined: nobody was there to see. */
  before: NodeFigures | undefined;
}

export class NodeMeters {
  readonly #meters = new Map<string, Meter>();
  readonly #now: () => number;

  readonly #most: number;

  /** Monotonic milliseconds. */
  constructor(now: () => number, most = kMaxNodes) {
    this.#now = now;
    this.#most = most;
  }

  hear(report: Reported): void {
    const key = nodeKey(report.sensor, report.node);
    const { counters, startedAt, rssBytes, cpuSeconds } = report;
    const known = this.#meters.get(key);
    this.#meters.delete(key);
    const [oldest] = this.#meters.keys();
    if (this.#meters.size >= this.#most && oldest !== undefined) this.#meters.delete(oldest);
    const meter = known ?? { samples: [], startedAt, restarts: 0, rssBytes, before: undefined };
    if (meter.startedAt !== startedAt) {
      meter.startedAt = startedAt;
      meter.restarts += 1;
      meter.samples = [];
    }
    meter.rssBytes = rssBytes;
    meter.samples.push({
      ...{ atMs: this.#now(), cpuSeconds, alerts: counters.alertsMade },
      ...{ packets: counters.kernelPackets, drops: counters.kernelDrops },
    });
    if (meter.samples.length > kWindow) meter.samples.shift();
    this.#meters.set(key, meter);
  }

  /** The node was just told something new: what it does from now on is by that. */
  mark(key: string): void {
    const meter = this.#meters.get(key);
    if (meter === undefined) return;
    const { lossPercent, alertsPerMinute } = figuresOf(meter);
    meter.before = { lossPercentBefore: lossPercent, alertsPerMinuteBefore: alertsPerMinute };
    meter.samples = meter.samples.slice(-1);
    meter.restarts = 0;
  }

  figures(key: string): NodeFigures {
    const meter = this.#meters.get(key);
    return meter === undefined ? {} : { ...meter.before, ...figuresOf(meter) };
  }
}

function figuresOf({ samples, restarts, rssBytes }: Meter): NodeFigures {
  const memoryMiB = rssBytes / kBytesPerMiB;
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) {
    return { memoryMiB, restarts };
  }
  const packets = last.packets - first.packets;
  const drops = last.drops - first.drops;
  const minutes = (last.atMs - first.atMs) / 60_000;
  const alerts =
    first.alerts === undefined || last.alerts === undefined
      ? undefined
      : last.alerts - first.alerts;
  return {
    ...{ memoryMiB, restarts },
    lossPercent: packets >= kMinPackets && drops >= 0 ? (drops / packets) * 100 : undefined,
    alertsPerMinute:
      alerts === undefined || alerts < 0 ? undefined : alerts / Math.max(minutes, kMinAlertMinutes),
    cpuPercent: Math.max(0, ((last.cpuSeconds - first.cpuSeconds) / (minutes * 60)) * 100),
  };
}
