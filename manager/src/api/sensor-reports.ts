// What the sensors report, kept up to date by a watch on the bucket. Invariants: a node that stops
// reporting stays in the list as not reporting for KEEP_MS, then is forgotten; at most MAX_NODES are
// kept, the longest silent goes first.
import { setTimeout as sleep } from 'node:timers/promises';
import { Kvm, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import {
  BUCKET_REPORTED,
  type Counters,
  REPORTED_TTL_MS,
  type Reported,
  reportedSchema,
} from '#contracts/nats.ts';
import type { SensorRow } from '#contracts/rest.ts';
import type { Clock } from './api-deps.ts';

const MAX_NODES = 10_000;
const KEEP_MS = 24 * 3_600_000;
const RETRY_MS = 2_000;

interface Known {
  readonly report: Reported;
  readonly seenMs: number;
}

export interface SensorReportsOptions {
  readonly nats: NatsConnection;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class SensorReports {
  readonly #options: SensorReportsOptions;
  /** By key of the bucket, the longest silent first. */
  readonly #known = new Map<string, Known>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: SensorReportsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Those that have reported within `keepMs`. */
  rows(keepMs = KEEP_MS): SensorRow[] {
    const nowMs = this.#options.clock();
    return [...this.#known.values()]
      .filter(({ seenMs }) => nowMs - seenMs < keepMs)
      .map(({ report, seenMs }) => ({
        reporting: nowMs - seenMs < REPORTED_TTL_MS,
        lossRatio: lossRatioOf(report),
        eventsLost: eventsLostOf(report),
        report,
      }))
      .sort((a, b) => (nameOf(a.report) < nameOf(b.report) ? -1 : 1));
  }

  /** The bucket may come later than we do, and the bus may go away: try again until stopped. */
  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#watch(signal);
      } catch (error) {
        this.#options.logger.debug({ err: error }, 'sensor reports cannot be watched yet');
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const bucket = await new Kvm(this.#options.nats).open(BUCKET_REPORTED);
    const watch = await bucket.watch();
    const onAbort = (): void => watch.stop();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) watch.stop();
    try {
      for await (const entry of watch) this.#take(entry);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #take(entry: KvWatchEntry): void {
    if (entry.operation !== 'PUT') return;
    const parsed = reportedSchema.safeParse(jsonOf(entry.string()));
    if (!parsed.success) {
      this.#options.logger.warn({ key: entry.key }, 'a sensor report could not be read');
      return;
    }
    this.#known.delete(entry.key);
    this.#known.set(entry.key, { report: parsed.data, seenMs: this.#options.clock() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_NODES && oldest !== undefined) this.#known.delete(oldest);
  }
}

const nameOf = ({ sensor, node }: Reported): string => `${sensor}.${node}`;

function lossRatioOf({ counters }: Reported): number {
  const { kernelDrops, kernelPackets } = counters;
  return kernelPackets === 0 ? 0 : Math.min(1, kernelDrops / kernelPackets);
}

/** What of the ledger counts events that were made and will never be stored. */
const EVENT_LOSSES = ['eventsDroppedQueue', 'eventsDroppedSpool'] as const satisfies ReadonlyArray<
  keyof Counters
>;

function eventsLostOf({ counters }: Reported): number {
  return EVENT_LOSSES.reduce((sum, name) => sum + counters[name], 0);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
