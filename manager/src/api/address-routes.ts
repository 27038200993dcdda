// What is known of an address or a name by itself. Invariant: nobody outside is asked unless the user turned reverse DNS
// on, and then only about what is asked for here.
import type { FastifyInstance } from 'fastify';
import {
  type AddressFacts,
  addressParamsSchema,
  type Listed,
  nameParamsSchema,
} from '#contracts/rest-addresses.ts';
import type { TrackerBook } from '../analysis/privacy/tracker-book.ts';
import { canonicalIp, parseIp } from '../enrich/ip-address.ts';
import { NOWHERE } from '../enrich/place-record.ts';
import type { ReverseNames } from '../enrich/reverse-names.ts';
import { specialRange } from '../enrich/special-networks.ts';
import type { StorePool } from '../store/pool.ts';
import type { Places } from './api-deps.ts';
import { parseInput } from './request-input.ts';
import { addRoute } from './route-table.ts';

export interface AddressRoutesOptions {
  readonly pool: StorePool;
  readonly places: Places | undefined;
  readonly trackers: Pick<TrackerBook, 'of'> | undefined;
  readonly names: Pick<ReverseNames, 'nameOf'> | undefined;
}

const kMaxListed = 100;
const LISTS_OF_ADDRESS = `SELECT list, entry, since FROM reputation_entries
  WHERE network >>= $1::inet ORDER BY list, entry LIMIT ${kMaxListed}`;
const LISTS_OF_NAME = `SELECT list, entry, since FROM reputation_entries
  WHERE domain = ANY(name_and_above($1)) ORDER BY list, entry LIMIT ${kMaxListed}`;

export function installAddressRoutes(
  app: FastifyInstance,
  { pool, places, trackers, names }: AddressRoutesOptions,
): void {
  addRoute(app, 'getAddress', async (request): Promise<AddressFacts> => {
    const asked = parseInput(addressParamsSchema, request.params).ip;
    const ip = canonicalIp(asked) ?? asked;
    const special = specialRange(parseIp(ip) ?? new Uint8Array());
    const place = special === null ? (places?.countries?.placeOf(ip) ?? NOWHERE) : NOWHERE;
    const network = special === null ? (places?.asns?.placeOf(ip) ?? NOWHERE) : NOWHERE;
    const { rows } = await pool.query<Listed>(LISTS_OF_ADDRESS, [ip]);
    const { country, city, latitude, longitude } = place;
    const { asn, organisation, network: called } = network;
    return {
      ...{ ip, special, country, city, latitude, longitude, asn, organisation, network: called },
      name: (await names?.nameOf(ip)) ?? null,
      lists: rows,
    };
  });
  addRoute(app, 'getName', async (request) => {
    const name = parseInput(nameParamsSchema, request.params).name.toLowerCase();
    const { rows } = await pool.query<Listed>(LISTS_OF_NAME, [name]);
    return { name, tracker: trackers?.of(name) ?? null, lists: rows };
  });
}
