/**
 * Words the bundle's records are described in; one description writes, reads and documents a record.
 *
 * Invariants: read(write(value)) equals value; what is written depends on the value alone; nesting is
 * that of the description, so no reader needs recursion.
 */
import { BinaryReader, BinaryWriter } from './binary.ts';
import { BundleError } from './bundle-error.ts';

/** Values kept once and named by their place, in the order they came. */
export class Interner<K> {
  readonly #places = new Map<K, number>();
  readonly #values: K[] = [];

  place(value: K): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    this.#places.set(value, this.#values.length);
    this.#values.push(value);
    return this.#values.length - 1;
  }

  get values(): readonly K[] {
    return this.#values;
  }
}

export class RecordWriter extends BinaryWriter {
  /** Pool entries as Latin-1, one character a byte: strings are quick keys. */
  readonly pool: Interner<string>;
  readonly addressSets: Interner<object>;
  readonly portSets: Interner<object>;

  constructor(
    shared: Pick<RecordWriter, 'pool' | 'addressSets' | 'portSets'> = {
      pool: new Interner(),
      addressSets: new Interner(),
      portSets: new Interner(),
    },
  ) {
    super();
    this.pool = shared.pool;
    this.addressSets = shared.addressSets;
    this.portSets = shared.portSets;
  }
}

export interface Tables {
  readonly pool: readonly Uint8Array[];
  readonly addressSets: readonly object[];
  readonly portSets: readonly object[];
}

export class RecordReader extends BinaryReader {
  readonly tables: Tables;

  constructor(bytes: Uint8Array, tables: Tables) {
    super(bytes);
    this.tables = tables;
  }
}

export interface Codec<T> {
  /** As docs/bundle.md calls it. */
  readonly name: string;
  write(out: RecordWriter, value: T): void;
  read(from: RecordReader): T;
  /** Its fields, for the documentation; plain types have none. */
  readonly fields?: readonly (readonly [string, Codec<never>])[];
  readonly cases?: readonly (readonly [number, string, Codec<never>])[];
  readonly words?: readonly string[];
  readonly bits?: readonly string[];
  readonly inner?: Codec<never>;
}

function plain<T>(
  name: string,
  write: (out: RecordWriter, value: T) => void,
  read: (from: RecordReader) => T,
): Codec<T> {
  return { name, write, read };
}

export const u8 = plain<number>(
  'u8',
  (out, value) => out.u8(value),
  (from) => from.u8(),
);
export const u32 = plain<number>(
  'u32',
  (out, value) => out.u32(value),
  (from) => from.u32(),
);
export const varint = plain<number>(
  'varint',
  (out, v) => out.varint(v),
  (from) => from.varint(),
);
export const zigzag = plain<number>(
  'zigzag',
  (out, v) => out.zigzag(v),
  (from) => from.zigzag(),
);
export const bool = plain<boolean>(
  'bool',
  (out, v) => out.u8(v ? 1 : 0),
  (from) => from.u8() !== 0,
);

export function pooled(from: RecordReader): Uint8Array {
  const bytes = from.tables.pool[from.varint()];
  if (bytes === undefined) throw new BundleError('BUNDLE_CORRUPT', 'no such pool entry');
  return bytes;
}

export const text = plain<string>(
  'text',
  (out, value) => out.varint(out.pool.place(Buffer.from(value, 'utf8').toString('latin1'))),
  (from) => Buffer.from(pooled(from)).toString('utf8'),
);
export const bytes = plain<Uint8Array>(
  'bytes',
  (out, value) => out.varint(out.pool.place(Buffer.from(value).toString('latin1'))),
  pooled,
);

/** So many bytes, as text of a character a byte, in the record itself. */
export function octets(size: number): Codec<string> {
  return plain<string>(
    `${size} bytes`,
    (out, value) => out.raw(Buffer.from(value, 'latin1')),
    (from) => Buffer.from(from.raw(size)).toString('latin1'),
  );
}

/** Bytes that are at hand as text of a character a byte. */
export const latin1 = plain<string>(
  'bytes',
  (out, value) => out.varint(out.pool.place(value)),
  (from) => Buffer.from(pooled(from)).toString('latin1'),
);

export function list<T>(inner: Codec<T>): Codec<readonly T[]> {
  return {
    name: `list of ${inner.name}`,
    write(out, values) {
      out.varint(values.length);
      for (const value of values) inner.write(out, value);
    },
    read: (from) => Array.from({ length: from.count() }, () => inner.read(from)),
    inner: inner as Codec<never>,
  };
}

export function optional<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    name: `optional ${inner.name}`,
    write(out, value) {
      out.u8(value === undefined ? 0 : 1);
      if (value !== undefined) inner.write(out, value);
    },
    read: (from) => (from.u8() === 0 ? undefined : inner.read(from)),
    inner: inner as Codec<never>,
  };
}

export function pair<A, B>(
  name: string,
  first: Codec<A>,
  second: Codec<B>,
): Codec<readonly [A, B]> {
  return {
    name,
    write(out, [a, b]) {
      first.write(out, a);
      second.write(out, b);
    },
    read: (from) => [first.read(from), second.read(from)],
    fields: [
      ['first', first as Codec<never>],
      ['second', second as Codec<never>],
    ],
  };
}

/** One byte: the word's place. A word that is not listed cannot be written. */
export function word<T extends string>(name: string, words: readonly T[]): Codec<T> {
  return {
    name,
    words,
    write(out, value) {
      const at = words.indexOf(value);
      if (at === -1) throw new BundleError('BUNDLE_CORRUPT', `${name}: unknown word "${value}"`);
      out.u8(at);
    },
    read(from) {
      const value = words[from.u8()];
      if (value === undefined) throw new BundleError('BUNDLE_CORRUPT', `${name}: unknown word`);
      return value;
    },
  };
}

/** Booleans as bits of a varint, the first the lowest. */
export function flags<T extends object>(
  name: string,
  keys: readonly (keyof T & string)[],
): Codec<T> {
  return {
    name,
    bits: keys,
    write(out, value) {
      let bits = 0;
      for (const [at, key] of keys.entries()) bits += value[key] === true ? 2 ** at : 0;
      out.varint(bits);
    },
    read(from) {
      const bits = from.varint();
      const found = keys.map((key, at) => [key, Math.floor(bits / 2 ** at) % 2 === 1]);
      return Object.fromEntries(found) as T;
    },
  };
}

type FieldsOf<T> = { readonly [K in keyof T]-?: Codec<T[K]> };

export function struct<T extends object>(name: string, fields: FieldsOf<T>): Codec<T> {
  const entries = Object.entries(fields) as [keyof T & string, Codec<T[keyof T]>][];
  return {
    name,
    fields: entries as unknown as readonly (readonly [string, Codec<never>])[],
    write(out, value) {
      for (const [key, codec] of entries) codec.write(out, value[key]);
    },
    read(from) {
      const value: Record<string, unknown> = {};
      for (const [key, codec] of entries) value[key] = codec.read(from);
      return value as T;
    },
  };
}

type Tagged = { readonly type: string };
type CasesOf<T extends Tagged> = {
  readonly [K in T['type']]: readonly [number, FieldsOf<Omit<Extract<T, { type: K }>, 'type'>>];
};

/** One byte that says which, then that one's fields. */
export function choice<T extends Tagged>(name: string, cases: CasesOf<T>): Codec<T> {
  const rows = Object.entries(cases) as [string, [number, FieldsOf<object>]][];
  const known = rows.map(([type, [tag, fields]]) => ({ type, tag, codec: struct(type, fields) }));
  const byType = new Map(known.map((row) => [row.type, row]));
  const byTag = new Map(known.map((row) => [row.tag, row]));
  return {
    name,
    cases: known.map(({ tag, type, codec }) => [tag, type, codec as Codec<never>]),
    write(out, value) {
      const row = byType.get(value.type);
      if (row === undefined) throw new BundleError('BUNDLE_CORRUPT', `${name} "${value.type}"`);
      out.u8(row.tag);
      row.codec.write(out, value);
    },
    read(from) {
      const row = byTag.get(from.u8());
      if (row === undefined) throw new BundleError('BUNDLE_CORRUPT', `${name}: unknown kind`);
      return { type: row.type, ...row.codec.read(from) } as unknown as T;
    },
  };
}
