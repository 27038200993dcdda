/**
 * What benchmarks of the manager count: events in the stream and events in the database.
 */
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type pg from 'pg';
import { EVENTS_STREAM, HEADER_COUNT, HEADER_MSG_ID, MANAGER_CONSUMER } from '#contracts/nats.ts';

const TABLES = [
  'flows',
  'dns_queries',
  'tls_handshakes',
  'http_transactions',
  'alerts',
  'anomalies',
  'events',
];
const kFetch = 500;

export interface Stored {
  readonly stored: number;
  readonly inRollup: number;
  readonly rejected: number;
  /** Batch id → what the database holds of it. */
  readonly batches: ReadonlyMap<string, StoredBatch>;
  /** Rows that belong to no batch of the table `batches`. */
  readonly strays: number;
}

export interface StoredBatch {
  /** What the table `batches` says. */
  readonly events: number;
  /** Rows there are, refused lines included. */
  readonly rows: number;
}

/** Row ids are batch number * 2^20 + line. */
const kLineBits = 20;

export async function countStored(client: pg.Client): Promise<Stored> {
  const union = TABLES.map((table) => `SELECT id >> ${kLineBits} AS seq FROM ${table}`).join(
    ' UNION ALL ',
  );
  const { rows } = await client.query<{ id: string | null; events: string; rows: string }>(
    `WITH counted AS (SELECT seq, count(*) AS rows FROM (${union}) AS every GROUP BY seq),
       refused AS (SELECT msg_id AS id, count(*) AS rows FROM rejected GROUP BY msg_id)
     SELECT batches.id, coalesce(batches.events, 0) AS events,
       coalesce(counted.rows, 0) + coalesce(refused.rows, 0) AS rows
     FROM batches FULL JOIN counted USING (seq) LEFT JOIN refused ON refused.id = batches.id::text`,
  );
  const sums = await client.query<Record<'stored' | 'inRollup' | 'rejected', string>>(
    `SELECT (SELECT count(*) FROM (${union}) AS every) AS stored,
       (SELECT coalesce(sum(events), 0) FROM rollup_events_minute) AS "inRollup",
       (SELECT count(*) FROM rejected) AS rejected`,
  );
  const [sum] = sums.rows;
  const batches = new Map<string, StoredBatch>();
  let strays = 0;
  for (const row of rows) {
    if (row.id === null) strays += Number(row.rows);
    else batches.set(row.id, { events: Number(row.events), rows: Number(row.rows) });
  }
  return {
    stored: Number(sum?.stored),
    inRollup: Number(sum?.inRollup),
    rejected: Number(sum?.rejected),
    batches,
    strays,
  };
}

/**
 * Every way in which what is stored differs from what was published: each batch of the bus must be there
 * once, with as many rows as it has events, and nothing else. Empty when it is exact.
 */
export function differences(published: ReadonlyMap<string, number>, stored: Stored): string[] {
  const found: string[] = [];
  for (const [id, count] of published) {
    const batch = stored.batches.get(id);
    if (batch === undefined) found.push(`batch ${id} of ${count} events is not stored`);
    else if (batch.events !== count || batch.rows !== count) {
      found.push(`batch ${id} of ${count} events has ${batch.rows} rows`);
    }
  }
  for (const id of stored.batches.keys()) {
    if (!published.has(id)) found.push(`batch ${id} was never published`);
  }
  if (stored.strays > 0) found.push(`${stored.strays} rows belong to no batch`);
  if (stored.inRollup !== stored.stored) {
    found.push(`${stored.stored} events are stored, ${stored.inRollup} are in the rollup`);
  }
  return found;
}

/** Events that batch ids say are stored; cheap, for watching. */
export async function storedSoFar(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: string }>(
    'SELECT coalesce(sum(events), 0) AS n FROM batches',
  );
  return Number(rows[0]?.n);
}

export interface Published {
  readonly events: number;
  readonly messages: number;
  /** Batch id → events, as the headers say. */
  readonly batches: ReadonlyMap<string, number>;
}

/** All messages of the stream, each batch id once. Of a stream that was purged not all are known: an error. */
export async function countPublished(url: string): Promise<Published> {
  const connection = await connect({ servers: url });
  const admin = await jetstreamManager(connection);
  const { state } = await admin.streams.info(EVENTS_STREAM);
  if (state.messages !== state.last_seq) throw new Error('the stream holds not all messages');
  const { name } = await admin.consumers.add(EVENTS_STREAM, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    inactive_threshold: 60e9,
  });
  const consumer = await jetstream(connection).consumers.get(EVENTS_STREAM, name);
  const batches = new Map<string, number>();
  let messages = 0;
  while (messages < state.messages) {
    for await (const message of await consumer.fetch({ max_messages: kFetch, expires: 2_000 })) {
      messages += 1;
      batches.set(
        message.headers?.get(HEADER_MSG_ID) ?? '',
        Number(message.headers?.get(HEADER_COUNT)),
      );
    }
  }
  await connection.close();
  return { events: [...batches.values()].reduce((sum, each) => sum + each, 0), messages, batches };
}

/** True when the managers have acknowledged every message of the stream. */
export async function isDrained(url: string): Promise<boolean> {
  const connection = await connect({ servers: url, reconnect: false, timeout: 2_000 });
  try {
    const admin = await jetstreamManager(connection);
    const { state } = await admin.streams.info(EVENTS_STREAM);
    const info = await admin.consumers.info(EVENTS_STREAM, MANAGER_CONSUMER);
    return (
      info.num_pending === 0 &&
      info.num_ack_pending === 0 &&
      info.ack_floor.stream_seq >= state.last_seq
    );
  } finally {
    await connection.close();
  }
}

/** Messages that the stream has taken so far. */
export async function streamMessages(url: string): Promise<number> {
  const connection = await connect({ servers: url, reconnect: false, timeout: 2_000 });
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info(EVENTS_STREAM);
    return state.last_seq;
  } finally {
    await connection.close();
  }
}
