/**
 * Which devices the events of one transaction show, and what they call themselves.
 *
 * Invariants: only unicast addresses on our side become devices (or the client where neither end is ours,
 * so that a capture from elsewhere has devices too); a name is replaced only by one at least as
 * trusted. Rows are written in the order of their addresses, so replicas never wait in a circle.
 */

import type { Address, AddressBook } from '#manager/enrich/address-book.ts';
import { normalDomain } from '#manager/enrich/domain-name.ts';
import { BinaryRows, binaryArray, type Instant } from '#manager/store/binary-rows.ts';
import { type Json, objectIfAny } from './event-fields.ts';
import { OIDS } from './rollup-tables.ts';
import { TwoGenerations } from './two-generations.ts';

/** How far a hostname is trusted (devices.hostname_rank). */
export const HOSTNAME_RANK = { none: 0, dns: 1, mdns: 2, dhcp: 3 } as const;

export interface Sighting {
  readonly address: Address;
  first: Instant;
  last: Instant;
  mac: string | null;
  hostname: string | null;
  rank: number;
  /** Something answered it, or it was given its address. */
  confirmed: boolean;
}

/** A device seen again within this time, with nothing new, is not written again. */
const kQuietSeconds = 30;
const kRemembered = 32_768;
/**
 * Addresses that nothing answered and that were not known, taken of one transaction: who scans with invented
 * addresses, or scans addresses that are not there, makes no devices.
 */
const kUnconfirmedPerGroup = 256;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** What DHCP requests say of a machine before its address is known. */
export interface DeviceMemory {
  readonly hostnameOfMac: TwoGenerations<string, string>;
  readonly stored: TwoGenerations<string, Sighting>;
  /** MACs under which addresses from elsewhere were seen. */
  readonly routers: TwoGenerations<string, true>;
}

export function newDeviceMemory(): DeviceMemory {
  return {
    hostnameOfMac: new TwoGenerations(kRemembered),
    stored: new TwoGenerations(kRemembered),
    routers: new TwoGenerations(kRemembered),
  };
}

export class DeviceSightings {
  readonly #addresses: AddressBook;
  readonly #memory: DeviceMemory;
  readonly #seen = new Map<string, Sighting>();
  #unconfirmed = 0;
  /** Addresses that were not taken for devices, counted each time they were seen. */
  refused = 0;

  constructor(addresses: AddressBook, memory: DeviceMemory) {
    this.#addresses = addresses;
    this.#memory = memory;
  }

  see(address: Address | undefined, time: Instant, confirmed = true): Sighting | undefined {
    if (address?.unicast !== true) return undefined;
    const known = this.#seen.get(address.key);
    if (known === undefined) {
      if (!confirmed && this.#memory.stored.get(address.key) === undefined) {
        if (this.#unconfirmed >= kUnconfirmedPerGroup) {
          this.refused += 1;
          return undefined;
        }
        this.#unconfirmed += 1;
      }
      const nameless = { mac: null, hostname: null, rank: 0 };
      const fresh = { address, first: time, last: time, ...nameless, confirmed };
      this.#seen.set(address.key, fresh);
      return fresh;
    }
    known.confirmed ||= confirmed;
    if (isBefore(time, known.first)) known.first = time;
    if (isBefore(known.last, time)) known.last = time;
    return known;
  }

  /** By which MAC an address was seen; false where it is no device. */
  nameMac(address: Address, mac: string): boolean {
    const sighting = this.#seen.get(address.key);
    if (sighting === undefined) return false;
    sighting.mac = mac;
    return true;
  }

  macOf(address: Address): string | undefined {
    const seen = this.#seen.get(address.key)?.mac;
    return seen ?? this.#memory.stored.get(address.key)?.mac ?? undefined;
  }

  /** Names and hardware addresses from a DHCP event: acknowledgements bind both to an address. */
  learnDhcp(event: Json, time: Instant): void {
    const dhcp = objectIfAny(event['dhcp']);
    const mac = dhcp?.['client_mac'];
    if (typeof mac !== 'string' || !MAC.test(mac)) return;
    const hostname = dhcp?.['hostname'];
    if (typeof hostname === 'string' && hostname !== '') {
      this.#memory.hostnameOfMac.set(mac, hostname);
    }
    const assigned = dhcp?.['assigned_ip'];
    if (dhcp?.['dhcp_type'] !== 'ack' || typeof assigned !== 'string') return;
    const sighting = this.see(this.#addresses.get(assigned), time);
    if (sighting === undefined) return;
    sighting.mac = mac.toLowerCase();
    const name = this.#memory.hostnameOfMac.get(mac);
    if (name !== undefined) nameIt(sighting, name, HOSTNAME_RANK.dhcp);
  }

  /** Names that DNS or mDNS answers give to addresses on our side. */
  learnAnswers(body: Json | undefined, time: Instant, rank: number): void {
    const answers = body?.['answers'];
    if (!Array.isArray(answers)) return;
    for (const answer of answers) {
      if (typeof answer !== 'object' || answer === null) continue;
      const { rrtype, rrname, rdata } = answer as Json;
      if (typeof rrname !== 'string' || typeof rdata !== 'string') continue;
      const isPointer = rrtype === 'PTR';
      if (!isPointer && rrtype !== 'A' && rrtype !== 'AAAA') continue;
      const ip = isPointer ? addressOfPointer(rrname) : rdata;
      const address = ip === undefined ? undefined : this.#addresses.get(ip);
      if (address?.home !== true) continue;
      // Anybody's name server can say so of any address.
      const sighting = this.see(address, time, false);
      if (sighting !== undefined) nameIt(sighting, isPointer ? rdata : rrname, rank);
    }
  }

  /** What is worth writing, sorted by address. */
  news(): readonly Sighting[] {
    return [...this.#seen.values()]
      .filter((sighting) => this.#isNews(sighting))
      .sort((a, b) => (a.address.key < b.address.key ? -1 : 1));
  }

  #isNews(sighting: Sighting): boolean {
    const stored = this.#memory.stored.get(sighting.address.key);
    if (stored === undefined) return true;
    return (
      isBefore(sighting.first, stored.first) ||
      sighting.last.seconds > stored.last.seconds + kQuietSeconds ||
      (sighting.confirmed && !stored.confirmed) ||
      (sighting.mac !== null && sighting.mac !== stored.mac) ||
      (sighting.hostname !== null && sighting.hostname !== stored.hostname)
    );
  }
}

/** After the commit: what is stored need not be written again soon. */
export function remember(memory: DeviceMemory, sightings: readonly Sighting[]): void {
  for (const sighting of sightings) {
    const { key } = sighting.address;
    const before = memory.stored.get(key);
    memory.stored.set(key, {
      ...sighting,
      first: before && isBefore(before.first, sighting.first) ? before.first : sighting.first,
      last: before && isBefore(sighting.last, before.last) ? before.last : sighting.last,
      mac: sighting.mac ?? before?.mac ?? null,
      confirmed: sighting.confirmed || before?.confirmed === true,
      hostname: sighting.hostname ?? before?.hostname ?? null,
    });
  }
}

export const DEVICES_SQL = `
  INSERT INTO devices AS kept
    (ip, first_seen, last_seen, mac, mac_since, hostname, hostname_rank, confirmed)
  SELECT ip, first_seen, last_seen, nullif(mac, '')::macaddr,
    CASE WHEN mac <> '' THEN first_seen END, nullif(hostname, ''), rank, confirmed <> 0
  FROM unnest($1::inet[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::int8[],
      $7::int8[])
    AS fresh (ip, first_seen, last_seen, mac, hostname, rank, confirmed)
  ON CONFLICT (ip) DO UPDATE SET
    first_seen = least(kept.first_seen, excluded.first_seen),
    last_seen = greatest(kept.last_seen, excluded.last_seen),
    mac = coalesce(excluded.mac, kept.mac),
    mac_since = CASE WHEN excluded.mac IS NOT NULL AND excluded.mac IS DISTINCT FROM kept.mac
      THEN excluded.first_seen ELSE kept.mac_since END,
    concluded = kept.concluded AND (excluded.mac IS NULL OR excluded.mac IS NOT DISTINCT FROM kept.mac),
    confirmed = kept.confirmed OR excluded.confirmed,
    hostname = CASE WHEN excluded.hostname IS NOT NULL AND excluded.hostname_rank >= kept.hostname_rank
      THEN excluded.hostname ELSE kept.hostname END,
    hostname_rank = CASE WHEN excluded.hostname IS NOT NULL
      THEN greatest(kept.hostname_rank, excluded.hostname_rank) ELSE kept.hostname_rank END,
    updated_at = now()`;

/** Parameters of DEVICES_SQL. */
export function deviceArrays(sightings: readonly Sighting[]): Buffer[] {
  const fields = new BinaryRows(sightings.length * 16 + 16);
  const column = (oid: number, put: (sighting: Sighting) => void): Buffer => {
    fields.clear();
    for (const sighting of sightings) put(sighting);
    return binaryArray(oid, sightings.length, fields.bytes());
  };
  return [
    column(OIDS.inet, ({ address }) => fields.encoded(address.field)),
    column(OIDS.timestamptz, ({ first }) => fields.timestamptz(first)),
    column(OIDS.timestamptz, ({ last }) => fields.timestamptz(last)),
    column(OIDS.text, ({ mac }) => fields.text(mac ?? '')),
    column(OIDS.text, ({ hostname }) => fields.text(hostname ?? '')),
    column(OIDS.int8, ({ rank }) => fields.int8(rank)),
    column(OIDS.int8, ({ confirmed }) => fields.int8(confirmed ? 1 : 0)),
  ];
}

function nameIt(sighting: Sighting, name: string, rank: number): void {
  const normal = normalDomain(name);
  if (normal === null || rank < sighting.rank) return;
  sighting.hostname = normal;
  sighting.rank = rank;
}

function isBefore(a: Instant, b: Instant): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.micros < b.micros);
}

/** `50.1.168.192.in-addr.arpa` → `192.168.1.50`, the same for ip6.arpa. */
function addressOfPointer(name: string): string | undefined {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const zone = labels.splice(-2).join('.');
  if (zone === 'in-addr.arpa' && labels.length === 4) return labels.reverse().join('.');
  if (zone !== 'ip6.arpa' || labels.length !== 32) return undefined;
  const digits = labels.reverse().join('');
  return digits.match(/.{4}/g)?.join(':');
}
