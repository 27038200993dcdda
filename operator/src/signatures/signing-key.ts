/**
 * The key that bundles are signed with: in a Secret, made by the first operator that finds none.
 *
 * Invariants: what stands in the Secret is used as it is or not at all. Sensors trust the public half and every
 * other key of `public.pem`, so that a key can be replaced without a moment in which neither is trusted.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { NetmothError } from '#contracts/errors.ts';
import { keyId } from '#signatures/bundle/signature.ts';
import { type KeptSecretOptions, keptSecret } from '../runtime/kept-secret.ts';

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

/** Throws NM_CONFIG_INVALID where the Secret has no key that can sign. */
export async function signingKey(options: KeptSecretOptions): Promise<SigningKey> {
  const texts = await keptSecret(options, () => {
    const pair = generateKeyPairSync('ed25519');
    return {
      [kPrivate]: String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })),
      [kPublic]: pemOf(pair.publicKey),
    };
  });
  try {
    return signingKeyOf(texts[kPrivate] ?? '', texts[kPublic] ?? '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const words = `Secret ${options.secret}: ${kPrivate} and ${kPublic} must be Ed25519 keys in PEM: ${reason}`;
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
