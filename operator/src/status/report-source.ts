/**
 * The sensors' reports off NATS: one watch over the bucket netmoth-reported, for ever.
 *
 * Invariants: the bucket is made where it is missing (it lives in memory and goes with the server); a
 * report that is none is counted and dropped; after any fault, and after kDeafMs without a word, the
 * watch is made anew. `onBus(true)` is said only when a watch stands, `onBus(false)` when it fell.
 */
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import {
  BUCKET_REPORTED,
  nodeKey,
  REPORTED_TTL_MS,
  type Reported,
  reportedSchema,
} from '#contracts/nats.ts';
import { type BusAccess, runBusSessions } from '../runtime/bus-sessions.ts';

/** Sensors report every 5 s: after so much silence the watch may have fallen unnoticed. */
const kDeafMs = 30_000;

export interface ReportSourceOptions extends BusAccess {
  readonly replicas: number;
  readonly log: Logger;
  readonly random: () => number;
  readonly onReport: (report: Reported) => void;
  readonly onBus: (up: boolean) => void;
}

export class ReportSource {
  readonly #options: ReportSourceOptions;
  invalid = 0;
  connects = 0;

  constructor(options: ReportSourceOptions) {
    this.#options = options;
  }

  /** Runs until the signal; never rejects. */
  run(signal: AbortSignal): Promise<void> {
    const { log, random } = this.#options;
    return runBusSessions(
      {
        ...{ access: this.#options, name: 'netmoth-operator', log, random },
        outage: 'Reports cannot be heard',
        session: (connection, up) => this.#listen(connection, up),
      },
      signal,
    );
  }

  async #listen(connection: NatsConnection, onWatch: () => void): Promise<void> {
    const { log, onBus } = this.#options;
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
      onBus(false);
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
