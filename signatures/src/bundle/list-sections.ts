/**
 * Indicators in a bundle: one section per kind, rows sorted by key, and one for what is known of them.
 *
 * Source: docs/bundle.md. Invariants: keys are sorted by their bytes and stand once a kind, so a look-up
 * is one binary search (or one insertion each into a hash table); a row's meta exists.
 */
import type { Indicators, IndicatorTable } from '../lists/indicators.ts';
import { KINDS } from '../lists/kinds.ts';
import type { IndicatorMeta } from '../lists/meta-chains.ts';
import { BinaryReader } from './binary.ts';
import { BundleError } from './bundle-error.ts';
import { RecordReader, RecordWriter, struct, type Tables, text, u8, u32, varint } from './codec.ts';
import type { OpenedBundle, Section } from './container.ts';
import { indexed, recordsOf } from './indexed.ts';

export const METAS_SECTION = 8;

export const indicatorMeta = struct<IndicatorMeta>('indicator meta', {
  sid: u32,
  list: text,
  source: text,
  category: text,
  confidence: u8,
  severity: u8,
  expires: varint,
  otherwise: varint,
});

type SharedTables = ConstructorParameters<typeof RecordWriter>[0];

export function listSections({ metas, tables }: Indicators, shared: SharedTables): Section[] {
  const records = metas.map((meta) => {
    const out = new RecordWriter(shared);
    indicatorMeta.write(out, meta);
    return out.bytes();
  });
  return [
    { id: METAS_SECTION, records: metas.length, bytes: indexed(records) },
    ...tables.map(tableSection),
  ];
}

function tableSection({ kind, keys, metas }: IndicatorTable): Section {
  const { section: id, width } = KINDS[kind];
  const bytes = width > 0 ? fixedRows(keys, metas, width) : textRows(keys, metas);
  return { id, records: keys.length, bytes };
}

function fixedRows(keys: readonly string[], metas: readonly number[], width: number): Buffer {
  const octets = Buffer.from(keys.join(''), 'latin1');
  const bytes = Buffer.alloc(keys.length * (width + 4));
  let at = 0;
  for (let i = 0; i < keys.length; i += 1) {
    for (let k = 0; k < width; k += 1) bytes[at + k] = octets[i * width + k] ?? 0;
    bytes.writeUInt32LE(metas[i] ?? 0, at + width);
    at += width + 4;
  }
  return bytes;
}

function textRows(keys: readonly string[], metas: readonly number[]): Buffer {
  const index = Buffer.alloc(keys.length * 8 + 4);
  let offset = 0;
  for (let i = 0; i < keys.length; i += 1) {
    index.writeUInt32LE(metas[i] ?? 0, i * 4);
    index.writeUInt32LE(offset, (keys.length + i) * 4);
    offset += keys[i]?.length ?? 0;
  }
  index.writeUInt32LE(offset, keys.length * 8);
  return Buffer.concat([index, Buffer.from(keys.join(''), 'latin1')]);
}

export function readListSections(opened: OpenedBundle, tables: Tables): Indicators {
  const metas = recordsOf(opened, METAS_SECTION).map((record) =>
    indicatorMeta.read(new RecordReader(record, tables)),
  );
  const found: IndicatorTable[] = [];
  for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
    const { section: id, width } = KINDS[kind];
    const section = opened.sections.get(id);
    if (section === undefined) continue;
    const table = width > 0 ? fixedTable(section, width) : textTable(section);
    if (table.metas.some((meta) => meta >= metas.length)) {
      throw new BundleError('BUNDLE_CORRUPT', `${kind}: a row without meta`);
    }
    found.push({ kind, ...table });
  }
  return { metas, tables: found };
}

type Rows = Pick<IndicatorTable, 'keys' | 'metas'>;

function fixedTable({ records, bytes }: Section, width: number): Rows {
  if (bytes.length !== records * (width + 4)) throw new BundleError('BUNDLE_CORRUPT', 'rows');
  const from = new BinaryReader(bytes);
  const keys: string[] = [];
  const metas: number[] = [];
  for (let i = 0; i < records; i += 1) {
    keys.push(from.raw(width).toString('latin1'));
    metas.push(from.u32());
  }
  return { keys, metas };
}

function textTable({ records, bytes }: Section): Rows {
  if (bytes.length < records * 8 + 4) throw new BundleError('BUNDLE_CORRUPT', 'rows');
  const from = new BinaryReader(bytes);
  const metas = Array.from({ length: records }, () => from.u32());
  const offsets = Array.from({ length: records + 1 }, () => from.u32());
  const keys: string[] = [];
  for (let i = 0; i < records; i += 1) {
    keys.push(from.raw((offsets[i + 1] ?? 0) - (offsets[i] ?? 0)).toString('latin1'));
  }
  return { keys, metas };
}
