/**
 * The key that signs sensors' permissions: in a Secret, made by the first operator that finds none.
 *
 * Invariant: NATS is told its public half (charts/netmoth) and believes nobody else.
 */
import { createAccount, fromSeed, type KeyPair } from '@nats-io/nkeys';
import { type KeptSecretOptions, keptSecret } from '../runtime/kept-secret.ts';

export async function calloutKey(options: KeptSecretOptions): Promise<KeyPair> {
  const { seed = '' } = await keptSecret(options, () => {
    const pair = createAccount();
    return { issuer: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
  });
  return fromSeed(Buffer.from(seed.trim()));
}
