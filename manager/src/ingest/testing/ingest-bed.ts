// Real servers around the real ingest, for tests. Invariant: every bed has a database of its own; the
// bus and the PostgreSQL server may be killed and started again by the test.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import {
  AckPolicy,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, headers, type NatsConnection, nanos } from '@nats-io/transport-node';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { EVENT_SCHEMA_VERSION, type EventClass } from '#contracts/eve.ts';
import {
  ENCODING_ZSTD,
  EVENTS_STREAM,
  EVENTS_SUBJECT_ALL,
  eventsSubject,
  HEADER_COUNT,
  HEADER_ENCODING,
  HEADER_MSG_ID,
  HEADER_SCHEMA,
  MANAGER_CONSUMER,
} from '#contracts/nats.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { AddressBook } from '../../enrich/address-book.ts';
import type { IdentityBook } from '../../enrich/identity-book.ts';
import { type Network, PRIVATE_NETWORKS, parseNetwork } from '../../enrich/ip-address.ts';
import type { VendorBook } from '../../enrich/vendor-book.ts';
import { migrate } from '../../store/migrate.ts';
import { PartitionKeeper } from '../../store/partition-keeper.ts';
import { DEFAULT_RETENTION } from '../../store/partitions.ts';
import { StorePool } from '../../store/pool.ts';
import { MAX_ACK_PENDING, readBus } from '../bus-source.ts';
import { Inbox } from '../inbox.ts';
import { Ingest } from '../ingest.ts';
import { ingestMetrics } from '../metrics.ts';

export interface Published {
  readonly id: string;
  readonly subject: string;
  readonly count: number;
}

export interface PublishOptions {
  readonly id?: string;
  readonly eventClass?: EventClass;
  readonly node?: string;
  /** What the header says instead of the number of lines. */
  readonly count?: number;
  readonly encoding?: string;
}

export interface Replica {
  readonly ingest: Ingest;
  readonly registry: Registry;
  /** Value of a metric, summed over its labels or of those given. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  stop(): Promise<void>;
}

/** So small that a test can publish the same id beyond it. */
const kDuplicateWindowMs = 100;
export const BEYOND_WINDOW_MS = 400;

export class IngestBed implements AsyncDisposable {
  readonly nats: TestNats;
  readonly postgres: TestPostgres;
  readonly url: string;
  readonly pool: StorePool;
  readonly #connection: NatsConnection;
  readonly #jetstream: JetStreamClient;
  readonly #replicas = new Set<Replica>();

  private constructor(
    nats: TestNats,
    postgres: TestPostgres,
    url: string,
    connection: NatsConnection,
  ) {
    this.nats = nats;
    this.postgres = postgres;
    this.url = url;
    this.pool = new StorePool({ url });
    this.#connection = connection;
    this.#jetstream = jetstream(connection);
  }

  static async start(): Promise<IngestBed> {
    const nats = await startTestNats();
    const postgres = await startTestPostgres();
    const connection = await connect({
      servers: nats.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    const admin = await jetstreamManager(connection);
    await admin.streams.add({
      name: EVENTS_STREAM,
      subjects: [EVENTS_SUBJECT_ALL],
      duplicate_window: nanos(kDuplicateWindowMs),
    });
    const bed = new IngestBed(nats, postgres, await postgres.createDatabase(), connection);
    await migrate(bed.pool);
    return bed;
  }

  async publish(lines: readonly string[], options: PublishOptions = {}): Promise<Published> {
    const { id = randomUUID(), eventClass = 'protocol', node = 'node' } = options;
    const body = Buffer.from(`${lines.join('\n')}\n`);
    const encoding = options.encoding ?? ENCODING_ZSTD;
    const about = headers();
    about.set(HEADER_MSG_ID, id);
    about.set(HEADER_SCHEMA, String(EVENT_SCHEMA_VERSION));
    about.set(HEADER_COUNT, String(options.count ?? lines.length));
    about.set(HEADER_ENCODING, encoding);
    const subject = eventsSubject('test', node, eventClass);
    const data = encoding === ENCODING_ZSTD ? zstdCompressSync(body) : body;
    // As the sensor does: the same id until the bus has acknowledged it.
    for (;;) {
      try {
        await this.#jetstream.publish(subject, data, { headers: about, timeout: 1_000 });
        return { id, subject, count: lines.length };
      } catch {
        await sleep(100);
      }
    }
  }

  /** Any message, also one that is no batch. */
  async publishRaw(
    subject: string,
    data: Uint8Array,
    about: Record<string, string>,
  ): Promise<void> {
    const message = headers();
    for (const [name, value] of Object.entries(about)) message.set(name, value);
    await this.#jetstream.publish(subject, data, { headers: message });
  }

  async startReplica(
    options: {
      groupEvents?: number;
      maxRollupKeys?: number;
      now?: () => number;
      identities?: IdentityBook;
      analyse?: boolean;
      vendors?: VendorBook;
    } = {},
  ): Promise<Replica> {
    const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
    const registry = new Registry();
    const metrics = ingestMetrics(registry);
    const connection = await connect({
      servers: this.nats.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    const pool = new StorePool({ url: this.url });
    const keeper = new PartitionKeeper({
      pool,
      log,
      retention: DEFAULT_RETENTION,
      ...(options.now === undefined ? {} : { now: options.now }),
    });
    const inbox = new Inbox<JsMsg>(8);
    const home = PRIVATE_NETWORKS.map(parseNetwork).filter(
      (each): each is Network => each !== undefined,
    );
    const ingest = new Ingest({
      addresses: new AddressBook(home),
      identities: options.identities,
      analyse: options.analyse ?? false,
      vendors: options.vendors,
      groupEvents: options.groupEvents ?? 2_000,
      groupBytes: 4 * 1024 * 1024,
      maxRollupKeys: options.maxRollupKeys ?? 5_000,
      ...{ pool, keeper, inbox, log, metrics },
    });
    const stopping = new AbortController();
    const bus = { connection, inbox, log, metrics, replicas: 1, streamMaxBytes: 64 * 1024 * 1024 };
    const running = Promise.all([ingest.run(stopping.signal), readBus(bus, stopping.signal)]);
    const replica: Replica = {
      ingest,
      registry,
      metric: async (name, labels = {}) => {
        const values = (await registry.getSingleMetric(name)?.get())?.values ?? [];
        return values
          .filter((each) =>
            Object.entries(labels).every(([key, value]) => each.labels[key] === value),
          )
          .reduce((sum, each) => sum + each.value, 0);
      },
      stop: async () => {
        if (!this.#replicas.delete(replica)) return;
        stopping.abort();
        await running;
        if (!connection.isClosed()) await connection.drain();
        await pool.end();
      },
    };
    this.#replicas.add(replica);
    return replica;
  }

  /** The managers' consumer, before there is a manager: with another time until it delivers again. */
  async makeConsumer(ackWaitMs: number): Promise<void> {
    const admin = await jetstreamManager(this.#connection);
    await admin.consumers.add(EVENTS_STREAM, {
      ...{ durable_name: MANAGER_CONSUMER, ack_policy: AckPolicy.Explicit },
      ...{ deliver_policy: DeliverPolicy.All, ack_wait: nanos(ackWaitMs), max_deliver: -1 },
      max_ack_pending: MAX_ACK_PENDING,
    });
  }

  async removeConsumer(): Promise<void> {
    const admin = await jetstreamManager(this.#connection);
    await admin.consumers.delete(EVENTS_STREAM, MANAGER_CONSUMER);
  }

  /** Waits until the bus has nothing left: everything delivered and acknowledged. */
  async untilDrained(): Promise<void> {
    for (;;) {
      await sleep(50);
      try {
        const admin = await jetstreamManager(this.#connection, { timeout: 1_000 });
        const info = await admin.consumers.info(EVENTS_STREAM, MANAGER_CONSUMER);
        const stream = await admin.streams.info(EVENTS_STREAM);
        const { ack_floor: floor, num_ack_pending: waiting } = info;
        if (info.num_pending === 0 && waiting === 0 && floor.stream_seq >= stream.state.last_seq)
          return;
      } catch {
        // The bus is down or the consumer not made yet.
      }
    }
  }

  async rows<R extends Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.pool.query<R>(sql, values)).rows;
  }

  /**
   * Stored events over all tables, and how many different events they are: by what the sender put into
   * them (type and flow_id), for row ids are ours and a doubled batch would get new ones.
   */
  async count(): Promise<{ stored: number; distinct: number }> {
    const tables =
      'flows dns_queries tls_handshakes http_transactions alerts anomalies events'.split(' ');
    const union = tables
      .map((table) => {
        const type = table === 'events' ? 'event_type' : `'${table}'`;
        return `SELECT ${type} AS type, flow_id FROM ${table}`;
      })
      .join(' UNION ALL ');
    const [row] = await this.rows<{ stored: number; distinct: number }>(
      `SELECT count(*) AS stored, count(DISTINCT (type, flow_id)) AS distinct FROM (${union}) AS every`,
    );
    return row ?? { stored: -1, distinct: -1 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const replica of [...this.#replicas]) await replica.stop();
    await this.pool.end();
    await this.#connection.close();
    await this.nats.stop();
    await this.postgres.stop();
  }
}
