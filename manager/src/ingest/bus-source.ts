/**
 * Reads the events stream through the one durable consumer that all replicas share.
 *
 * Invariants: every message is acknowledged by who stored it, never here; the stream and the consumer are
 * made where they are missing; a lost bus, stream or consumer is waited for, for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AckPolicy,
  DeliverPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { ensureEventsStream, isApiError } from '#contracts/events-stream.ts';
import { EVENTS_STREAM, MANAGER_CONSUMER } from '#contracts/nats.ts';
import type { Inbox } from './inbox.ts';
import type { IngestMetrics } from './metrics.ts';
import { StreamTender } from './stream-tender.ts';

export interface BusSourceOptions {
  readonly connection: NatsConnection;
  readonly inbox: Inbox<JsMsg>;
  readonly log: Logger;
  readonly metrics: IngestMetrics;
  /** For the stream, where it has to be made. */
  readonly replicas: number;
  readonly streamMaxBytes: number;
}

/** Messages delivered and not yet acknowledged, over all replicas. */
export const MAX_ACK_PENDING = 1_000;
/** What is taken is stored or given a sign of work within this time, else it is delivered again. */
export const ACK_WAIT_MS = 15_000;
/** A request to the bus ends after this time; also how long the end of the manager may wait for it. */
const kFetchMs = 1_000;
const kRetryMs = 1_000;
const kConsumerExists = 10_148;

/** Puts messages into the inbox until the signal. */
export async function readBus(options: BusSourceOptions, signal: AbortSignal): Promise<void> {
  const { log } = options;
  let failed = false;
  while (!signal.aborted) {
    try {
      await ensureConsumer(options);
      if (failed) log.info('the bus is back');
      failed = false;
      await consume(options, signal);
    } catch (error) {
      // Logged once per outage; the state is in /metrics and /readyz all the time.
      if (!failed && !signal.aborted) log.warn({ err: error }, 'the bus cannot be read, retrying');
      failed = true;
    }
    await sleep(kRetryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function ensureConsumer(options: BusSourceOptions): Promise<void> {
  const manager = await jetstreamManager(options.connection, { checkAPI: false });
  const { replicas, streamMaxBytes, log } = options;
  const maxBytes = await ensureEventsStream(manager, { replicas, maxBytes: streamMaxBytes });
  if (maxBytes !== undefined) log.info({ stream: EVENTS_STREAM, maxBytes }, 'stream made');
  try {
    await manager.consumers.add(EVENTS_STREAM, {
      durable_name: MANAGER_CONSUMER,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MAX_ACK_PENDING,
      max_deliver: -1,
    });
  } catch (error) {
    // It exists with settings that somebody chose: those hold.
    if (!isApiError(error, kConsumerExists)) throw error;
  }
}

async function consume(options: BusSourceOptions, signal: AbortSignal): Promise<void> {
  const { connection, inbox, metrics } = options;
  const consumer = await jetstream(connection).consumers.get(EVENTS_STREAM, MANAGER_CONSUMER);
  // Beside the reading, which stands still while PostgreSQL is away.
  const tending = new StreamTender(options);
  try {
    while (!signal.aborted) {
      const room = await inbox.untilRoom();
      if (room === 0) break;
      // Each request asks for what there is room for, so nothing waits in the client's own queue.
      const askedMs = performance.now();
      let received = 0;
      const messages = await consumer.fetch({ max_messages: room, expires: kFetchMs });
      for await (const message of messages) {
        received += 1;
        metrics.lag.set(message.info.pending);
        // What still comes after the end goes to another replica at once.
        if (!inbox.put(message)) message.nak();
      }
      // An answer that is empty and early means that the consumer is gone: look after it again.
      if (received === 0 && performance.now() - askedMs < kFetchMs / 4) return;
    }
  } finally {
    await tending.stop();
  }
}
