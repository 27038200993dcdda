/**
 * What a bundle's file says of itself: the digest of its content, and the signature behind it.
 *
 * Invariants: readBundleTail reads a few hundred bytes of a file of any size; that the digest fits the content is for
 * whoever reads the content (openBundle here, the engine when it loads). checkBundleFile reads all of it in pieces.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BundleError } from './bundle-error.ts';
import { DIGEST_BYTES, ENGINE_VERSION, FORMAT_VERSION, HEADER_BYTES, MAGIC } from './container.ts';
import { SIGNATURE_BLOCK_BYTES } from './signature.ts';

const VERSION_AT = 8;
const ENGINE_AT = 10;
const SIZE_AT = 16;

export interface BundleTail {
  readonly digest: Buffer;
  /** Empty where the bundle is not signed; longer than a signature where it is followed by junk. */
  readonly signature: Buffer;
  /** Of the file. */
  readonly sizeBytes: number;
  /** Of what the digest is of. */
  readonly contentBytes: number;
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

/** Throws BundleError unless the file is a whole bundle as it was written, for engines of this version. */
export async function checkBundleFile(path: string, maxBytes: number): Promise<void> {
  const { digest, sizeBytes, contentBytes } = await readBundleTail(path);
  if (sizeBytes > maxBytes) throw new BundleError('BUNDLE_TOO_LARGE', `${sizeBytes} bytes`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { end: contentBytes - 1 })) hash.update(chunk);
  if (!hash.digest().equals(digest)) throw new BundleError('BUNDLE_DIGEST');
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
  const engine = header.readUInt16LE(ENGINE_AT);
  if (engine > ENGINE_VERSION) {
    throw new BundleError('BUNDLE_ENGINE', `version ${engine}, this one is ${ENGINE_VERSION}`);
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
    contentBytes: at,
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
