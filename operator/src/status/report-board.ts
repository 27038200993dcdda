/**
 * The last report of every node of every sensor, and who has gone silent.
 *
 * Invariants: freshness is judged by when a report arrived here, by the monotonic clock, so a sensor with
 * a wrong clock is no silent one; while the bus is away nobody is judged silent. A change is told only
 * when something changed that a person would act on. Bounded: kMaxNodes entries, then reports of nodes
 * not known yet are dropped and counted; nodes silent for kForgetMs are forgotten.
 */
import { nodeKey, type Reported } from '#contracts/nats.ts';
import { LossMeter } from './loss-meter.ts';
import { essenceOf, type NodeReadings, nodeStatus } from './node-view.ts';

/** Reports come every 5 s; this leaves time to write within the 30 s that are promised. */
export const SILENT_AFTER_MS = 22_000;
const kForgetMs = 10 * 60_000;
const kMaxNodes = 50_000;
const kNoTime = new Date(0);
const kUnheard: NodeReadings = {
  ...{ report: undefined, silent: true },
  ...{ lossLevel: undefined, lossPercent: undefined, lossSettled: false },
};

interface Entry {
  readonly sensor: string;
  /** The token of the node's name. */
  readonly node: string;
  readonly loss: LossMeter;
  report: Reported;
  receivedMs: number;
  silent: boolean;
  /** Essence of what was told last. */
  told: string;
}

export interface ReportBoardOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onChange: (sensor: string, node: string) => void;
}

export class ReportBoard {
  readonly #options: ReportBoardOptions;
  readonly #entries = new Map<string, Entry>();
  #busSinceMs: number | undefined;
  heard = 0;
  dropped = 0;

  constructor(options: ReportBoardOptions) {
    this.#options = options;
  }

  get busUp(): boolean {
    return this.#busSinceMs !== undefined;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** True where that is news. */
  setBus(up: boolean): boolean {
    if (up === this.busUp) return false;
    this.#busSinceMs = up ? this.#options.now() : undefined;
    return true;
  }

  hear(report: Reported): void {
    this.heard += 1;
    const key = nodeKey(report.sensor, report.node);
    const entry = this.#entries.get(key) ?? this.#added(key, report);
    if (entry === undefined) return;
    const before = boundsOf(entry.loss);
    entry.loss.hear(report.counters);
    entry.receivedMs = this.#options.now();
    entry.silent = false;
    this.#take(entry, report, boundsOf(entry.loss) !== before);
  }

  /**
   * Keeps the report where it says something new, else its figures alone: thousands of objects that each
   * live for five seconds would all grow old before they die.
   */
  #take(entry: Entry, report: Reported, lossChanged: boolean): void {
    const readings = { ...readingsOf(entry), report };
    const essence = essenceOf(nodeStatus(readings, undefined, kNoTime));
    if (essence !== entry.told) {
      entry.report = report;
      entry.told = essence;
      this.#options.onChange(entry.sensor, entry.node);
      return;
    }
    const { counters, spool, reportedAt, rssBytes, observedGeneration, revision } = report;
    const { report: known } = entry;
    const applied = known.observedGeneration !== observedGeneration || known.revision !== revision;
    Object.assign(entry.report.counters, counters);
    Object.assign(entry.report.spool, spool);
    Object.assign(entry.report, { reportedAt, rssBytes, observedGeneration, revision });
    // Nothing of the node's object changes, but its sensor counts it.
    if (applied || lossChanged) this.#options.onChange(entry.sensor, entry.node);
  }

  /** Finds the silent; call it every second. */
  sweep(): void {
    if (this.#busSinceMs === undefined) return;
    const nowMs = this.#options.now();
    for (const [key, entry] of this.#entries) {
      const sinceMs = nowMs - Math.max(entry.receivedMs, this.#busSinceMs);
      if (sinceMs > kForgetMs) this.#entries.delete(key);
      if (entry.silent || sinceMs < SILENT_AFTER_MS) continue;
      entry.silent = true;
      this.#tell(entry);
    }
  }

  readings(sensor: string, node: string): NodeReadings {
    const entry = this.#entries.get(nodeKey(sensor, node));
    return entry === undefined ? kUnheard : readingsOf(entry);
  }

  #added(key: string, report: Reported): Entry | undefined {
    if (this.#entries.size >= kMaxNodes) {
      this.dropped += 1;
      return undefined;
    }
    const { sensor, node } = report;
    const entry: Entry = {
      ...{ sensor, node, report, loss: new LossMeter() },
      ...{ receivedMs: 0, silent: false, told: '' },
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #tell(entry: Entry): void {
    const essence = essenceOf(nodeStatus(readingsOf(entry), undefined, kNoTime));
    if (essence === entry.told) return;
    entry.told = essence;
    this.#options.onChange(entry.sensor, entry.node);
  }
}

function readingsOf({ report, silent, loss }: Entry): NodeReadings {
  const { level: lossLevel, percent: lossPercent, settled: lossSettled } = loss;
  return { report, silent, lossLevel, lossPercent, lossSettled };
}

/** What a bound for loss is judged by. */
function boundsOf({ percent, settled }: LossMeter): string {
  return `${percent} ${settled}`;
}
