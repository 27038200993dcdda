/**
 * The key that bundles are signed with: in a Secret, made by the first operator that finds none.
 *
 * Invariants: all replicas have the same key, because only one creation succeeds and the others read it; what
 * stands in the Secret is used as it is or not at all. Sensors trust the public half and every other key of
 * `public.pem`, so that a key can be replaced without a moment in which neither is trusted.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { NetmothError } from '#contracts/errors.ts';
import { keyId } from '#signatures/bundle/signature.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { hasStatus } from '../runtime/api-error.ts';
import { type KubeObject, SECRETS } from '../runtime/resource.ts';

const kPrivate = 'private.pem';
const kPublic = 'public.pem';
/** Of a key, enough to tell it from others: eight octets as hexadecimal digits. */
const kIdDigits = 16;
const kMaxTrusted = 8;
const kPublicPem = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

export interface TrustedKey {
  readonly id: string;
  readonly pem: string;
}

export interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  /** Its own first. */
  readonly trusted: readonly TrustedKey[];
}

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface SigningKeyOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly secret: string;
  readonly signal: AbortSignal;
}

/** Throws NM_CONFIG_INVALID where the Secret has no key that can sign. */
export async function signingKey(options: SigningKeyOptions): Promise<SigningKey> {
  const { client, namespace, secret: name, signal } = options;
  const found = await client.get<Secret>(SECRETS, { namespace, name }, signal);
  if (found !== undefined) return keyOf(found);
  const pair = generateKeyPairSync('ed25519');
  const made = {
    metadata: { namespace, name, labels: { 'app.kubernetes.io/part-of': 'netmoth' } },
    stringData: {
      [kPrivate]: String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })),
      [kPublic]: pemOf(pair.publicKey),
    },
  };
  try {
    await client.create(SECRETS, made, signal);
    return signingKeyOf(made.stringData[kPrivate] ?? '', made.stringData[kPublic] ?? '');
  } catch (error) {
    // Another replica was first.
    if (!hasStatus(error, 409)) throw error;
    return signingKey(options);
  }
}

function keyOf({ metadata, data = {} }: Secret): SigningKey {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  try {
    return signingKeyOf(text(kPrivate), text(kPublic));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const words = `Secret ${metadata.name}: ${kPrivate} and ${kPublic} must be Ed25519 keys in PEM: ${reason}`;
    throw new NetmothError('NM_CONFIG_INVALID', words, { cause });
  }
}

/** Public keys beside its own may stand in `publicPem`. */
export function signingKeyOf(privatePem: string, publicPem: string): SigningKey {
  const privateKey = createPrivateKey(privatePem);
  const own = createPublicKey(privateKey);
  const others = (publicPem.match(kPublicPem) ?? []).map((pem) => createPublicKey(pem));
  const trusted = new Map<string, string>();
  for (const key of [own, ...others]) {
    if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`one is ${key.asymmetricKeyType}`);
    trusted.set(idOf(key), pemOf(key));
  }
  if (trusted.size > kMaxTrusted) throw new RangeError(`more than ${kMaxTrusted} keys`);
  return { id: idOf(own), privateKey, trusted: [...trusted].map(([id, pem]) => ({ id, pem })) };
}

function idOf(key: KeyObject): string {
  return keyId(key).toString('hex').slice(0, kIdDigits);
}

function pemOf(key: KeyObject): string {
  return String(key.export({ type: 'spki', format: 'pem' }));
}
