/**
 * From a message of the bus to the text of its lines.
 *
 * Invariants: what is decompressed is bounded by MAX_BATCH_BYTES, whatever the message claims; a message
 * that is no batch is an outcome with its reason, not an exception, because its like will come again.
 */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { EventClass } from '#contracts/eve.ts';
import {
  batchHeadersSchema,
  ENCODING_ZSTD,
  HEADER_COUNT,
  HEADER_ENCODING,
  HEADER_MSG_ID,
  HEADER_SCHEMA,
  MAX_BATCH_BYTES,
  parseEventsSubject,
} from '#contracts/nats.ts';

/** What is read of a message; nats.js' JsMsg is one. */
export interface BatchMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: { get(name: string): string } | undefined;
}

export interface DecodedBatch {
  readonly subject: string;
  readonly sensor: string;
  readonly node: string;
  readonly eventClass: EventClass;
  readonly msgId: string;
  /** What the sender says the batch holds. */
  readonly count: number;
  readonly text: string;
  /** Number from batch_seq that row ids are made of; 0 until it has one. */
  readonly seq: number;
}

export type Decoded =
  | { readonly ok: true; readonly batch: DecodedBatch }
  | { readonly ok: false; readonly reason: string };

const decompress = promisify(zstdDecompress);

export async function decodeBatch(message: BatchMessage): Promise<Decoded> {
  const { subject, headers } = message;
  const origin = parseEventsSubject(subject);
  if (origin === undefined) return { ok: false, reason: 'the subject is not of a sensor' };
  const parsed = batchHeadersSchema.safeParse({
    msgId: headers?.get(HEADER_MSG_ID),
    schema: headers?.get(HEADER_SCHEMA),
    count: headers?.get(HEADER_COUNT),
  });
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return { ok: false, reason: `headers: ${faults.join('; ')}` };
  }
  const body = await bodyOf(message, headers?.get(HEADER_ENCODING) ?? '');
  if (typeof body === 'string') return { ok: false, reason: body };
  const { msgId, count } = parsed.data;
  return {
    ok: true,
    batch: {
      ...origin,
      subject,
      msgId: msgId.toLowerCase(),
      count,
      text: body.toString('utf8'),
      seq: 0,
    },
  };
}

/** The uncompressed bytes, or why there are none. */
async function bodyOf({ data }: BatchMessage, encoding: string): Promise<Buffer | string> {
  switch (encoding) {
    case ENCODING_ZSTD:
      try {
        return await decompress(data, { maxOutputLength: MAX_BATCH_BYTES });
      } catch (error) {
        return `zstd: ${error instanceof Error ? error.message : String(error)}`;
      }
    case '':
    case 'identity':
      if (data.length > MAX_BATCH_BYTES) return `over ${MAX_BATCH_BYTES} bytes`;
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    default:
      return `the encoding ${encoding} is not known`;
  }
}
