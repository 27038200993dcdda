/**
 * Which countries addresses are in, of a MaxMind database (GeoLite2-Country and everything above it).
 *
 * Source: MaxMind DB file format specification 2.0, "Binary Search Tree Section". Invariants: networks
 * come in the order of their addresses and do not overlap; the walk ends for any file: each node of the
 * tree is entered once, what leads to one again (aliases of the IPv4 addresses) is left out.
 */
import { type CountryResponse, Reader } from 'maxmind';
import { type AddressTable, joined, type ScoredRange } from './address-table.ts';
import { countryTable } from './country-table.ts';

interface Located {
  readonly low: string;
  readonly high: string;
  readonly country: string;
}

const IPV4_IN_IPV6 = 96;

export class Countries {
  readonly #v4: readonly Located[];
  readonly #v6: readonly Located[];

  /** Throws where the file is no such database. */
  constructor(database: Buffer) {
    const tree = new SearchTree(database);
    this.#v4 = tree.located(32);
    this.#v6 = tree.located(128);
  }

  /** Addresses of these countries; `negated`: of any other, not those of which none is known. */
  table(codes: readonly string[], negated: boolean): AddressTable {
    const wanted = new Set(codes);
    const of = (all: readonly Located[]): ScoredRange[] =>
      joined(
        all
          .filter(({ country }) => wanted.has(country) !== negated)
          .map(({ low, high }) => ({ low, high, score: 1 })),
      );
    return { name: countryTable(codes, negated), v4: of(this.#v4), v6: of(this.#v6) };
  }
}

interface Open {
  readonly record: number;
  readonly depth: number;
  /** The bit that led here. */
  readonly bit: number;
}

class SearchTree {
  readonly #bytes: Buffer;
  readonly #reader: Reader<CountryResponse>;
  readonly #nodes: number;
  readonly #bits: number;
  readonly #octets: number;
  readonly #countries = new Map<number, string>();

  constructor(database: Buffer) {
    this.#bytes = database;
    this.#reader = new Reader<CountryResponse>(database);
    const { nodeCount, recordSize, ipVersion, searchTreeSize } = this.#reader.metadata;
    if (![24, 28, 32].includes(recordSize) || searchTreeSize + 16 > database.length)
      throw new RangeError('the search tree is broken');
    this.#nodes = nodeCount;
    this.#bits = recordSize;
    this.#octets = ipVersion === 4 ? 4 : 16;
  }

  /** Networks of addresses of so many bits. */
  located(width: 32 | 128): Located[] {
    const wide = this.#octets === 16;
    if (width === 128 && !wide) return [];
    const v4 = wide ? this.#ipv4Start() : 0;
    return width === 32 ? this.#walk(v4, 4, undefined) : this.#walk(0, 16, v4);
  }

  /** The node of ::/96, or what stands in its place. */
  #ipv4Start(): number {
    let record = 0;
    for (let at = 0; at < IPV4_IN_IPV6 && record < this.#nodes; at += 1)
      record = this.#record(record, 0);
    return record;
  }

  /** From a record down; `beside` is the node of the IPv4 addresses, which are told by themselves. */
  #walk(start: number, octets: number, beside: number | undefined): Located[] {
    const found: Located[] = [];
    const entered = new Set<number>();
    const address = new Uint8Array(octets);
    const open: Open[] = [{ record: start, depth: 0, bit: 0 }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { record, depth, bit } = next;
      if (depth > 0) putBit(address, depth - 1, bit);
      if (record > this.#nodes) {
        const country = this.#countryOf(record, address);
        if (country !== '') found.push({ ...ends(address, depth), country });
        continue;
      }
      const again = record === beside || entered.has(record);
      if (record === this.#nodes || again || depth === octets * 8) continue;
      entered.add(record);
      open.push({ record: this.#record(record, 1), depth: depth + 1, bit: 1 });
      open.push({ record: this.#record(record, 0), depth: depth + 1, bit: 0 });
    }
    return found;
  }

  #record(node: number, side: 0 | 1): number {
    const at = (node * this.#bits) / 4;
    const bytes = this.#bytes;
    if (this.#bits === 24) return bytes.readUIntBE(at + side * 3, 3);
    if (this.#bits === 32) return bytes.readUInt32BE(at + side * 4);
    const middle = bytes.readUInt8(at + 3);
    return side === 0
      ? (middle >> 4) * 2 ** 24 + bytes.readUIntBE(at, 3)
      : (middle & 15) * 2 ** 24 + bytes.readUIntBE(at + 4, 3);
  }

  /** Many networks share what is told of them. */
  #countryOf(record: number, address: Uint8Array): string {
    const known = this.#countries.get(record);
    if (known !== undefined) return known;
    const told = this.#reader.get(addressText(address));
    const country = told?.country?.iso_code ?? '';
    this.#countries.set(record, country);
    return country;
  }
}

function putBit(address: Uint8Array, at: number, bit: number): void {
  const place = at >> 3;
  const mask = 0x80 >> (at & 7);
  // What lies behind is of another branch.
  address.fill(0, place + 1);
  const kept = (address[place] ?? 0) & ~(mask * 2 - 1);
  address[place] = bit === 1 ? kept | mask : kept;
}

function ends(address: Uint8Array, depth: number): { readonly low: string; readonly high: string } {
  const low = Buffer.from(address);
  const high = Buffer.from(address);
  for (let at = depth; at < address.length * 8; at += 1)
    high[at >> 3] = (high[at >> 3] ?? 0) | (0x80 >> (at & 7));
  return { low: low.toString('latin1'), high: high.toString('latin1') };
}

function addressText(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  return Buffer.from(address)
    .toString('hex')
    .replace(/(....)(?=.)/g, '$1:');
}
