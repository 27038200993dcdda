/**
 * The key that signs sensors' permissions: in a Secret, made by the first operator that finds none.
 *
 * Invariants: all replicas have the same key, because only one creation succeeds and the others read it;
 * NATS is told its public half (charts/netmoth) and believes nobody else.
 */
import { createAccount, fromSeed, type KeyPair } from '@nats-io/nkeys';
import type { ApiClient } from '../runtime/api-client.ts';
import { hasStatus } from '../runtime/api-error.ts';
import { type KubeObject, SECRETS } from '../runtime/resource.ts';

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface CalloutKeyOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly secret: string;
  readonly signal: AbortSignal;
}

export async function calloutKey(options: CalloutKeyOptions): Promise<KeyPair> {
  const { client, namespace, secret: name, signal } = options;
  const found = await client.get<Secret>(SECRETS, { namespace, name }, signal);
  if (found !== undefined) return keyOf(found);
  const pair = createAccount();
  const made = {
    metadata: { namespace, name, labels: { 'app.kubernetes.io/part-of': 'netmoth' } },
    stringData: {
      issuer: pair.getPublicKey(),
      seed: new TextDecoder().decode(pair.getSeed()),
    },
  };
  try {
    await client.create(SECRETS, made, signal);
    return pair;
  } catch (error) {
    // Another replica was first.
    if (!hasStatus(error, 409)) throw error;
    return calloutKey(options);
  }
}

function keyOf({ data = {} }: Secret): KeyPair {
  return fromSeed(
    Buffer.from(
      Buffer.from(data['seed'] ?? '', 'base64')
        .toString()
        .trim(),
    ),
  );
}
