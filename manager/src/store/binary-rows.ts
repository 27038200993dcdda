/**
 * Writes rows in PostgreSQL's binary COPY format (documentation, "COPY", "Binary Format") into one growing
 * buffer. A field is its length as int32 and its bytes in the type's send format; -1 is NULL.
 *
 * Invariants: what is written is valid for the server whatever the strings hold (NUL, which PostgreSQL
 * refuses, and lone surrogates become U+FFFD); a row begun can be taken back whole.
 */

/** Microseconds since 1970 as two numbers, because their product leaves 2^53 after the year 2255. */
export interface Instant {
  readonly seconds: number;
  readonly micros: number;
}

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
/** 2000-01-01, PostgreSQL's epoch, in seconds since 1970. */
export const PG_EPOCH_SECONDS = 946_684_800;
const kTwo32 = 2 ** 32;
const kShortText = 48;
const kTextOid = 25;

export class BinaryRows {
  #buffer: Buffer;
  #view: DataView;
  #position = 0;
  #rowStart = 0;
  #rows = 0;

  constructor(initialBytes = 16 * 1024) {
    this.#buffer = Buffer.allocUnsafeSlow(initialBytes);
    this.#view = new DataView(this.#buffer.buffer);
  }

  get rows(): number {
    return this.#rows;
  }

  /** The rows alone, valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#position);
  }

  clear(): void {
    this.#position = 0;
    this.#rows = 0;
  }

  beginRow(fields: number): void {
    this.#reserve(2);
    this.#rowStart = this.#position;
    this.#view.setInt16(this.#position, fields);
    this.#position += 2;
    this.#rows += 1;
  }

  /** Takes back the row begun last. */
  undoRow(): void {
    this.#position = this.#rowStart;
    this.#rows -= 1;
  }

  null(): void {
    this.#reserve(4);
    this.#view.setInt32(this.#position, -1);
    this.#position += 4;
  }

  /** A field encoded before, its length included (see encodeField). */
  encoded(field: Uint8Array): void {
    const { length } = field;
    this.#reserve(length);
    const buffer = this.#buffer;
    let position = this.#position;
    for (let at = 0; at < length; at++) buffer[position++] = field[at] as number;
    this.#position = position;
  }

  bool(value: boolean): void {
    this.#reserve(5);
    this.#view.setInt32(this.#position, 1);
    this.#buffer[this.#position + 4] = value ? 1 : 0;
    this.#position += 5;
  }

  int4(value: number): void {
    this.#reserve(8);
    this.#view.setInt32(this.#position, 4);
    this.#view.setInt32(this.#position + 4, value);
    this.#position += 8;
  }

  /** An integer of at most 2^53. */
  int8(value: number): void {
    const high = Math.floor(value / kTwo32);
    this.int8Parts(high, value - high * kTwo32);
  }

  /** high * 2^32 + low, for integers that leave 2^53. */
  int8Parts(high: number, low: number): void {
    this.#reserve(12);
    this.#view.setInt32(this.#position, 8);
    this.#view.setInt32(this.#position + 4, high);
    this.#view.setUint32(this.#position + 8, low);
    this.#position += 12;
  }

  timestamptz(time: Instant): void {
    const seconds = time.seconds - PG_EPOCH_SECONDS;
    if (Math.abs(seconds) < 9e9) {
      this.int8(seconds * 1e6 + time.micros);
      return;
    }
    const micros = BigInt(seconds) * 1_000_000n + BigInt(time.micros);
    this.int8Parts(Number(micros >> 32n), Number(micros & 0xffff_ffffn));
  }

  text(value: string): void {
    const { length } = value;
    if (length <= kShortText && this.#shortAscii(value, length)) return;
    const clean = value.includes('\0') ? value.replaceAll('\0', '�') : value;
    this.#reserve(4 + clean.length * 3);
    const written = this.#buffer.write(clean, this.#position + 4, 'utf8');
    this.#view.setInt32(this.#position, written);
    this.#position += 4 + written;
  }

  /** text[] of one dimension. */
  textArray(values: readonly string[]): void {
    this.#reserve(24);
    const start = this.#position;
    this.#position += 4;
    this.#arrayHeader(kTextOid, values.length);
    for (const value of values) this.text(value);
    this.#view.setInt32(start, this.#position - start - 4);
  }

  jsonb(text: string): void {
    this.#reserve(5 + text.length * 3);
    const written = this.#buffer.write(text, this.#position + 5, 'utf8');
    this.#view.setInt32(this.#position, written + 1);
    this.#buffer[this.#position + 4] = 1; // version of the send format
    this.#position += 5 + written;
  }

  #arrayHeader(elementOid: number, length: number): void {
    const at = this.#position;
    this.#view.setInt32(at, length === 0 ? 0 : 1); // dimensions
    this.#view.setInt32(at + 4, 0); // no nulls
    this.#view.setInt32(at + 8, elementOid);
    this.#position = at + 12;
    if (length === 0) return;
    this.#view.setInt32(at + 12, length);
    this.#view.setInt32(at + 16, 1); // lower bound
    this.#position = at + 20;
  }

  #shortAscii(value: string, length: number): boolean {
    this.#reserve(4 + kShortText);
    const buffer = this.#buffer;
    let position = this.#position + 4;
    for (let at = 0; at < length; at++) {
      const code = value.charCodeAt(at);
      if (code === 0 || code > 0x7f) return false;
      buffer[position++] = code;
    }
    this.#view.setInt32(this.#position, length);
    this.#position = position;
    return true;
  }

  #reserve(bytes: number): void {
    if (this.#position + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#position + bytes));
    this.#buffer.copy(grown, 0, 0, this.#position);
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** One field with its length, to be written many times through BinaryRows.encoded. */
export function encodeField(write: (rows: BinaryRows) => void): Buffer {
  const rows = new BinaryRows(64);
  write(rows);
  return Buffer.from(rows.bytes());
}

/** A whole COPY stream around the rows of several buffers. */
export function copyStream(parts: readonly Uint8Array[]): Uint8Array[] {
  return [SIGNATURE, ...parts, TRAILER];
}

/**
 * A one-dimensional array as a query parameter in binary form: `fields` are encoded fields (with their
 * lengths) one after the other, as BinaryRows writes them.
 */
export function binaryArray(elementOid: number, length: number, fields: Buffer): Buffer {
  const header = Buffer.alloc(length === 0 ? 12 : 20);
  header.writeInt32BE(length === 0 ? 0 : 1, 0);
  header.writeInt32BE(elementOid, 8);
  if (length > 0) {
    header.writeInt32BE(length, 12);
    header.writeInt32BE(1, 16);
  }
  return Buffer.concat([header, fields]);
}
