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
  readonly distinct: number;
  readonly inRollup: number;
  readonly rejected: number;
}

export async function countStored(client: pg.Client): Promise<Stored> {
  const union = TABLES.map((table) => `SELECT id FROM ${table}`).join(' UNION ALL ');
  const { rows } = await client.query<Record<keyof Stored, string>>(
    `SELECT count(*) AS stored, count(DISTINCT id) AS distinct,
       (SELECT coalesce(sum(events), 0) FROM rollup_events_minute) AS "inRollup",
       (SELECT count(*) FROM rejected) AS rejected
     FROM (${union}) AS all_events`,
  );
  const [row] = rows;
  return {
    stored: Number(row?.stored),
    distinct: Number(row?.distinct),
    inRollup: Number(row?.inRollup),
    rejected: Number(row?.rejected),
  };
}

/** Events that batch ids say are stored; cheap, for watching. */
export async function storedSoFar(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: string }>(
    'SELECT coalesce(sum(events), 0) AS n FROM batches',
  );
  return Number(rows[0]?.n);
}

/** The events of all messages in the stream, each batch id once, as their headers say. */
export async function countPublished(url: string): Promise<{ events: number; messages: number }> {
  const connection = await connect({ servers: url });
  const admin = await jetstreamManager(connection);
  const { state } = await admin.streams.info(EVENTS_STREAM);
  const { name } = await admin.consumers.add(EVENTS_STREAM, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    inactive_threshold: 60e9,
  });
  const consumer = await jetstream(connection).consumers.get(EVENTS_STREAM, name);
  const counts = new Map<string, number>();
  let messages = 0;
  while (messages < state.messages) {
    for await (const message of await consumer.fetch({ max_messages: kFetch, expires: 2_000 })) {
      messages += 1;
      counts.set(
        message.headers?.get(HEADER_MSG_ID) ?? '',
        Number(message.headers?.get(HEADER_COUNT)),
      );
    }
  }
  await connection.close();
  return { events: [...counts.values()].reduce((sum, each) => sum + each, 0), messages };
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
