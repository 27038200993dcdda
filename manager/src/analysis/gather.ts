/**
 * Condenses the events of one transaction into parts of hours of subjects, for the analysis to take up.
 *
 * Invariants: an event counts in the hour of its own time (a flow in that of its end, as in the rollups), never of
 * its arrival; what is gathered is written in the transaction that stores the events, so an event is analysed
 * exactly once. Bounds: MAX_SUBJECTS for devices that somebody answered, and as many for all others; beyond it new
 * ones are counted, not kept, so that a scan with a million made-up senders costs a number, and no device its place.
 */
import { canonicalIp } from '#manager/enrich/ip-address.ts';
import { cleanText, type Json } from '#manager/ingest/event-fields.ts';
import type { FlowFacts } from '#manager/ingest/flow-facts.ts';
import type { Instant } from '#manager/store/binary-rows.ts';
import { informationBits, looksRandom } from './detectors/dns.ts';
import type { DomainNames, DomainParts } from './domain-parts.ts';
import { noteDhcp, noteEvent, noteFlow } from './note-events.ts';
import { hash32 } from './sketch.ts';
import {
  addSample,
  type Contact,
  contactKey,
  type EventEnds,
  emptyHour,
  HOUR_SECONDS,
  MAX_CONTACTS,
  MAX_DOMAINS,
  MAX_JA4,
  MAX_MISSING,
  MAX_NAMES,
  MAX_TARGETS,
  newDomain,
  newSamples,
  type SubjectHour,
  within,
} from './subject-hour.ts';

/** Subjects of one transaction, of each of two kinds, times the hours in which they were seen. */
export const MAX_SUBJECTS = 8_192;
const kSyn = 0x02;
const kAck = 0x10;
const kRst = 0x04;
/** A TCP flow of so few packets and bytes carried nothing. */
const kProbePackets = 3;
const kProbeBytes = 260;
const kMaxNameChars = 128;
const kDhcpServerPort = 67;
const BULK_TYPES: ReadonlySet<unknown> = new Set(['TXT', 'NULL', 'CNAME', 'MX', 'SRV', 'ANY']);

export class Gatherer {
  readonly #names: DomainNames;
  readonly #hours = new Map<number, Map<string, SubjectHour>>();
  /** With an answer, and without. */
  #answered = 0;
  #unanswered = 0;
  /** Events of subjects for which there was no room. */
  beyond = 0;

  constructor(names: DomainNames) {
    this.#names = names;
  }

  /** `source` is the sensor and node that saw it. */
  addFlow(event: Json, flow: FlowFacts, source = ''): void {
    const { src, dest, device } = flow;
    const hour = Math.floor(flow.end.seconds / HOUR_SECONDS);
    if (src?.unicast !== true || dest === undefined) return;
    const subject = this.#subject(event['src_ip'], hour, {
      device: device === src || src.home,
      answered: src.home && flow.bytesToClient > 0,
    });
    if (subject !== undefined) addClientFlow(subject, event, flow, source);
    // A scan of addresses that nobody has makes no devices of them.
    if (!dest.home || dest === src || flow.bytesToClient === 0) return;
    const server = this.#subject(event['dest_ip'], hour, { device: true, answered: true });
    if (server === undefined) return;
    server.served += 1;
    server.bytesOut += flow.bytesToClient;
    server.bytesIn += flow.bytesToServer;
  }

  addEvent(type: string, event: Json, at: Instant, ends: EventEnds): void {
    const hour = Math.floor(at.seconds / HOUR_SECONDS);
    if (type === 'dhcp') {
      this.#addDhcp(event, at, hour);
      return;
    }
    if (ends.src?.unicast !== true) return;
    switch (type) {
      case 'dns':
        if (ends.src.home) this.#addDns(event, at, hour);
        return;
      case 'http':
      case 'tls':
      case 'quic':
      case 'ftp': {
        const { home } = ends.src;
        const subject = this.#subject(event['src_ip'], hour, { device: home, answered: home });
        if (subject === undefined) return;
        if (type === 'http' && ends.dest?.home === false) sampleHttp(subject, event, at);
        const ja4 = (event[type] as Json | undefined)?.['ja4'];
        if (typeof ja4 === 'string' && subject.ja4.size < MAX_JA4)
          subject.ja4.add(cleanText(ja4.slice(0, 64)));
        noteEvent(subject, type, event, at, ends);
      }
    }
  }

  /** What was gathered, hour by hour, subjects in the order in which they were seen. */
  hours(): SubjectHour[] {
    return [...this.#hours.values()].flatMap((subjects) => [...subjects.values()].filter(isWorth));
  }

  #subject(
    ip: unknown,
    hour: number,
    { device, answered }: { readonly device: boolean; readonly answered: boolean },
  ): SubjectHour | undefined {
    if (typeof ip !== 'string') return undefined;
    let subjects = this.#hours.get(hour);
    if (subjects === undefined) {
      subjects = new Map();
      this.#hours.set(hour, subjects);
    }
    const known = subjects.get(ip);
    if (known !== undefined) {
      if (device) known.device = true;
      return known;
    }
    const subject = canonicalIp(ip);
    if (subject === undefined) return undefined;
    if ((answered ? this.#answered : this.#unanswered) >= MAX_SUBJECTS) {
      this.beyond += 1;
      return undefined;
    }
    if (answered) this.#answered += 1;
    else this.#unanswered += 1;
    const made = emptyHour(subject, hour, device);
    subjects.set(ip, made);
    return made;
  }

  /** Which server gave the address: noted at who got it. */
  #addDhcp(event: Json, at: Instant, hour: number): void {
    const dhcp = event['dhcp'] as Json | undefined;
    const assigned = dhcp?.['assigned_ip'];
    const isReply = dhcp?.['dhcp_type'] === 'offer' || dhcp?.['dhcp_type'] === 'ack';
    if (!isReply || typeof assigned !== 'string' || assigned === '0.0.0.0') return;
    const server = event['src_port'] === kDhcpServerPort ? event['src_ip'] : event['dest_ip'];
    if (typeof server !== 'string') return;
    const subject = this.#subject(assigned, hour, { device: true, answered: false });
    if (subject !== undefined) noteDhcp(subject, server, at.seconds);
  }

  #addDns(event: Json, at: Instant, hour: number): void {
    const dns = event['dns'] as Json | undefined;
    const type = dns?.['type'];
    const queries = dns?.['queries'];
    const asked = Array.isArray(queries) ? (queries[0] as Json | undefined) : dns;
    const name = asked?.['rrname'] ?? dns?.['rrname'];
    if (typeof name !== 'string' || name === '') return;
    const isAnswer = type === 'answer' || type === 'response';
    const subject = this.#subject(event['src_ip'], hour, { device: true, answered: isAnswer });
    if (subject === undefined) return;
    const parts = this.#names.partsOf(name);
    if (!isAnswer) {
      subject.queries += 1;
      addQuestion(subject, parts, asked?.['rrtype'], at);
    } else if (dns?.['rcode'] === 'NXDOMAIN') addMissing(subject, parts);
  }
}

/** Somebody from outside to whom everything was answered is a visitor: nothing to look at. */
function isWorth(hour: SubjectHour): boolean {
  if (hour.device || hour.notes.size > 0) return true;
  for (const { answered, flows, probes } of hour.contacts.values()) {
    if (answered < flows || probes > 0) return true;
  }
  return hour.contacts.size > 2;
}

function addClientFlow(subject: SubjectHour, event: Json, flow: FlowFacts, source: string): void {
  const peer = event['dest_ip'] as string;
  const proto = typeof event['proto'] === 'string' ? event['proto'] : '';
  const port = typeof event['dest_port'] === 'number' ? event['dest_port'] : 0;
  const { bytesToServer, bytesToClient, start, end, dest, domain } = flow;
  subject.flows += 1;
  subject.bytesOut += bytesToServer;
  subject.bytesIn += bytesToClient;
  if (dest?.unicast !== true) return;
  subject.peers.add(peer);
  const outcome = outcomeOf(event, proto, flow);
  if (outcome === 'midstream' && domain === null) return;
  const key = contactKey(peer, port, proto);
  const contact =
    subject.contacts.get(key) ??
    within(subject, subject.contacts, MAX_CONTACTS, key, () => newContact(event, flow, key));
  if (contact === undefined) return;
  contact.flows += 1;
  if (outcome !== 'unanswered') contact.answered += 1;
  if (outcome === 'probe') contact.probes += 1;
  contact.bytesOut += bytesToServer;
  contact.bytesIn += bytesToClient;
  if (start.seconds < contact.firstSeconds) contact.firstSeconds = start.seconds;
  if (end.seconds > contact.lastSeconds) contact.lastSeconds = end.seconds;
  // Of several names the first of the alphabet, so that the order of events never shows.
  if (domain !== null && (contact.name === null || domain < contact.name)) {
    contact.name = domain.slice(0, kMaxNameChars);
  }
  noteFlow(subject, event, flow, source);
  // Clocks within the house are monitors and file servers: beacons are looked for outside.
  if (dest.home || event['app_proto'] === 'http' || event['app_proto'] === 'dns' || port === 123)
    return;
  addSample(contact.samples, millis(start), bytesToServer);
}

function millis({ seconds, micros }: Instant): number {
  return seconds * 1_000 + Math.floor(micros / 1_000);
}

/** One object in one piece: made for every service of every transaction. */
function newContact(
  event: Json,
  { start, end, dest, domain, country, application, asn, organisation }: FlowFacts,
  key: string,
): Contact {
  const [proto = '', port = '0'] = key.split(' ', 2);
  return {
    peer: event['dest_ip'] as string,
    port: Number(port),
    proto,
    home: dest?.home === true,
    flows: 0,
    answered: 0,
    probes: 0,
    bytesOut: 0,
    bytesIn: 0,
    firstSeconds: start.seconds,
    lastSeconds: end.seconds,
    name: domain === null ? null : domain.slice(0, kMaxNameChars),
    country,
    network: networkName(asn, organisation),
    application,
    samples: newSamples(),
  };
}

function networkName(asn: number | null, organisation: string | null): string | null {
  if (asn === null) return null;
  return organisation === null ? `AS${asn}` : `AS${asn} ${organisation}`;
}

type Outcome = 'answered' | 'unanswered' | 'probe' | 'midstream';

/** Whether the other end took up the flow; for TCP by the handshake, for others by any answer. */
function outcomeOf(
  event: Json,
  proto: string,
  { packets, bytesToServer, bytesToClient }: FlowFacts,
): Outcome {
  if (proto !== 'TCP') return bytesToClient > 0 ? 'answered' : 'unanswered';
  const tcp = event['tcp'] as Json | undefined;
  const toServer = flagsOf(tcp?.['tcp_flags_ts']);
  const toClient = flagsOf(tcp?.['tcp_flags_tc']);
  if ((toServer & kSyn) === 0) {
    // FIN, NULL and XMAS scans send no SYN either, and get a reset or nothing.
    const silent = bytesToClient === 0 || (toClient & (kRst | kSyn)) === kRst;
    return silent && packets <= kProbePackets ? 'unanswered' : 'midstream';
  }
  if ((toClient & (kSyn | kAck)) !== (kSyn | kAck)) return 'unanswered';
  const carriesNothing = packets <= 2 * kProbePackets && bytesToServer <= kProbeBytes;
  return carriesNothing && bytesToClient <= kProbeBytes ? 'probe' : 'answered';
}

function flagsOf(text: unknown): number {
  return typeof text === 'string' ? Number.parseInt(text, 16) || 0 : 0;
}

function sampleHttp(subject: SubjectHour, event: Json, at: Instant): void {
  const http = event['http'] as Json | undefined;
  const host = http?.['hostname'];
  const target = typeof host === 'string' && host !== '' ? host : event['dest_ip'];
  const url = http?.['url'];
  const size = typeof url === 'string' ? url.length : 0;
  const key = cleanText(String(target).slice(0, kMaxNameChars));
  const samples = within(subject, subject.samples, MAX_TARGETS, key, newSamples);
  if (samples !== undefined) addSample(samples, millis(at), size);
}

function addQuestion(
  subject: SubjectHour,
  { domain, below }: DomainParts,
  rrtype: unknown,
  at: Instant,
): void {
  if (domain === null) return;
  const asked = within(subject, subject.domains, MAX_DOMAINS, domain, newDomain);
  if (asked === undefined) return;
  asked.queries += 1;
  addSample(asked.samples, millis(at), domain.length + below.length);
  if (BULK_TYPES.has(rrtype)) asked.bulkTypes += 1;
  if (below.length > asked.longest) asked.longest = below.length;
  const name = hash32(below);
  if (below === '' || asked.names.has(name)) return;
  // Beyond them nobody could tell a repetition from what is new.
  if (asked.names.size >= MAX_NAMES) return;
  asked.names.add(name);
  asked.informationBits += informationBits(below);
}

function addMissing(subject: SubjectHour, { domain, label }: DomainParts): void {
  subject.nxdomain += 1;
  if (domain === null) return;
  within(subject, subject.missing, MAX_MISSING, domain, () => (looksRandom(label) ? 1 : 0));
}
