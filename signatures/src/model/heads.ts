/**
 * The header of a rule resolved: which packets it is for, once per direction that differs.
 *
 * Source: Suricata 8 user guide, "Rules Format". Invariant: no set of a head is empty.
 */
import type { FaultCode } from '../faults.ts';
import { APPLICATION_PROTOCOLS } from '../protocols.ts';
import type { RuleHeader } from '../rule.ts';
import type { EndpointSets } from './endpoint-sets.ts';
import type { ProtocolTest, RuleHead } from './rule-model.ts';

export const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const SCTP = 132;

const PACKETS: Readonly<Record<string, Partial<ProtocolTest>>> = {
  ip: {},
  any: {},
  ipv4: { ipVersion: 4 },
  ip4: { ipVersion: 4 },
  ipv6: { ipVersion: 6 },
  ip6: { ipVersion: 6 },
  tcp: { transports: [TCP] },
  'tcp-pkt': { transports: [TCP] },
  'tcp-stream': { transports: [TCP] },
  udp: { transports: [UDP] },
  icmp: { transports: [ICMP, ICMPV6] },
  icmpv4: { transports: [ICMP] },
  icmpv6: { transports: [ICMPV6] },
  sctp: { transports: [SCTP] },
  pkthdr: { withoutIp: true },
  ether: { withoutIp: true, application: 'ether' },
  arp: { withoutIp: true, application: 'arp' },
};

const NAMES: Readonly<Record<string, string>> = { ssl: 'tls', ikev2: 'ike' };

export function protocolTest({ protocol, hook = '' }: RuleHeader): ProtocolTest {
  const base: ProtocolTest = {
    ipVersion: 0,
    transports: [],
    application: '',
    hook,
    withoutIp: false,
  };
  const packet = PACKETS[protocol];
  if (packet !== undefined) return { ...base, ...packet };
  const transports = (APPLICATION_PROTOCOLS.get(protocol) ?? []).map((name) =>
    name === 'tcp' ? TCP : UDP,
  );
  return { ...base, transports, application: NAMES[protocol] ?? protocol };
}

export interface Heads {
  readonly heads: readonly RuleHead[];
  /** What makes the rule match nothing. */
  readonly empty: { readonly code: FaultCode; readonly message: string } | undefined;
}

export function headsOf(header: RuleHeader, sets: EndpointSets): Heads {
  const protocol = protocolTest(header);
  const source = sets.addresses(header.source);
  const destination = sets.addresses(header.destination);
  const sourcePorts = sets.ports(header.sourcePort);
  const destinationPorts = sets.ports(header.destinationPort);
  for (const set of [source, destination]) {
    if (set.v4.length === 0 && set.v6.length === 0) {
      return { heads: [], empty: { code: 'RULE_ADDRESS', message: 'no address is left to match' } };
    }
  }
  if (sourcePorts.length === 0 || destinationPorts.length === 0) {
    return { heads: [], empty: { code: 'RULE_PORT', message: 'no port is left to match' } };
  }
  const head = { protocol, source, sourcePorts, destination, destinationPorts };
  const mirror = {
    protocol,
    source: destination,
    sourcePorts: destinationPorts,
    destination: source,
    destinationPorts: sourcePorts,
  };
  // Sets are shared, so the same set is the same object.
  const symmetric = source === destination && sourcePorts === destinationPorts;
  return {
    heads: header.direction === '<>' && !symmetric ? [head, mirror] : [head],
    empty: undefined,
  };
}
