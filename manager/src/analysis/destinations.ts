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
export function destinationName({ home, name, peer }: Contact): string {
  return home || name === null ? peer : `${name} (${peer})`;
}

export function registeredOf(name: string): string {
  return getDomain(name, WHOLE_NAME) ?? name;
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address.slice(0, address.lastIndexOf('.'));
  return address.split(':').slice(0, 3).join(':');
}
