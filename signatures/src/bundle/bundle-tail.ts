/**
 * What a bundle's file says of itself: the digest of its content, and the signature behind it.
 *
 * Invariant: reads a few hundred bytes of a file of any size. That the digest fits the content is for whoever
 * reads the content (openBundle here, the engine when it loads).
 */
import { type FileHandle, open } from 'node:fs/promises';
import { BundleError } from './bundle-error.ts';
import { DIGEST_BYTES, FORMAT_VERSION, HEADER_BYTES, MAGIC } from './container.ts';
import { SIGNATURE_BLOCK_BYTES } from './signature.ts';

const VERSION_AT = 8;
const SIZE_AT = 16;

export interface BundleTail {
  readonly digest: Buffer;
  /** Empty where the bundle is not signed; longer than a signature where it is followed by junk. */
  readonly signature: Buffer;
  readonly sizeBytes: number;
}

export async function readBundleTail(path: string): Promise<BundleTail> {
  const file = await open(path).catch((error: unknown) => {
    throw new BundleError('BUNDLE_UNREADABLE', textOf(error));
  });
  try {
    return await tailOf(file);
  } finally {
    await file.close();
  }
}

async function tailOf(file: FileHandle): Promise<BundleTail> {
  const { size: sizeBytes } = await file.stat();
  const header = await bytesAt(file, 0, HEADER_BYTES);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) throw new BundleError('BUNDLE_MAGIC');
  if (header.length < HEADER_BYTES) throw new BundleError('BUNDLE_TRUNCATED');
  const version = header.readUInt16LE(VERSION_AT);
  if (version !== FORMAT_VERSION) {
    throw new BundleError('BUNDLE_VERSION', `version ${version}, not ${FORMAT_VERSION}`);
  }
  const content = header.readBigUInt64LE(SIZE_AT);
  if (content > BigInt(sizeBytes)) {
    throw new BundleError('BUNDLE_TRUNCATED', `${sizeBytes} of ${content}`);
  }
  if (content < BigInt(HEADER_BYTES + DIGEST_BYTES)) {
    throw new BundleError('BUNDLE_CORRUPT', 'sections');
  }
  const at = Number(content) - DIGEST_BYTES;
  const tail = await bytesAt(file, at, DIGEST_BYTES + SIGNATURE_BLOCK_BYTES + 1);
  return {
    digest: tail.subarray(0, DIGEST_BYTES),
    signature: tail.subarray(DIGEST_BYTES),
    sizeBytes,
  };
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
