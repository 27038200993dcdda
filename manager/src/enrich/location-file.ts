/**
 * The location database of the IPFire project: countries and autonomous systems with their names. Debian has it as
 * libloc-database (CC BY-SA 4.0), which the set-up installs.
 *
 * Source: libloc's src/libloc/format.h, version 1: big-endian; after a header come the autonomous systems (number,
 * name), the networks (country, number, flags), a binary tree over the 128 bits of an address, and a pool of texts
 * that end with a zero. Version 4 addresses lie below ::ffff:0:0/96.
 *
 * Invariants: the sections were within the file when it was opened; an index that points beyond its section is no
 * answer, never an error. Bounds: kMaxBytes, 128 steps a lookup.
 */
import { readFileSync, statSync } from 'node:fs';
import { parseIp } from './ip-address.ts';

/** In MaxMind's names. */
export interface LocationRecord {
  readonly country: { readonly iso_code: string };
  readonly autonomous_system_number: number;
  readonly autonomous_system_organization: string;
}

interface Section {
  readonly at: number;
  readonly length: number;
}

export const LOCATION_MAGIC = 'LOCDBXX';
const kVersion = 1;
const kMaxBytes = 512 * 1024 * 1024;
const kSectionsAt = 28;
const kSections = 5;
const kHeaderBytes = kSectionsAt + 8 * kSections;
const kSystemBytes = 8;
const kNetworkBytes = 12;
const kNodeBytes = 12;
const kNoNetwork = 0xffff_ffff;
const kAddressBits = 128;
const kMappedBytes = 12;
const kMaxNameBytes = 128;

export class LocationDatabase {
  readonly #bytes: Buffer;
  readonly #systems: Section;
  readonly #networks: Section;
  readonly #tree: Section;
  readonly #pool: Section;

  /** Throws where `bytes` are none. */
  constructor(bytes: Buffer) {
    const magic = bytes.toString('latin1', 0, LOCATION_MAGIC.length);
    if (bytes.length < kHeaderBytes || magic !== LOCATION_MAGIC) {
      throw new Error('this is no location database');
    }
    const version = bytes[LOCATION_MAGIC.length];
    if (version !== kVersion) throw new Error(`location database of version ${version}, not 1`);
    const sections = Array.from({ length: kSections }, (_, index): Section => {
      const at = bytes.readUInt32BE(kSectionsAt + 8 * index);
      return { at, length: bytes.readUInt32BE(kSectionsAt + 8 * index + 4) };
    });
    if (sections.some(({ at, length }) => at < kHeaderBytes || at + length > bytes.length)) {
      throw new Error('the location database is cut short');
    }
    const none = { at: 0, length: 0 };
    const [systems = none, networks = none, tree = none, , pool = none] = sections;
    if (tree.length < kNodeBytes) throw new Error('the location database is empty');
    this.#bytes = bytes;
    this.#systems = systems;
    this.#networks = networks;
    this.#tree = tree;
    this.#pool = pool;
  }

  static read(path: string): LocationDatabase {
    const { size } = statSync(path);
    if (size > kMaxBytes) throw new Error(`has more than ${kMaxBytes} bytes`);
    return new LocationDatabase(readFileSync(path));
  }

  get(ip: string): LocationRecord | null {
    const address = parseIp(ip);
    const at = address === undefined ? undefined : this.#networkOf(mapped(address));
    if (at === undefined) return null;
    const number = this.#bytes.readUInt32BE(at + 4);
    return {
      country: { iso_code: this.#bytes.toString('latin1', at, at + 2) },
      autonomous_system_number: number,
      autonomous_system_organization: number === 0 ? '' : this.#nameOf(number),
    };
  }

  /** Where the row of the narrowest network lies that has the address. */
  #networkOf(address: Uint8Array): number | undefined {
    const bytes = this.#bytes;
    let node = 0;
    let network: number | undefined;
    for (let bit = 0; bit <= kAddressBits; bit += 1) {
      const at = rowOf(this.#tree, node, kNodeBytes);
      if (at === undefined) return network;
      const own = bytes.readUInt32BE(at + 8);
      if (own !== kNoNetwork) network = rowOf(this.#networks, own, kNetworkBytes) ?? network;
      if (bit === kAddressBits) break;
      const one = ((address[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
      node = bytes.readUInt32BE(at + 4 * one);
      if (node === 0) break;
    }
    return network;
  }

  /** By halves: systems lie in the order of their numbers. */
  #nameOf(number: number): string {
    let low = 0;
    let high = Math.floor(this.#systems.length / kSystemBytes);
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#systems.at + middle * kSystemBytes;
      const known = this.#bytes.readUInt32BE(at);
      if (known === number) return this.#textAt(this.#bytes.readUInt32BE(at + 4));
      if (known < number) low = middle + 1;
      else high = middle;
    }
    return '';
  }

  #textAt(offset: number): string {
    if (offset >= this.#pool.length) return '';
    const from = this.#pool.at + offset;
    const most = Math.min(from + kMaxNameBytes, this.#pool.at + this.#pool.length);
    const text = this.#bytes.subarray(from, most);
    const end = text.indexOf(0);
    return text.toString('utf8', 0, end < 0 ? text.length : end);
  }
}

function rowOf({ at, length }: Section, index: number, bytes: number): number | undefined {
  return (index + 1) * bytes <= length ? at + index * bytes : undefined;
}

function mapped(address: Uint8Array): Uint8Array {
  if (address.length === kAddressBits / 8) return address;
  const wide = new Uint8Array(kAddressBits / 8);
  wide.fill(0xff, kMappedBytes - 2, kMappedBytes);
  wide.set(address, kMappedBytes);
  return wide;
}
