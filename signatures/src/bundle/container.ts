/**
 * The file around a bundle's sections: header, section table, digest, signature.
 *
 * Source: docs/bundle.md. Invariants: nothing of the content depends on the machine or the time; the
 * digest covers every byte before it; a signature follows the digest and changes nothing before it.
 */
import { createHash } from 'node:crypto';
import { BinaryReader, BinaryWriter } from './binary.ts';
import { BundleError } from './bundle-error.ts';

export const MAGIC = Buffer.from('NMBUNDL\n', 'latin1');
export const FORMAT_VERSION = 1;
/** The least version of the matching engine that knows every record of this format. */
export const ENGINE_VERSION = 1;
export const HEADER_BYTES = 32;
export const SECTION_ENTRY_BYTES = 24;
export const DIGEST_BYTES = 32;
const ALIGNMENT = 8;
const MAX_SECTIONS = 64;

export interface Section {
  readonly id: number;
  readonly records: number;
  readonly bytes: Uint8Array;
}

/** The bundle without a signature. */
export function sealed(sections: readonly Section[]): Buffer {
  const out = new BinaryWriter();
  const tableEnd = HEADER_BYTES + sections.length * SECTION_ENTRY_BYTES;
  let offset = aligned(tableEnd);
  const places = sections.map(({ bytes }) => {
    const at = offset;
    offset = aligned(at + bytes.length);
    return at;
  });
  out.raw(MAGIC);
  out.u16(FORMAT_VERSION);
  out.u16(ENGINE_VERSION);
  out.u32(sections.length);
  out.u64(offset + DIGEST_BYTES);
  out.u64(0);
  for (const [i, { id, records, bytes }] of sections.entries()) {
    out.u32(id);
    out.u32(records);
    out.u64(places[i] ?? 0);
    out.u64(bytes.length);
  }
  out.align(ALIGNMENT);
  for (const { bytes } of sections) {
    out.raw(bytes);
    out.align(ALIGNMENT);
  }
  const digest = createHash('sha256').update(out.bytes()).digest();
  out.raw(digest);
  return Buffer.from(out.bytes());
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

export interface OpenedBundle {
  /** Names the bundle: sha256 of its content, the same with and without a signature. */
  readonly digest: Buffer;
  readonly sections: ReadonlyMap<number, Section>;
  /** What follows the digest; empty where the bundle is unsigned. */
  readonly signature: Buffer;
}

export function openBundle(file: Uint8Array, engineVersion = ENGINE_VERSION): OpenedBundle {
  const whole = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (!whole.subarray(0, MAGIC.length).equals(MAGIC)) throw new BundleError('BUNDLE_MAGIC');
  if (whole.length < HEADER_BYTES + DIGEST_BYTES) throw new BundleError('BUNDLE_TRUNCATED');
  const header = new BinaryReader(whole.subarray(MAGIC.length, HEADER_BYTES));
  const version = header.u16();
  if (version !== FORMAT_VERSION) {
    throw new BundleError('BUNDLE_VERSION', `version ${version}, not ${FORMAT_VERSION}`);
  }
  const engine = header.u16();
  if (engine > engineVersion) {
    throw new BundleError('BUNDLE_ENGINE', `version ${engine}, this one is ${engineVersion}`);
  }
  const count = header.u32();
  const size = header.u64();
  if (size > whole.length) throw new BundleError('BUNDLE_TRUNCATED', `${whole.length} of ${size}`);
  const end = size - DIGEST_BYTES;
  const tableEnd = HEADER_BYTES + count * SECTION_ENTRY_BYTES;
  if (count > MAX_SECTIONS || tableEnd > end) throw new BundleError('BUNDLE_CORRUPT', 'sections');
  const digest = whole.subarray(end, size);
  const found = createHash('sha256').update(whole.subarray(0, end)).digest();
  if (!found.equals(digest)) throw new BundleError('BUNDLE_DIGEST');
  const table = new BinaryReader(whole.subarray(HEADER_BYTES, tableEnd));
  const sections = new Map<number, Section>();
  for (let i = 0; i < count; i += 1) {
    const [id, records, offset, length] = [table.u32(), table.u32(), table.u64(), table.u64()];
    if (offset < tableEnd || offset + length > end) {
      throw new BundleError('BUNDLE_CORRUPT', `section ${id} lies outside`);
    }
    sections.set(id, { id, records, bytes: whole.subarray(offset, offset + length) });
  }
  return { digest, sections, signature: whole.subarray(size) };
}
