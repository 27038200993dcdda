/**
 * The Ed25519 signature behind a bundle (RFC 8032), over its digest.
 *
 * Invariant: what is signed begins with a name of its own, so that no signature of another protocol
 * fits; an unsigned, wrongly signed or foreign bundle is refused by three different codes.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { BundleError } from './bundle-error.ts';
import { DIGEST_BYTES, openBundle } from './container.ts';

const MAGIC = Buffer.from('NMSIGN1\n', 'latin1');
const CONTEXT = Buffer.from('netmoth bundle v1\0', 'latin1');
const KEY_ID_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** What follows the digest of a signed bundle. */
export const SIGNATURE_BLOCK_BYTES = MAGIC.length + KEY_ID_BYTES + SIGNATURE_BYTES;

/** The bundle with a signature behind it; an earlier one is replaced. */
export function signed(bundle: Uint8Array, privateKey: KeyObject): Buffer {
  const { digest, signature } = openBundle(bundle);
  const content = Buffer.from(bundle).subarray(0, bundle.length - signature.length);
  const made = sign(null, Buffer.concat([CONTEXT, digest]), privateKey);
  return Buffer.concat([content, MAGIC, keyId(createPublicKey(privateKey)), made]);
}

/** Throws BundleError unless one of the keys signed the bundle. */
export function verifySignature(bundle: Uint8Array, trusted: readonly KeyObject[]): void {
  verifySignedDigest(openBundle(bundle), trusted);
}

/** The same for what stands behind a content whose digest somebody else checks. */
export function verifySignedDigest(
  { digest, signature }: { readonly digest: Buffer; readonly signature: Buffer },
  trusted: readonly KeyObject[],
): void {
  if (signature.length === 0) throw new BundleError('BUNDLE_UNSIGNED');
  if (
    signature.length !== SIGNATURE_BLOCK_BYTES ||
    !signature.subarray(0, MAGIC.length).equals(MAGIC)
  ) {
    throw new BundleError('BUNDLE_SIGNATURE', 'what follows the digest is no signature');
  }
  const id = signature.subarray(MAGIC.length, MAGIC.length + KEY_ID_BYTES);
  const key = trusted.find((one) => keyId(one).equals(id));
  if (key === undefined) {
    throw new BundleError('BUNDLE_KEY', `key ${id.toString('hex').slice(0, 16)} is not trusted`);
  }
  const given = signature.subarray(MAGIC.length + KEY_ID_BYTES);
  if (!verify(null, Buffer.concat([CONTEXT, digest.subarray(0, DIGEST_BYTES)]), key, given)) {
    throw new BundleError('BUNDLE_SIGNATURE');
  }
}

/** sha256 of the 32 bytes of a public key. */
export function keyId(publicKey: KeyObject): Buffer {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return createHash('sha256').update(Buffer.from(x, 'base64url')).digest();
}
