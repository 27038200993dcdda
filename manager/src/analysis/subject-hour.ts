/**
 * What one address did in one hour of the events' own time: the window that every detector looks at.
 *
 * Invariants: merging the parts of an hour gives the same in whatever order they come, as long as no bound is
 * met; every map has a bound, and what is beyond it is counted in `beyond`. An hour holds numbers that are
 * finite, always: nothing here divides.
 */
import type { Address } from '#manager/enrich/address-book.ts';
import { cleanText } from '#manager/ingest/event-fields.ts';

import { Distinct } from './sketch.ts';

export interface EventEnds {
  readonly src: Address | undefined;
  readonly dest: Address | undefined;
}

/** One service that the subject went to. */
export interface Contact {
  readonly peer: string;
  readonly port: number;
  readonly proto: string;
  /** The other end is on our side too. */
  readonly home: boolean;
  flows: number;
  /** Flows that the other end took up. */
  answered: number;
  /** TCP flows that were taken up and carried nothing: what a SYN or connect scan leaves. */
  probes: number;
  bytesOut: number;
  bytesIn: number;
  firstSeconds: number;
  lastSeconds: number;
  name: string | null;
  country: string | null;
  /** `AS15169 GOOGLE`: the autonomous system that it is of, where it is known. */
  network: string | null;
  application: string;
  /** When it was called, where calls of the kind may be a clock's. */
  readonly samples: Samples;
}

/** Questions below one registered domain. */
export interface DomainQueries {
  queries: number;
  /** Different names asked for below it, by hash; MAX_NAMES of them. */
  readonly names: Set<number>;
  /** Bits that the different names could carry: their characters times the entropy of these. */
  informationBits: number;
  /** Questions for types that carry much: TXT, NULL, CNAME, MX, SRV, ANY. */
  bulkTypes: number;
  /** Characters of the longest part below the domain. */
  longest: number;
  readonly samples: Samples;
}

/** When something was addressed, in milliseconds since 1970, and with how many bytes. */
export interface Samples {
  readonly timesMs: number[];
  readonly bytes: number[];
}

/** Something that is worth telling by itself: a password in clear text, a bad certificate. */
export interface Note {
  readonly kind: string;
  /** What it is about, beside the subject: part of what makes it one and the same. */
  readonly about: string;
  detail: string;
  count: number;
  firstSeconds: number;
  lastSeconds: number;
}

export interface SubjectHour {
  /** An address as canonicalIp writes it. */
  readonly subject: string;
  /** Hours since 1970. */
  readonly hour: number;
  /** A device of ours; otherwise somebody from outside who came to one. */
  device: boolean;
  flows: number;
  /** Flows that others opened to it. */
  served: number;
  bytesOut: number;
  bytesIn: number;
  queries: number;
  nxdomain: number;
  readonly contacts: Map<string, Contact>;
  readonly peers: Distinct;
  readonly domains: Map<string, DomainQueries>;
  /** Registered domains that do not exist; 1 where the name looks made by a program. */
  readonly missing: Map<string, number>;
  /** Requests of HTTP by host. Calls of other kinds lie with their contact or domain (callsOf). */
  readonly samples: Map<string, Samples>;
  readonly ja4: Set<string>;
  readonly notes: Map<string, Note>;
  /** What found no room in one of the maps. */
  beyond: number;
}

export const MAX_CONTACTS = 2_048;
export const MAX_DOMAINS = 256;
export const MAX_NAMES = 512;
export const MAX_MISSING = 256;
export const MAX_TARGETS = 384;
export const MAX_SAMPLES = 720;
export const MAX_JA4 = 32;
export const MAX_NOTES = 64;
export const HOUR_SECONDS = 3_600;

export function emptyHour(subject: string, hour: number, device: boolean): SubjectHour {
  return {
    ...{ subject, hour, device, flows: 0, served: 0, bytesOut: 0, bytesIn: 0 },
    ...{ queries: 0, nxdomain: 0, beyond: 0 },
    contacts: new Map(),
    peers: new Distinct(),
    domains: new Map(),
    missing: new Map(),
    samples: new Map(),
    ja4: new Set(),
    notes: new Map(),
  };
}

/** The value of `key`, made where there is room; undefined, and counted, where there is none. */
export function within<V>(
  hour: SubjectHour,
  map: Map<string, V>,
  bound: number,
  key: string,
  make: () => V,
): V | undefined {
  const known = map.get(key);
  if (known !== undefined) return known;
  if (map.size >= bound) {
    hour.beyond += 1;
    return undefined;
  }
  const made = make();
  map.set(key, made);
  return made;
}

export function contactKey(peer: string, port: number, proto: string): string {
  return `${proto} ${port} ${peer}`;
}

/** Adds `part` to `whole`, which is of the same subject and hour. */
export function mergeHour(whole: SubjectHour, part: SubjectHour): void {
  whole.device ||= part.device;
  whole.flows += part.flows;
  whole.served += part.served;
  whole.bytesOut += part.bytesOut;
  whole.bytesIn += part.bytesIn;
  whole.queries += part.queries;
  whole.nxdomain += part.nxdomain;
  whole.beyond += part.beyond;
  whole.peers.merge(part.peers);
  for (const [key, contact] of part.contacts) {
    const known = within(whole, whole.contacts, MAX_CONTACTS, key, () => unusedContact(contact));
    if (known !== undefined) addContact(known, contact);
  }
  mergeNames(whole, part);
  for (const [target, samples] of part.samples) {
    const known = within(whole, whole.samples, MAX_TARGETS, target, newSamples);
    if (known !== undefined) addSamples(known, samples);
  }
  for (const [key, note] of part.notes) {
    const known = within(whole, whole.notes, MAX_NOTES, key, () => ({ ...note, count: 0 }));
    if (known === undefined) continue;
    known.count += note.count;
    known.firstSeconds = Math.min(known.firstSeconds, note.firstSeconds);
    known.lastSeconds = Math.max(known.lastSeconds, note.lastSeconds);
  }
}

export function newSamples(): Samples {
  return { timesMs: [], bytes: [] };
}

export function addSample(samples: Samples, timeMs: number, bytes: number): void {
  if (samples.timesMs.length >= MAX_SAMPLES) return;
  samples.timesMs.push(timeMs);
  samples.bytes.push(bytes);
}

function addSamples(known: Samples, more: Samples): void {
  for (let at = 0; at < more.timesMs.length; at++) {
    addSample(known, more.timesMs[at] ?? 0, more.bytes[at] ?? 0);
  }
}

/** Everything that was called in the hour, by target: `tls`, `quic`, `http`, `dns` and a name, or an address. */
export function callsOf(hour: SubjectHour): Map<string, Samples> {
  const calls = new Map<string, Samples>();
  const add = (name: string, samples: Samples): void => {
    if (samples.timesMs.length === 0) return;
    const target = cleanText(name);
    const known = calls.get(target) ?? newSamples();
    calls.set(target, known);
    addSamples(known, samples);
  };
  for (const { samples, name, proto, peer, port } of hour.contacts.values()) {
    const target =
      name === null ? `${proto} ${peer}:${port}` : `${proto === 'UDP' ? 'quic' : 'tls'} ${name}`;
    add(target, samples);
  }
  for (const [host, samples] of hour.samples) add(`http ${host}`, samples);
  for (const [domain, { samples }] of hour.domains) add(`dns ${domain}`, samples);
  return calls;
}

export function newDomain(): DomainQueries {
  return {
    ...{ queries: 0, names: new Set<number>(), informationBits: 0 },
    ...{ bulkTypes: 0, longest: 0, samples: newSamples() },
  };
}

function unusedContact(like: Contact): Contact {
  const samples = newSamples();
  return { ...like, flows: 0, answered: 0, probes: 0, bytesOut: 0, bytesIn: 0, samples };
}

function addContact(known: Contact, more: Contact): void {
  known.flows += more.flows;
  known.answered += more.answered;
  known.probes += more.probes;
  known.bytesOut += more.bytesOut;
  known.bytesIn += more.bytesIn;
  addSamples(known.samples, more.samples);
  known.firstSeconds = Math.min(known.firstSeconds, more.firstSeconds);
  known.lastSeconds = Math.max(known.lastSeconds, more.lastSeconds);
  // The first in order of the alphabet, so that the order of merging never shows.
  known.name = firstOf(known.name, more.name);
  known.country ??= more.country;
  known.network ??= more.network;
  if (known.application === 'unknown') known.application = more.application;
}

function firstOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function mergeNames(whole: SubjectHour, part: SubjectHour): void {
  for (const [domain, more] of part.domains) {
    const known = within(whole, whole.domains, MAX_DOMAINS, domain, newDomain);
    if (known === undefined) continue;
    known.queries += more.queries;
    known.bulkTypes += more.bulkTypes;
    addSamples(known.samples, more.samples);
    known.longest = Math.max(known.longest, more.longest);
    // Names that both parts have carry their information once: by the share that is new.
    let fresh = 0;
    for (const name of more.names) {
      if (known.names.has(name) || known.names.size >= MAX_NAMES) continue;
      fresh += 1;
      known.names.add(name);
    }
    if (more.names.size > 0) {
      known.informationBits += (more.informationBits * fresh) / more.names.size;
    }
  }
  for (const [domain, random] of part.missing) {
    within(whole, whole.missing, MAX_MISSING, domain, () => random);
  }
  for (const ja4 of part.ja4) if (whole.ja4.size < MAX_JA4) whole.ja4.add(ja4);
}
