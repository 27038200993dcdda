/**
 * What enriching finds of a flow: whose it is, where it went, by which name.
 *
 * Invariants: the device is the end on our side, the client's where both or neither are; the domain is
 * the engine's DNS correlation, else the SNI or HTTP host seen for the flow, in this order.
 */
import type { Address } from '#manager/enrich/address-book.ts';
import type { DomainCache } from '#manager/enrich/domain-cache.ts';
import { normalDomain } from '#manager/enrich/domain-name.ts';
import { trafficFacts } from '#manager/enrich/traffic-facts.ts';
import { MODEL_IN_USE, verdictWith } from '#manager/enrich/traffic-model.ts';
import { type TrafficVerdict, trafficType } from '#manager/enrich/traffic-type.ts';
import type { Instant } from '#manager/store/binary-rows.ts';
import {
  cleanText,
  integer,
  type Json,
  object,
  optionalObject,
  optionalText,
  time,
} from './event-fields.ts';

export interface FlowFacts {
  readonly start: Instant;
  readonly end: Instant;
  readonly src: Address | undefined;
  readonly dest: Address | undefined;
  readonly device: Address | undefined;
  readonly domain: string | null;
  readonly country: string | null;
  readonly application: string;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly packets: number;
  /** Both ends sent. */
  readonly answered: boolean;
  /** Of the autonomous system of the remote end. */
  readonly asn: number | null;
  readonly organisation: string | null;
  /** The remote end is of a network that no database names. */
  readonly unnamed: boolean;
  readonly traffic: TrafficVerdict;
}

export interface Ends {
  readonly src: Address | undefined;
  readonly dest: Address | undefined;
}

const kMaxApplicationChars = 64;
/** What the engine writes where its table has no name; the protocol then says more. */
const UNKNOWN_APPLICATION = 'unknown';

export function flowFacts(event: Json, ends: Ends, domains: DomainCache): FlowFacts {
  const { src, dest } = ends;
  const flow = object(event['flow'], 'flow');
  const netmoth = optionalObject(event['netmoth'], 'netmoth');
  const named = optionalText(netmoth?.['domain'], 'netmoth.domain');
  const recognised = optionalText(netmoth?.['application'], 'netmoth.application');
  const application =
    (recognised === UNKNOWN_APPLICATION ? undefined : recognised) ??
    optionalText(event['app_proto'], 'app_proto') ??
    UNKNOWN_APPLICATION;
  const device = dest?.home && src?.home !== true ? dest : src;
  const domain = named === undefined ? domains.of(event['flow_id']) : normalDomain(named);
  const kind = trafficFacts(event, domain);
  const sent = integer(flow['pkts_toserver'], 'flow.pkts_toserver');
  const received = integer(flow['pkts_toclient'], 'flow.pkts_toclient');
  return {
    ...ends,
    start: time(flow['start'], 'flow.start'),
    end: time(flow['end'], 'flow.end'),
    device: device?.unicast === true ? device : undefined,
    domain,
    country: (dest?.home === false ? dest.country : null) ?? src?.country ?? null,
    ...networkOf(ends),
    application: cleanText(application.slice(0, kMaxApplicationChars)),
    bytesToServer: integer(flow['bytes_toserver'], 'flow.bytes_toserver'),
    bytesToClient: integer(flow['bytes_toclient'], 'flow.bytes_toclient'),
    packets: sent + received,
    answered: sent > 0 && received > 0,
    traffic: verdictWith(MODEL_IN_USE, kind, trafficType(kind)),
  };
}

/** Of the end that is not ours: the server's, else the client's. */
function networkOf({ src, dest }: Ends): Pick<FlowFacts, 'asn' | 'organisation' | 'unnamed'> {
  const remote = dest?.home === false && (dest.asn !== null || dest.unnamed) ? dest : src;
  const { asn = null, organisation = null, unnamed = false } = remote ?? {};
  return { asn, organisation, unnamed };
}
