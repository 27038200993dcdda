/**
 * Keeps an IdentityBook as the bucket netmoth-identity says.
 *
 * Invariants: without the bucket (no operator) it only looks for it now and then; after any fault the watch is made
 * anew and tells everything again, so what was missed is caught up with, and what the bucket has no more is
 * forgotten (it may be a new one); a value that is none is passed over.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type KvEntry, Kvm, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { holdersSchema, identityAddress } from '#contracts/identity.ts';
import { BUCKET_IDENTITY } from '#contracts/nats.ts';
import type { IdentityBook } from './identity-book.ts';

const kLookAgainMs = 10_000;

export interface IdentityWatchOptions {
  readonly connection: NatsConnection;
  readonly identities: IdentityBook;
  readonly log: Logger;
  readonly lookAgainMs?: number;
}

/** Runs until the signal; never rejects. */
export async function watchIdentities(
  { connection, identities, log, lookAgainMs = kLookAgainMs }: IdentityWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const manager = await jetstreamManager(connection, { checkAPI: false });
      await manager.streams.info(`KV_${BUCKET_IDENTITY}`);
      const bucket = await new Kvm(jetstream(connection)).open(BUCKET_IDENTITY);
      await follow(await bucket.watch(), identities, signal);
    } catch (err) {
      // Most managers run in no cluster: there is no such bucket, and that is no fault.
      log.debug({ err }, 'Identities are not to be had');
    }
    await sleep(lookAgainMs, undefined, { signal }).catch(() => undefined);
  }
}

async function follow(
  entries: AsyncIterable<KvWatchEntry> & { stop(): void },
  identities: IdentityBook,
  signal: AbortSignal,
): Promise<void> {
  const stop = (): void => entries.stop();
  signal.addEventListener('abort', stop, { once: true });
  identities.beginAnew();
  try {
    for await (const entry of entries) {
      // Of an empty bucket the first entry is news already.
      if (entry.isUpdate) identities.toldAll();
      take(identities, entry);
      if (entry.delta === 0) identities.toldAll();
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function take(identities: IdentityBook, entry: KvEntry): void {
  const address = identityAddress(entry.key);
  if (entry.operation !== 'PUT') {
    identities.forget(address);
    return;
  }
  let value: unknown;
  try {
    value = entry.json();
  } catch {
    return;
  }
  const holders = holdersSchema.safeParse(value);
  if (holders.success) identities.set(address, holders.data);
}
