/**
 * What the decision table looks at, read from a flow event.
 *
 * Invariant: the event's own fields have been checked by flowFacts; what is Netmoth's and malformed counts
 * as absent, so that a sensor of another version loses an answer and never an event.
 */
import type { TrafficFacts } from './traffic-type.ts';

type Json = Readonly<Record<string, unknown>>;

const kMaxFirstPackets = 12;

export function trafficFacts(event: Json, domain: string | null): TrafficFacts {
  const flow = objectOf(event['flow']);
  const netmoth = objectOf(event['netmoth']);
  return {
    proto: textOf(event['proto']) ?? '',
    appProto: knownProtocol(textOf(event['app_proto'])),
    application: textOf(netmoth['application']),
    category: textOf(netmoth['application_category']),
    domain,
    srcPort: countOf(event['src_port']),
    destPort: countOf(event['dest_port']),
    bytesToServer: countOf(flow['bytes_toserver']),
    bytesToClient: countOf(flow['bytes_toclient']),
    packetsToServer: countOf(flow['pkts_toserver']),
    packetsToClient: countOf(flow['pkts_toclient']),
    seconds: countOf(flow['age']),
    flowState: textOf(netmoth['flow_state']),
    sizes: numbersOf(netmoth['first_sizes']),
    gapsUs: numbersOf(netmoth['first_gaps_us']),
  };
}

function knownProtocol(name: string | undefined): string | undefined {
  return name === 'failed' || name === 'unknown' ? undefined : name;
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function numbersOf(value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length > kMaxFirstPackets) return [];
  return value.every((item) => Number.isFinite(item)) ? value : [];
}
