// What the stream really holds. Invariant: reads every message there is, in order, and unpacks it.

import { zstdDecompressSync } from 'node:zlib';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  batchHeadersSchema,
  EVENTS_STREAM,
  HEADER_COUNT,
  HEADER_ENCODING,
  HEADER_MSG_ID,
  HEADER_SCHEMA,
} from '#contracts/nats.ts';

export interface StoredBatch {
  readonly subject: string;
  readonly msgId: string;
  readonly count: number;
  readonly schema: number;
  readonly encoding: string;
  readonly lines: readonly string[];
}

export async function storedBatches(url: string): Promise<StoredBatch[]> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    const { messages } = (await manager.streams.info(EVENTS_STREAM)).state;
    const stored: StoredBatch[] = [];
    if (messages === 0) return stored;
    const { name } = await manager.consumers.add(EVENTS_STREAM, {
      ack_policy: AckPolicy.None,
      inactive_threshold: 60e9,
    });
    const consumer = await jetstream(connection).consumers.get(EVENTS_STREAM, name);
    while (stored.length < messages) {
      for await (const message of await consumer.fetch({
        max_messages: Math.min(500, messages - stored.length),
        expires: 2_000,
      })) {
        const { msgId, count, schema } = batchHeadersSchema.parse({
          msgId: message.headers?.get(HEADER_MSG_ID),
          count: message.headers?.get(HEADER_COUNT),
          schema: message.headers?.get(HEADER_SCHEMA),
        });
        const text = zstdDecompressSync(message.data).toString('utf8');
        const encoding = message.headers?.get(HEADER_ENCODING) ?? '';
        const lines = text.split('\n').filter((line) => line !== '');
        stored.push({ subject: message.subject, msgId, count, schema, encoding, lines });
      }
    }
    return stored;
  } finally {
    await connection.close();
  }
}

/** The `n` of every event in the stream, in stream order. */
export async function storedNumbers(url: string): Promise<number[]> {
  const numbers: number[] = [];
  for (const { lines } of await storedBatches(url)) {
    for (const line of lines) {
      const event: unknown = JSON.parse(line);
      if (typeof event === 'object' && event !== null && 'n' in event)
        numbers.push(Number(event.n));
    }
  }
  return numbers;
}

/** Waits for what the outside brings about; gives up with what it saw last. */
export async function until(what: string, holds: () => boolean, timeoutMs = 45_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
