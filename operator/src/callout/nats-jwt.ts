/**
 * JWTs as NATS writes them: EdDSA over nkeys, three base64url parts.
 *
 * Invariants: what is read is believed only where its signature is that of the key it names, and the
 * caller says which keys it believes. Source: NATS documentation, "JWT authentication" and "Auth callout"
 * (ADR-26); claims version 2.
 */
import { createHash } from 'node:crypto';
import { fromPublic, type KeyPair } from '@nats-io/nkeys';

const kHeader = { typ: 'JWT', alg: 'ed25519-nkey' };
const kBase32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Larger ones are nobody's. */
const kMaxBytes = 65_536;

export interface Claims {
  readonly aud?: string;
  readonly sub: string;
  readonly name?: string;
  /** Seconds since 1970. */
  readonly exp?: number;
  readonly nats: Readonly<Record<string, unknown>>;
}

export interface ReadClaims extends Claims {
  readonly iss: string;
}

/** Signed by that key. */
export function signedJwt(claims: Claims, key: KeyPair, now: Date): string {
  const iat = Math.floor(now.getTime() / 1_000);
  const unnamed = { ...claims, iat, iss: key.getPublicKey(), jti: '' };
  const jti = base32(createHash('sha256').update(JSON.stringify(unnamed)).digest());
  const body = `${encoded(kHeader)}.${encoded({ ...unnamed, jti })}`;
  const signature = Buffer.from(key.sign(Buffer.from(body))).toString('base64url');
  return `${body}.${signature}`;
}

/** Undefined where it is no JWT, or not signed by the key it names. */
export function readJwt(text: string): ReadClaims | undefined {
  const [header = '', payload = '', signature = ''] = text.split('.');
  if (text.length > kMaxBytes || signature === '') return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    if (!isClaims(claims)) return undefined;
    const signed = Buffer.from(`${header}.${payload}`);
    const fits = fromPublic(claims.iss).verify(signed, Buffer.from(signature, 'base64url'));
    return fits ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isClaims(value: unknown): value is ReadClaims {
  if (typeof value !== 'object' || value === null) return false;
  const { iss, sub, nats } = value as Record<string, unknown>;
  const named = typeof iss === 'string' && typeof sub === 'string';
  return named && typeof nats === 'object' && nats !== null;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** RFC 4648, without padding. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += kBase32[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + kBase32[(held << (5 - bits)) & 31];
}
