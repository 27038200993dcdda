/**
 * Little-endian numbers and bytes, written to a growing buffer and read with every bound checked.
 *
 * Invariant: a reader never looks beyond its slice and throws BundleError alone.
 */
import { BundleError } from './bundle-error.ts';

const FIRST_CAPACITY = 4096;
/** A varint of 53 bits needs eight bytes of seven bits each. */
const MAX_VARINT_BYTES = 8;

export class BinaryWriter {
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    // The place is asked for first: making room may move the buffer.
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#bytes.writeUInt16LE(value, at);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  u64(value: number): void {
    const at = this.#room(8);
    this.#bytes.writeBigUInt64LE(BigInt(value), at);
  }

  /** LEB128: seven bits a byte, low ones first, up to 2^53 - 1. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  /** Whole numbers of either sign: 0, -1, 1, -2 … as 0, 1, 2, 3 …; beyond 2^52 they are clamped. */
  zigzag(value: number): void {
    const limit = 2 ** 52 - 1;
    const kept = Math.max(-limit, Math.min(limit, value));
    this.varint(kept < 0 ? -2 * kept - 1 : 2 * kept);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** A string whose characters stand for one byte each. */
  latin1(text: string): void {
    const at = this.#room(text.length);
    this.#bytes.write(text, at, 'latin1');
  }

  /** Zeros up to the next multiple. */
  align(multiple: number): void {
    while (this.#length % multiple !== 0) this.u8(0);
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(size: number): number {
    const at = this.#length;
    const needed = at + size;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = needed;
    return at;
  }
}

export class BinaryReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    const at = this.#take(1);
    return this.#bytes[at] ?? 0;
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  u64(): number {
    const value = this.#bytes.readBigUInt64LE(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new BundleError('BUNDLE_CORRUPT', 'a size');
    return Number(value);
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (let read = 0; read < MAX_VARINT_BYTES; read += 1) {
      const byte = this.u8();
      value += (byte % 0x80) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 0x80;
    }
    throw new BundleError('BUNDLE_CORRUPT', 'a number is longer than 53 bits');
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** How many records follow: never more than bytes are left, so a lie cannot make a reader allocate. */
  count(): number {
    const count = this.varint();
    if (count > this.left)
      throw new BundleError('BUNDLE_CORRUPT', 'a list is longer than its record');
    return count;
  }

  raw(size: number): Buffer {
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  #take(size: number): number {
    if (size < 0 || size > this.left)
      throw new BundleError('BUNDLE_CORRUPT', 'a record ends too early');
    const at = this.#at;
    this.#at += size;
    return at;
  }
}
