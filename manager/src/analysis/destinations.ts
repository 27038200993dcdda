/**
 * What counts as one destination of a device: a service within the house, outside the domain that somebody
 * registered, else the network of 256 addresses (2^80 in version 6): content networks change addresses by the hour.
 */
import { getDomain } from 'tldts';
import type { Contact } from './subject-hour.ts';

const WHOLE_NAME = { allowPrivateDomains: true, extractHostname: false, detectIp: false } as const;

export function contactUsualKey({ home, peer, port, proto, name }: Contact): string {
  if (home) return `${proto}/${port}/${peer}`;
  return name === null ? networkOf(peer) : registeredOf(name);
}

/** For a sentence. */
export function destinationName({ home, name, peer, network }: Contact): string {
  if (home) return peer;
  const more = [...(name === null ? [] : [peer]), ...(network === null ? [] : [network])];
  return more.length === 0 ? peer : `${name ?? peer} (${more.join(', ')})`;
}

/** `AS15169`: names of networks change, numbers stay. */
export function networkKey({ network }: Contact): string | null {
  return network === null ? null : (network.split(' ', 1)[0] ?? null);
}

export function registeredOf(name: string): string {
  return getDomain(name, WHOLE_NAME) ?? name;
}

/** 24 bits of version 4, 48 of version 6. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address.slice(0, address.lastIndexOf('.'));
  return address.split(':').slice(0, 3).join(':');
}
