/** Sections of records found by their place: offsets of all records and of their end, then the records. */
import { BinaryReader, BinaryWriter } from './binary.ts';
import { BundleError } from './bundle-error.ts';
import type { OpenedBundle } from './container.ts';

/** All records as one section. */
export function indexed(records: readonly Uint8Array[]): Buffer {
  const out = new BinaryWriter();
  let offset = 0;
  for (const record of records) {
    out.u32(offset);
    offset += record.length;
  }
  out.u32(offset);
  for (const record of records) out.raw(record);
  return Buffer.from(out.bytes());
}

/** Records of an indexed section. */
export function recordsOf({ sections }: OpenedBundle, id: number): Buffer[] {
  const section = sections.get(id);
  if (section === undefined) throw new BundleError('BUNDLE_CORRUPT', `section ${id} is missing`);
  const { records, bytes } = section;
  const indexBytes = (records + 1) * 4;
  if (indexBytes > bytes.length) throw new BundleError('BUNDLE_CORRUPT', `index of section ${id}`);
  const index = new BinaryReader(bytes.subarray(0, indexBytes));
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + indexBytes, bytes.length - indexBytes);
  const found: Buffer[] = [];
  let start = index.u32();
  for (let i = 0; i < records; i += 1) {
    const end = index.u32();
    if (end < start || end > body.length) {
      throw new BundleError('BUNDLE_CORRUPT', `record ${i} of section ${id} lies outside`);
    }
    found.push(body.subarray(start, end));
    start = end;
  }
  return found;
}
