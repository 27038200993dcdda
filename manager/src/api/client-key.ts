// What limits count a client by. Invariant: one IPv6 network of 64 bits, the least that a single
// customer or machine is given (RFC 6177), is one client; an IPv4 address is one, however it is written.
import { parseIp } from '../enrich/ip-address.ts';

const V6_NETWORK_BYTES = 8;
/** ::ffff:0:0/96, IPv4 addresses as a dual-stack socket tells them (RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');

export function clientKey(address: string): string {
  const bytes = parseIp(address.split('%', 1)[0] ?? '');
  // Not an address: only what a trusted proxy wrote comes here.
  if (bytes === undefined) return address;
  if (bytes.length === 4) return Buffer.from(bytes).toString('hex');
  const mapped = MAPPED_PREFIX.equals(bytes.subarray(0, MAPPED_PREFIX.length));
  const told = mapped ? bytes.subarray(MAPPED_PREFIX.length) : bytes.subarray(0, V6_NETWORK_BYTES);
  return Buffer.from(told).toString('hex');
}
