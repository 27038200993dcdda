/**
 * One batch as one file of the spool.
 *
 *     <seq>-<class>-<count>-<schema>-<bytes>-<msgId>.batch
 *     "NMB1" · crc32 (big endian) of the file's name and the body · body
 *
 * Invariant: the name alone rebuilds the index after a restart; a file that is cut off shows by its
 * size, one that is damaged by its checksum, and neither is ever published.
 */
import { open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type EventClass, eventClassSchema } from '#contracts/eve.ts';

const kMagic = Buffer.from('NMB1', 'latin1');
export const FILE_HEADER_BYTES = 8;
export const FILE_SUFFIX = '.batch';
/** What file systems commonly allocate in; a file counts as whole blocks against the spool's bound. */
const kBlockBytes = 4096;
const kSeqDigits = 12;
const kName =
  /^(\d{1,15})-([a-z]+)-(\d{1,9})-(\d{1,4})-(\d{1,9})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.batch$/;

export interface FileMeta {
  /** Order of arrival in this spool directory, across restarts. */
  readonly seq: number;
  readonly eventClass: EventClass;
  readonly count: number;
  readonly schema: number;
  readonly bodyBytes: number;
  readonly msgId: string;
}

export function fileName(meta: FileMeta): string {
  const seq = String(meta.seq).padStart(kSeqDigits, '0');
  return `${seq}-${meta.eventClass}-${meta.count}-${meta.schema}-${meta.bodyBytes}-${meta.msgId}${FILE_SUFFIX}`;
}

export function parseFileName(name: string): FileMeta | undefined {
  const parts = kName.exec(name);
  if (parts === null) return undefined;
  const eventClass = eventClassSchema.safeParse(parts[2]);
  if (!eventClass.success) return undefined;
  return {
    seq: Number(parts[1]),
    eventClass: eventClass.data,
    count: Number(parts[3]),
    schema: Number(parts[4]),
    bodyBytes: Number(parts[5]),
    msgId: parts[6] ?? '',
  };
}

/** What a batch of that body takes on disk, in whole blocks. */
export function diskBytes(bodyBytes: number): number {
  return Math.ceil((FILE_HEADER_BYTES + bodyBytes) / kBlockBytes) * kBlockBytes;
}

function checksum(name: string, body: Uint8Array): number {
  return crc32(body, crc32(name));
}

/** Writes the file anew; throws the system's error, also where the disk took only a part. */
export async function writeBatchFile(
  directory: string,
  meta: FileMeta,
  content: { readonly body: Uint8Array; readonly fsync: boolean },
): Promise<void> {
  const name = fileName(meta);
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  kMagic.copy(header);
  header.writeUInt32BE(checksum(name, content.body), 4);
  const file = await open(`${directory}/${name}`, 'w', 0o600);
  try {
    const { bytesWritten } = await file.writev([header, content.body]);
    if (bytesWritten !== FILE_HEADER_BYTES + content.body.length) {
      throw Object.assign(new Error('the disk took only a part of a batch'), { code: 'ENOSPC' });
    }
    if (content.fsync) await file.sync();
  } finally {
    await file.close();
  }
}

/** The body, or undefined where the file is not what was written. */
export async function readBatchFile(
  directory: string,
  meta: FileMeta,
): Promise<Uint8Array | undefined> {
  const name = fileName(meta);
  const bytes = await readFile(`${directory}/${name}`);
  if (bytes.length !== FILE_HEADER_BYTES + meta.bodyBytes) return undefined;
  if (!bytes.subarray(0, kMagic.length).equals(kMagic)) return undefined;
  const body = bytes.subarray(FILE_HEADER_BYTES);
  return bytes.readUInt32BE(4) === checksum(name, body) ? body : undefined;
}
