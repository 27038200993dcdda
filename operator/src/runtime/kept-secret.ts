/**
 * A Secret that the first operator makes and everybody keeps.
 *
 * Invariant: all replicas get the same one, because only one creation succeeds and the others read it.
 */
import type { ApiClient } from './api-client.ts';
import { hasStatus } from './api-error.ts';
import { type KubeObject, SECRETS } from './resource.ts';

export interface KeptSecretOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly secret: string;
  readonly signal: AbortSignal;
}

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Its texts by key; `make` gives those of a new one. */
export async function keptSecret(
  options: KeptSecretOptions,
  make: () => Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const { client, namespace, secret: name, signal } = options;
  const found = await client.get<Secret>(SECRETS, { namespace, name }, signal);
  if (found !== undefined) return textsOf(found);
  const made = {
    metadata: { namespace, name, labels: { 'app.kubernetes.io/part-of': 'netmoth' } },
    stringData: make(),
  };
  try {
    await client.create(SECRETS, made, signal);
    return made.stringData;
  } catch (error) {
    // Another replica was first.
    if (!hasStatus(error, 409)) throw error;
    return keptSecret(options, make);
  }
}

function textsOf({ data = {} }: Secret): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
  );
}
