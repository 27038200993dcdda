/**
 * Fetches a bundle from the object store of the bus.
 *
 * Invariant: at most `maxBytes` are taken, whatever the store says; a store that falls silent is given up
 * after kSilenceMs. Every failure is a BundleRefused: missing, too large, or not fetched (to be tried again).
 */
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { BundleRefused } from '#contracts/bundle-faults.ts';
import { OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';

const kSilenceMs = 30_000;

export async function* fetchBundle(
  connection: NatsConnection,
  digest: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  try {
    const found = await lookUp(connection, digest);
    if (found === null) throw new BundleRefused('BUNDLE_MISSING', digest);
    found.error.catch(() => undefined); // the same error comes out of `data`
    if (found.info.size > maxBytes) {
      await found.data.cancel();
      throw new BundleRefused('BUNDLE_TOO_LARGE', `${found.info.size} bytes, at most ${maxBytes}`);
    }
    yield* bounded(found.data, maxBytes);
  } catch (error) {
    if (error instanceof BundleRefused) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new BundleRefused('BUNDLE_FETCH', message, { cause: error });
  }
}

async function lookUp(connection: NatsConnection, digest: string) {
  // Most sensors of one machine never fetch: the client is loaded by those that do.
  const { Objm } = await import('@nats-io/obj');
  const store = await new Objm(jetstream(connection, { checkAPI: false }))
    .open(OBJECT_STORE_SIGNATURES)
    .catch((error: unknown) => {
      const text = error instanceof Error ? error.message : '';
      if (/not found/.test(text))
        throw new BundleRefused('BUNDLE_MISSING', `no ${OBJECT_STORE_SIGNATURES}`);
      throw error;
    });
  return store.get(digest);
}

async function* bounded(
  data: ReadableStream<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const reader = data.getReader();
  let taken = 0;
  try {
    for (;;) {
      const { done, value } = await soon(reader.read());
      if (done) return;
      taken += value.length;
      if (taken > maxBytes) throw new BundleRefused('BUNDLE_TOO_LARGE', `over ${maxBytes} bytes`);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function soon<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`nothing came for ${kSilenceMs / 1_000} s`)),
    kSilenceMs,
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
