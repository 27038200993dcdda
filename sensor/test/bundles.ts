// Bundles made by the compiler, and an object store to publish them in. Invariant: nothing stands in for a
// part: compiler, store and server are the real ones.
import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import {
  bundleDigestOf,
  OBJECT_STORE_SIGNATURES,
  publishBundle,
  signatureStoreOptions,
} from '#contracts/signature-store.ts';
import { loadRules } from '#signatures/check-rules.ts';
import { compile } from '#signatures/compile/compile.ts';

export interface MadeBundle {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** A rule on every datagram, with that sid. */
export function bundleOf(sid: number): MadeBundle {
  const text = `alert udp any any -> any any (msg:"rule ${sid}"; dsize:>0; sid:${sid};)`;
  const loaded = loadRules([{ name: 'test.rules', text }]);
  const { bytes, digest } = compile({ sources: [], variables: {}, loaded, thresholds: [] });
  return { bytes, digest: bundleDigestOf(digest) };
}

/** Under the digest, whatever the bytes are. */
export async function publish(
  url: string,
  { digest, bytes }: { readonly digest: string; readonly bytes: Uint8Array },
  login: { readonly user?: string; readonly pass?: string } = {},
): Promise<void> {
  const connection = await connect({ servers: url, ...login });
  try {
    const store = await new Objm(connection).create(OBJECT_STORE_SIGNATURES, {
      ...signatureStoreOptions({ replicas: 1 }),
    });
    await publishBundle(store, digest, bytes);
  } finally {
    await connection.close();
  }
}
