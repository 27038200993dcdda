/**
 * Addresses that belong to no country and no network operator, and what they are for.
 *
 * Invariant: the ranges are those of the IANA special-purpose registries (RFC 6890 and its updates) and of
 * multicast (RFC 5771, RFC 4291); the narrower range is named before the wider one.
 */
import { isWithin, type Network, parseNetwork } from './ip-address.ts';

export const SPECIAL_RANGES: readonly (readonly [network: string, name: string])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier_grade_nat'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link_local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0/96', 'mapped_ipv4'],
  ['64:ff9b::/96', 'nat64'],
  ['100::/64', 'reserved'],
  ['2001:db8::/32', 'documentation'],
  ['2001::/32', 'teredo'],
  ['2002::/16', '6to4'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link_local'],
  ['ff00::/8', 'multicast'],
];

const PARSED: readonly (readonly [Network, string])[] = SPECIAL_RANGES.flatMap(([text, name]) => {
  const network = parseNetwork(text);
  return network === undefined ? [] : [[network, name] as const];
});

/** null for an address of the public Internet. */
export function specialRange(address: Uint8Array): string | null {
  return PARSED.find(([network]) => isWithin(address, network))?.[1] ?? null;
}
