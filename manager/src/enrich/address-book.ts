/**
 * What is known of an address by itself: its bytes, whether it is on our side, its country.
 *
 * Invariants: one spelling per address (`key` is made of its bytes, so `::1` and `0:0:0:0:0:0:0:1` are one);
 * a country is only told of addresses outside the home networks and only when a database was given.
 */
import type { AsnResponse, CountryResponse, Reader } from 'maxmind';
import { TwoGenerations } from '#manager/ingest/two-generations.ts';
import { encodeField } from '#manager/store/binary-rows.ts';
import { isUnicastHost, isWithin, type Network, parseIp } from './ip-address.ts';
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
}

/** Addresses remembered per generation; a scan from the Internet costs parsing, not memory. */
const kCachedAddresses = 65_536;
const kInet4 = 2;
const kInet6 = 3;

export type CountryReader = Pick<Reader<CountryResponse>, 'get'>;
export type AsnReader = Pick<Reader<AsnResponse>, 'get'>;

type Place = Pick<Address, 'country' | 'asn'>;
const NOWHERE: Place = { country: null, asn: null };

export class AddressBook {
  readonly #home: readonly Network[];
  readonly #countries: CountryReader | undefined;
  readonly #asns: AsnReader | undefined;
  #known = new TwoGenerations<string, Address>(kCachedAddresses);

  constructor(home: readonly Network[], countries?: CountryReader, asns?: AsnReader) {
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
      ...(unicast && !home && specialRange(bytes) === null ? this.#placeOf(text) : NOWHERE),
    };
    this.#known.set(text, address);
    return address;
  }

  #placeOf(text: string): Place {
    const asn = this.#asns?.get(text)?.autonomous_system_number;
    return {
      country: this.#countries?.get(text)?.country?.iso_code ?? null,
      asn: Number.isSafeInteger(asn) ? (asn ?? null) : null,
    };
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
