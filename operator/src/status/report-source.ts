/**
 * The sensors' reports off NATS: one watch over the bucket netmoth-reported, for ever.
 *
 * Invariants: the bucket is made where it is missing (it lives in memory and goes with the server); a
 * report that is none is counted and dropped; after any fault, and after kDeafMs without a word, the
 * watch is made anew. `onBus(true)` is said only when a watch stands, `onBus(false)` when it fell.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import {
  BUCKET_REPORTED,
  nodeKey,
  REPORTED_TTL_MS,
  type Reported,
  reportedSchema,
} from '#contracts/nats.ts';
import { Backoff } from '../runtime/backoff.ts';

const kConnectTimeoutMs = 5_000;
const kPingIntervalMs = 5_000;
const kMaxPingsOut = 2;
const kFirstRetryMs = 250;
const kMaxRetryMs = 5_000;
/** Sensors report every 5 s: after so much silence the watch may have fallen unnoticed. */
const kDeafMs = 30_000;

export interface ReportSourceOptions {
  readonly servers: readonly string[];
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly replicas: number;
  readonly log: Logger;
  readonly random: () => number;
  readonly onReport: (report: Reported) => void;
  readonly onBus: (up: boolean) => void;
}

export class ReportSource {
  readonly #options: ReportSourceOptions;
  #warned = false;
  invalid = 0;
  connects = 0;

  constructor(options: ReportSourceOptions) {
    this.#options = options;
  }

  /** Runs until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, onBus, random } = this.#options;
    const backoff = new Backoff({ firstMs: kFirstRetryMs, maxMs: kMaxRetryMs, random });
    while (!signal.aborted) {
      try {
        await this.#connected(signal, () => {
          backoff.reset();
          this.#warned = false;
        });
      } catch (error) {
        // Once for each outage, not at each try.
        if (!signal.aborted && !this.#warned) log.warn({ err: error }, 'Reports cannot be heard');
        this.#warned = true;
      }
      onBus(false);
      await sleep(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
    }
  }

  async #connected(signal: AbortSignal, onWatch: () => void): Promise<void> {
    const { servers, user, password, log, onBus } = this.#options;
    const connection = await connect({
      servers: [...servers],
      name: 'netmoth-operator',
      timeout: kConnectTimeoutMs,
      pingInterval: kPingIntervalMs,
      maxPingOut: kMaxPingsOut,
      // A lost connection ends the watch: both are made anew, with the bucket they need.
      reconnect: false,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
    });
    const close = (): void => void connection.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      this.connects += 1;
      log.info({ server: connection.getServer() }, 'Bus connected');
      while (!connection.isClosed()) {
        const entries = await (await this.#bucket(connection)).watch();
        onWatch();
        onBus(true);
        await this.#follow(entries);
      }
      throw new Error('the connection was lost');
    } finally {
      signal.removeEventListener('abort', close);
      await connection.close();
    }
  }

  #bucket(connection: NatsConnection): Promise<KV> {
    const { replicas } = this.#options;
    return new Kvm(jetstream(connection)).create(BUCKET_REPORTED, {
      ...{ history: 1, ttl: REPORTED_TTL_MS, replicas, storage: StorageType.Memory },
    });
  }

  /** Until the watch ends or falls silent. */
  async #follow(entries: AsyncIterable<KvEntry> & { stop(): void }): Promise<void> {
    const timer = setTimeout(() => entries.stop(), kDeafMs);
    try {
      for await (const entry of entries) {
        timer.refresh();
        if (entry.operation === 'PUT') this.#hear(entry);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #hear(entry: KvEntry): void {
    let value: unknown;
    try {
      value = entry.json();
    } catch {
      this.invalid += 1;
      return;
    }
    const { data } = reportedSchema.safeParse(value);
    // A sensor speaks for itself alone: its key says who it is.
    if (data === undefined || nodeKey(data.sensor, data.node) !== entry.key) this.invalid += 1;
    else this.#options.onReport(data);
  }
}
