import { describe, expect, it } from 'vitest';
import { normalDomain } from '#manager/enrich/domain-name.ts';
import { AddressBook, type PlaceReader } from '../enrich/address-book.ts';
import { DomainCache } from '../enrich/domain-cache.ts';
import { type Network, PRIVATE_NETWORKS, parseNetwork } from '../enrich/ip-address.ts';
import { placeOf } from '../enrich/place-record.ts';
import { type FlowFacts, flowFacts } from './flow-facts.ts';
import { sample } from './testing/sample-events.ts';

const home = PRIVATE_NETWORKS.map(parseNetwork).filter(
  (each): each is Network => each !== undefined,
);
/** Stands for a database of a third party. */
const places: PlaceReader = {
  placeOf: (ip) =>
    placeOf(ip.startsWith('93.') ? { country_code: 'NL', asn: 'AS1', as_name: 'One' } : null),
};

function facts(
  src: string,
  dest: string,
  change: Record<string, unknown> = {},
  domains = new DomainCache(),
): FlowFacts {
  const book = new AddressBook(home, places, places);
  const event = sample('flow', change);
  return flowFacts(event, { src: book.get(src), dest: book.get(dest) }, domains);
}

describe('flowFacts', () => {
  it.each([
    ['client on our side', '10.0.0.1', '93.1.1.1', 'src', 'NL'],
    ['server on our side', '93.1.1.1', '10.0.0.1', 'dest', 'NL'],
    ['both on our side', '10.0.0.1', '10.0.0.2', 'src', null],
    ['neither on our side', '93.1.1.1', '94.1.1.1', 'src', 'NL'],
    ['from nowhere', '0.0.0.0', '255.255.255.255', undefined, null],
    ['to multicast', '10.0.0.1', '224.0.0.251', 'src', null],
    ['IPv6', 'fd00::1', '2001:db8::1', 'src', null],
  ])('%s', (_name, src, dest, device, country) => {
    const found = facts(src, dest);
    expect(found.device).toBe(device === undefined ? undefined : found[device as 'src' | 'dest']);
    expect(found.country).toBe(country);
  });

  it('takes the domain from the correlation, else the SNI, else the HTTP host', () => {
    const id = { flow_id: 7 };
    const domains = new DomainCache();
    expect(facts('10.0.0.1', '93.1.1.1', id, domains).domain).toBeNull();
    domains.learn(7, 'proxy.example:3128', 'host');
    expect(facts('10.0.0.1', '93.1.1.1', id, domains).domain).toBe('proxy.example');
    domains.learn(7, 'SNI.Example.', 'sni');
    domains.learn(7, 'late.example', 'host');
    expect(facts('10.0.0.1', '93.1.1.1', id, domains).domain).toBe('sni.example');
    const correlated = {
      ...id,
      netmoth: { schema: 1, domain: 'Dns.Example', application: 'Example' },
    };
    const found = facts('10.0.0.1', '93.1.1.1', correlated, domains);
    expect(found).toMatchObject({ domain: 'dns.example', application: 'Example' });
    expect(facts('10.0.0.1', '93.1.1.1', { app_proto: null }).application).toBe('unknown');
  });

  it.each([
    ['10.0.0.1', '93.1.1.1', { asn: 1, organisation: 'One', unnamed: false }],
    ['93.1.1.1', '10.0.0.1', { asn: 1, organisation: 'One', unnamed: false }],
    ['10.0.0.1', '94.1.1.1', { asn: null, organisation: null, unnamed: true }],
    ['94.1.1.1', '10.0.0.1', { asn: null, organisation: null, unnamed: true }],
    ['10.0.0.1', '10.0.0.2', { asn: null, organisation: null, unnamed: false }],
    ['10.0.0.1', '192.0.2.1', { asn: null, organisation: null, unnamed: false }],
  ])('network of %s to %s', (src, dest, network) => {
    expect(facts(src, dest)).toMatchObject(network);
  });

  it('normalises names', () => {
    expect(normalDomain('WWW.Example.org.')).toBe('www.example.org');
    expect(normalDomain('.')).toBeNull();
    expect(normalDomain('x'.repeat(300))).toHaveLength(253);
  });
});
