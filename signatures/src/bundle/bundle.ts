/**
 * A compiled set as bytes, and back.
 *
 * Source: docs/bundle.md. Invariants: encode is a function of its argument alone (the same set gives
 * the same bytes on every machine); decode(encode(set)) equals set; decode takes any bytes and throws
 * BundleError alone.
 */
import type { AddressTable } from '../addresses/address-table.ts';
import type { PrefilterGroup } from '../compile/groups.ts';
import type { ThresholdEntry } from '../compile/threshold-config.ts';
import type { Dataset } from '../datasets/read-dataset.ts';
import type { Indicators } from '../lists/indicators.ts';
import type { AddressSet, Range, RuleModel } from '../model/rule-model.ts';
import { BinaryReader, BinaryWriter } from './binary.ts';
import { BundleError } from './bundle-error.ts';
import { type Codec, Interner, RecordReader, RecordWriter, type Tables } from './codec.ts';
import { type OpenedBundle, openBundle, type Section, sealed } from './container.ts';
import { addressTable, dataset, group, thresholdEntry } from './group-codec.ts';
import { indexed, recordsOf } from './indexed.ts';
import { listSections, readListSections } from './list-sections.ts';
import { rule } from './rule-codec.ts';

export { FORMAT_VERSION as FORMAT } from './container.ts';

export const SECTIONS = {
  manifest: 1,
  pool: 2,
  addressSets: 3,
  portSets: 4,
  rules: 5,
  groups: 6,
  thresholds: 7,
  ruleTexts: 9,
  datasets: 10,
  addresses: 11,
} as const;

export interface BundleContent {
  /** JSON; what people and tools read without decoding the rest. */
  readonly manifest: object;
  /** In alert order. */
  readonly rules: readonly RuleModel[];
  /** Of the rules, in their order; none where alerts need not show them. */
  readonly texts: readonly string[];
  readonly groups: readonly PrefilterGroup[];
  readonly thresholds: readonly ThresholdEntry[];
  readonly indicators: Indicators;
  /** What matchers of rules look values up in. */
  readonly datasets: readonly Dataset[];
  /** What iprep and geoip of rules ask for. */
  readonly addresses: readonly AddressTable[];
}

export function encodeBundle(content: BundleContent): Buffer {
  const shared = {
    pool: new Interner<string>(),
    addressSets: new Interner<object>(),
    portSets: new Interner<object>(),
  };
  const rules = recordSection(SECTIONS.rules, rule, content.rules, shared);
  const groups = recordSection(SECTIONS.groups, group, content.groups, shared);
  const thresholds = recordSection(SECTIONS.thresholds, thresholdEntry, content.thresholds, shared);
  const lists = listSections(content.indicators, shared);
  const optional = <T>(id: number, codec: Codec<T>, values: readonly T[]) =>
    values.length === 0 ? [] : [recordSection(id, codec, values, shared)];
  const datasets = optional(SECTIONS.datasets, dataset, content.datasets);
  const addresses = optional(SECTIONS.addresses, addressTable, content.addresses);
  const manifest = Buffer.from(JSON.stringify(content.manifest), 'utf8');
  const pool = shared.pool.values.map((entry) => Buffer.from(entry, 'latin1'));
  return sealed([
    { id: SECTIONS.manifest, records: 1, bytes: manifest },
    { id: SECTIONS.pool, records: pool.length, bytes: indexed(pool) },
    setSection(SECTIONS.addressSets, shared.addressSets.values as AddressSet[], addressBytes),
    setSection(SECTIONS.portSets, shared.portSets.values as Range[][], portBytes),
    rules,
    groups,
    thresholds,
    ...lists,
    ...textSection(content.texts),
    ...datasets,
    ...addresses,
  ]);
}

function textSection(texts: readonly string[]): Section[] {
  if (texts.length === 0) return [];
  const bytes = indexed(texts.map((text) => Buffer.from(text, 'utf8')));
  return [{ id: SECTIONS.ruleTexts, records: texts.length, bytes }];
}

function recordSection<T>(
  id: number,
  codec: Codec<T>,
  values: readonly T[],
  shared: ConstructorParameters<typeof RecordWriter>[0],
): Section {
  const records = values.map((value) => {
    const out = new RecordWriter(shared);
    codec.write(out, value);
    return out.bytes();
  });
  return { id, records: values.length, bytes: indexed(records) };
}

function setSection<T>(
  id: number,
  sets: readonly T[],
  write: (out: BinaryWriter, set: T) => void,
): Section {
  const records = sets.map((set) => {
    const out = new BinaryWriter();
    write(out, set);
    return out.bytes();
  });
  return { id, records: sets.length, bytes: indexed(records) };
}

function addressBytes(out: BinaryWriter, { v4, v6 }: AddressSet): void {
  out.varint(v4.length);
  for (const { low, high } of v4) {
    out.u32(low);
    out.u32(high);
  }
  out.varint(v6.length);
  for (const { low, high } of v6) {
    out.raw(low);
    out.raw(high);
  }
}

function portBytes(out: BinaryWriter, ranges: readonly Range[]): void {
  out.varint(ranges.length);
  for (const { low, high } of ranges) {
    out.u16(low);
    out.u16(high);
  }
}

export interface DecodedBundle extends BundleContent {
  readonly digest: string;
  readonly signed: boolean;
}

export function decodeBundle(file: Uint8Array): DecodedBundle {
  const opened = openBundle(file);
  const tables: Tables = {
    pool: recordsOf(opened, SECTIONS.pool),
    addressSets: recordsOf(opened, SECTIONS.addressSets).map(addressSetOf),
    portSets: recordsOf(opened, SECTIONS.portSets).map(portSetOf),
  };
  return {
    digest: opened.digest.toString('hex'),
    signed: opened.signature.length > 0,
    manifest: manifestOf(opened),
    rules: decoded(opened, SECTIONS.rules, rule, tables),
    texts: opened.sections.has(SECTIONS.ruleTexts)
      ? recordsOf(opened, SECTIONS.ruleTexts).map((text) => text.toString('utf8'))
      : [],
    groups: decoded(opened, SECTIONS.groups, group, tables),
    thresholds: decoded(opened, SECTIONS.thresholds, thresholdEntry, tables),
    indicators: readListSections(opened, tables),
    datasets: optionally(opened, SECTIONS.datasets, dataset, tables),
    addresses: optionally(opened, SECTIONS.addresses, addressTable, tables),
  };
}

function optionally<T>(opened: OpenedBundle, id: number, codec: Codec<T>, tables: Tables): T[] {
  return opened.sections.has(id) ? decoded(opened, id, codec, tables) : [];
}

function decoded<T>(opened: OpenedBundle, id: number, codec: Codec<T>, tables: Tables): T[] {
  return recordsOf(opened, id).map((record) => {
    const from = new RecordReader(record, tables);
    const value = codec.read(from);
    if (from.left > 0)
      throw new BundleError('BUNDLE_CORRUPT', `${codec.name}: bytes are left over`);
    return value;
  });
}

function addressSetOf(record: Uint8Array): AddressSet {
  const from = new BinaryReader(record);
  const v4 = Array.from({ length: from.count() }, () => ({ low: from.u32(), high: from.u32() }));
  const v6 = Array.from({ length: from.count() }, () => ({
    low: Uint8Array.from(from.raw(16)),
    high: Uint8Array.from(from.raw(16)),
  }));
  return { v4, v6 };
}

function portSetOf(record: Uint8Array): Range[] {
  const from = new BinaryReader(record);
  return Array.from({ length: from.count() }, () => ({ low: from.u16(), high: from.u16() }));
}

function manifestOf({ sections }: OpenedBundle): object {
  const text = Buffer.from(sections.get(SECTIONS.manifest)?.bytes ?? []).toString('utf8');
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Said below, as every other fault of a bundle is.
  }
  throw new BundleError('BUNDLE_CORRUPT', 'the manifest is no JSON object');
}
