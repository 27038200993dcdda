/**
 * Fetches a bundle from the object store of the bus, piece by piece.
 *
 * Invariants: at most `maxBytes` are taken, whatever the store says; what does not answer for kSilenceMs is
 * given up; no consumer is made at the server, so credentials need not allow one. Every failure is a
 * BundleRefused: missing, too large, or not fetched (to be tried again).
 * Source: NATS object store (ADR-20), direct get (ADR-31).
 */
import { createHash } from 'node:crypto';
import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { BundleRefused } from '#contracts/bundle-faults.ts';
import { OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';

const kSilenceMs = 30_000;
const kStream = `OBJ_${OBJECT_STORE_SIGNATURES}`;
const kPrefix = `$O.${OBJECT_STORE_SIGNATURES}`;

/** What the store says of an object. */
const objectSchema = z.object({
  nuid: z.string().regex(/^[A-Za-z0-9]{1,64}$/),
  size: z.int().min(0),
  chunks: z.int().min(0),
  digest: z.string().optional(),
  deleted: z.boolean().optional(),
});
type StoredObject = z.infer<typeof objectSchema>;

export async function* fetchBundle(
  connection: NatsConnection,
  digest: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: kSilenceMs });
    const found = await lookUp(manager, digest);
    if (found === undefined) throw new BundleRefused('BUNDLE_MISSING', digest);
    if (found.size > maxBytes) {
      throw new BundleRefused('BUNDLE_TOO_LARGE', `${found.size} bytes, at most ${maxBytes}`);
    }
    yield* pieces(manager, found);
  } catch (error) {
    if (error instanceof BundleRefused) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new BundleRefused('BUNDLE_FETCH', message, { cause: error });
  }
}

/** Undefined where there is no such object, or no store at all. */
async function lookUp({ direct }: JetStreamManager, digest: string) {
  const name = Buffer.from(digest).toString('base64url');
  const padded = name.padEnd(Math.ceil(name.length / 4) * 4, '=');
  try {
    const message = await direct.getMessage(kStream, { last_by_subj: `${kPrefix}.M.${padded}` });
    const found = message === null ? undefined : objectSchema.parse(message.json());
    return found?.deleted === true ? undefined : found;
  } catch (error) {
    if (isUnanswered(error)) throw new BundleRefused('BUNDLE_MISSING', `no ${kStream}`);
    throw error;
  }
}

/** Nobody serves that stream. */
function isUnanswered(error: unknown): boolean {
  if (error instanceof errors.NoRespondersError) return true;
  return error instanceof errors.RequestError && error.isNoResponders();
}

async function* pieces(
  { direct }: JetStreamManager,
  { nuid, size, chunks, digest }: StoredObject,
): AsyncGenerator<Uint8Array> {
  const sum = createHash('sha256');
  let taken = 0;
  let sequence = 1;
  for (let piece = 0; piece < chunks; piece += 1) {
    const query = { seq: sequence, next_by_subj: `${kPrefix}.C.${nuid}` };
    const message = await direct.getMessage(kStream, query);
    if (message === null) {
      throw new BundleRefused('BUNDLE_FETCH', `piece ${piece + 1} of ${chunks} is not there`);
    }
    sequence = message.seq + 1;
    taken += message.data.length;
    if (taken > size) break;
    sum.update(message.data);
    yield message.data;
  }
  const sums = digest === undefined ? '' : `SHA-256=${sum.digest('base64url')}`;
  if (taken !== size || sums !== (digest ?? '').replace(/=+$/, '')) {
    throw new BundleRefused('BUNDLE_FETCH', 'the pieces are not those of the object');
  }
}
