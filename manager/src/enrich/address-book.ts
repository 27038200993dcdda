/**
 * What is known of an address by itself: its bytes, whether it is on our side, its country and its network.
 *
 * Invariants: one spelling per address (`key` is made of its bytes, so `::1` and `0:0:0:0:0:0:0:1` are one);
 * a country is only told of addresses outside the home networks and only when a database was given.
 */
import { TwoGenerations } from '#manager/ingest/two-generations.ts';
import { encodeField } from '#manager/store/binary-rows.ts';
import { isUnicastHost, isWithin, type Network, parseIp } from './ip-address.ts';
import { NOWHERE, type Place } from './place-record.ts';
import { specialRange } from './special-networks.ts';

export interface Address {
  /** Unique per address, cheap to hash and to compare. */
  readonly key: string;
  /** The address as an encoded inet field. */
  readonly field: Uint8Array;
  /** In a home network and naming one machine. */
  readonly home: boolean;
  readonly unicast: boolean;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  /** Number of the autonomous system. */
  readonly asn: number | null;
  readonly organisation: string | null;
  /** Of the Internet, and of no autonomous system that the database knows. */
  readonly unnamed: boolean;
}

/** Addresses remembered per generation; a scan from the Internet costs parsing, not memory. */
const kCachedAddresses = 65_536;
const kInet4 = 2;
const kInet6 = 3;

export interface PlaceReader {
  placeOf(ip: string): Place;
}

type Owner = Pick<Address, 'country' | 'asn' | 'organisation' | 'unnamed'>;
const NOBODY: Owner = { country: null, asn: null, organisation: null, unnamed: false };

export class AddressBook {
  readonly #home: readonly Network[];
  readonly #countries: PlaceReader | undefined;
  readonly #asns: PlaceReader | undefined;
  #known = new TwoGenerations<string, Address>(kCachedAddresses);

  constructor(home: readonly Network[], countries?: PlaceReader, asns?: PlaceReader) {
    this.#home = home;
    this.#countries = countries;
    this.#asns = asns;
  }

  /** Everything is looked up anew: the databases have changed, or a day has passed. */
  forget(): void {
    this.#known = new TwoGenerations(kCachedAddresses);
  }

  /** undefined where the text is no address. */
  get(text: string): Address | undefined {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const bytes = parseIp(text);
    if (bytes === undefined) return undefined;
    const unicast = isUnicastHost(bytes);
    const home = unicast && this.#home.some((network) => isWithin(bytes, network));
    const address: Address = {
      key: `${bytes.length === 4 ? '4' : '6'}${Buffer.from(bytes).toString('latin1')}`,
      field: inetField(bytes),
      home,
      unicast,
      // Private, reserved and other special ranges are nobody's.
      ...(unicast && !home && specialRange(bytes) === null ? this.#ownerOf(text) : NOBODY),
    };
    this.#known.set(text, address);
    return address;
  }

  #ownerOf(text: string): Owner {
    const network = this.#asns?.placeOf(text) ?? NOWHERE;
    const place = this.#countries === this.#asns ? network : this.#countries?.placeOf(text);
    const { asn, organisation } = network;
    const country = place?.country ?? null;
    return { country, asn, organisation, unnamed: this.#asns !== undefined && asn === null };
  }
}

export function inetField(bytes: Uint8Array): Buffer {
  return encodeField((rows) => {
    const v4 = bytes.length === 4;
    // length, family, prefix bits, is_cidr, address length, address
    const header = Buffer.alloc(8);
    header.writeInt32BE(4 + bytes.length);
    header.set([v4 ? kInet4 : kInet6, bytes.length * 8, 0, bytes.length], 4);
    rows.encoded(header);
    rows.encoded(bytes);
  });
}
