/**
 * Makes what travels of what the engine hands over: NDJSON bytes → compressed batches with an id.
 *
 * Invariant: a batch gets its id once, here; every retry and every restart sends it under that id. No
 * event is parsed: a batch too large for one message is cut at a line end.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync } from 'node:zlib';
import { EVENT_SCHEMA_VERSION, type EventClass } from '#contracts/eve.ts';
import type { EventBatch } from '#contracts/native.ts';
import { MAX_BATCH_BYTES } from '#contracts/nats.ts';

const compressPromise = promisify(zstdCompress);
/** Level 1: about 600 MB/s of EVE a core at a sixth of the size; higher levels gain 2 %. */
const kZstd = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const kNewline = 0x0a;

export type Compress = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;
/** On the thread pool. */
export const compressAside: Compress = (bytes) => compressPromise(bytes, kZstd);
/** On the caller's thread, before the call returns. */
export const compressNow: Compress = (bytes) => zstdCompressSync(bytes, kZstd);

export interface Batch {
  readonly msgId: string;
  readonly eventClass: EventClass;
  readonly count: number;
  /** Event schema version the lines were written in. */
  readonly schema: number;
  /** zstd frame of the NDJSON lines. */
  readonly body: Uint8Array;
}

export interface Encoded {
  readonly batches: readonly Batch[];
  /** Events left out because one line alone does not fit into a message. */
  readonly tooLarge: number;
}

export interface EncodeOptions {
  /** Bytes a message's compressed body may have. */
  readonly maxBodyBytes: number;
  readonly newId: () => string;
  readonly compress: Compress;
}

export async function encode(batch: EventBatch, options: EncodeOptions): Promise<Encoded> {
  if (batch.count === 0 || batch.bytes.length === 0) return { batches: [], tooLarge: 0 };
  if (batch.bytes.length <= MAX_BATCH_BYTES) {
    const body = await options.compress(batch.bytes);
    if (body.length <= options.maxBodyBytes) {
      const { eventClass, count } = batch;
      const schema = EVENT_SCHEMA_VERSION;
      return {
        batches: [{ msgId: options.newId(), eventClass, count, schema, body }],
        tooLarge: 0,
      };
    }
  }
  const halves = split(batch);
  if (halves === undefined) return { batches: [], tooLarge: batch.count };
  const first = await encode(halves[0], options);
  const second = await encode(halves[1], options);
  return {
    batches: [...first.batches, ...second.batches],
    tooLarge: first.tooLarge + second.tooLarge,
  };
}

/** Cuts at the line end nearest to the middle; undefined where there is one line only. */
export function split(batch: EventBatch): readonly [EventBatch, EventBatch] | undefined {
  const { bytes, eventClass } = batch;
  const middle = bytes.length >> 1;
  let cut = bytes.lastIndexOf(kNewline, middle) + 1;
  if (cut === 0) cut = bytes.indexOf(kNewline, middle) + 1;
  if (cut === 0 || cut === bytes.length) return undefined;
  const head = bytes.subarray(0, cut);
  const count = countLines(head);
  return [
    { eventClass, count, bytes: head },
    { eventClass, count: batch.count - count, bytes: bytes.subarray(cut) },
  ];
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(kNewline); at !== -1; at = bytes.indexOf(kNewline, at + 1))
    lines += 1;
  return lines;
}
