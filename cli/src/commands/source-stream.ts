/** A rule or list file as a stream of its content, unpacked where it is gzip; memory does not grow with it. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { NetmothError } from '#contracts/errors.ts';

export async function plainStream(path: string): Promise<Readable> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  await file.close();
  const packed = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  const raw = createReadStream(path);
  if (!packed) return raw;
  const unpacked = createGunzip();
  raw.on('error', (error) => unpacked.destroy(error));
  return raw.pipe(unpacked);
}

export function unreadable(path: string, cause: unknown): NetmothError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NetmothError('NM_NOT_FOUND', `rule file ${path} cannot be read: ${reason}`, { cause });
}
