/**
 * Who made a source: detached Ed25519 signatures over its bytes as they come (RFC 8032), in base 64 or raw.
 *
 * Invariant: where a set names a key, nothing of its source is taken that this key did not sign; a missing
 * signature, a wrong one and a key that is none are told apart.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { SignatureSetSpec } from '#crds/signature-set.ts';
import { SourceFault } from './source-fault.ts';

/** Behind a URL's path, or a ConfigMap's key. */
export const SIGNATURE_SUFFIX = '.sig';
/** Of a layer of an OCI artifact: the signature over the layer. */
export const SIGNATURE_ANNOTATION = 'io.netmoth.signature';
const kSignatureBytes = 64;

export interface SourceVerifier {
  /** Throws SourceFault unless the key signed `bytes`. */
  demand(bytes: Uint8Array, signature: Uint8Array | undefined, where: string): void;
}

/** Undefined where the set demands no signature. */
export function sourceVerifier({ verification }: SignatureSetSpec): SourceVerifier | undefined {
  if (verification === undefined) return undefined;
  const key = keyOf(verification.publicKey);
  return {
    demand(bytes, signature, where) {
      if (signature === undefined) {
        throw new SourceFault('WrongSignature', `${where} has no signature`);
      }
      const raw = rawOf(signature);
      if (raw !== undefined && verify(null, bytes, key, raw)) return;
      throw new SourceFault(
        'WrongSignature',
        `${where} is not signed by the key of spec.verification`,
      );
    },
  };
}

function keyOf(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below, without what stands in it.
  }
  const words = 'spec.verification.publicKey is no Ed25519 public key in PEM';
  throw new SourceFault('WrongSignature', words);
}

function rawOf(signature: Uint8Array): Uint8Array | undefined {
  if (signature.length === kSignatureBytes) return signature;
  const raw = Buffer.from(Buffer.from(signature).toString('latin1').trim(), 'base64');
  return raw.length === kSignatureBytes ? raw : undefined;
}
