/**
 * One hour of one subject before all detectors: what is found, and what is remembered of it.
 *
 * Invariants: the hour is scored against the state before it, then taught; an hour that is unusual does not teach
 * (kMaxHeld hours in a row at most: then it is the new custom), whether or not its score is high enough to be told;
 * hours of a subject come in order. Nothing here looks at a clock: the same hours give the same findings, whoever judges and how often it was begun anew.
 */
import { rememberCalls } from './beacon-memory.ts';
import { contactUsualKey, networkKey, registeredOf } from './destinations.ts';
import { type BeaconScores, scoreBeacon } from './detectors/beacon.ts';
import { detectDns } from './detectors/dns.ts';
import { detectExfiltration } from './detectors/exfiltration.ts';
import { detectLateral } from './detectors/lateral.ts';
import { detectNotes } from './detectors/notes.ts';
import { detectScans } from './detectors/scan.ts';
import { detectUnusual } from './detectors/unusual.ts';
import { type DeviceState, withServers } from './device-state.ts';
import { type Finding, found, part } from './finding.ts';
import type { Said } from './said.ts';
import { HOURS_OF_WEEK, teach } from './seasons.ts';
import { type Contact, callsOf, type Note, type SubjectHour } from './subject-hour.ts';

export interface JudgeOptions {
  /** Hours from the first of a device until its customs are known. */
  readonly learningHours: number;
  /** The first hour of the network itself; devices of its first day are not new. */
  readonly networkFirstHour: number;
  /** A person said that this is normal. */
  isNormal(finding: Said): boolean;
  /** A person wants to be told of its like from a higher score on. */
  isBelow(finding: Said): boolean;
}

/** A series that looks like a clock's, told to the beacons' list whatever its score from MIN_CANDIDATE on. */
export interface BeaconCandidate {
  readonly target: string;
  readonly scores: BeaconScores;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  readonly beacons: readonly BeaconCandidate[];
}

export const MIN_CANDIDATE = 0.5;
const kMaxHeld = 12;
const kNetworkAgeHours = 24;
const kMacs = 2;
const kHeavyBytes = 1_000_000;

const kEarlyBytes = 1_000;
const kEarlyMissing = 20;
const kEarlyFailed = 7;

/** Every device has them: what is strange in them is seen once the hour is over. */
const ORDINARY_NOTES: ReadonlySet<string> = new Set(['mac', 'dhcp_server']);

/** Whether lookEarly could find anything: cheap, and without the state. */
export function mayTellEarly(hour: SubjectHour): boolean {
  if (hour.nxdomain >= kEarlyMissing) return true;
  for (const { kind } of hour.notes.values()) if (!ORDINARY_NOTES.has(kind)) return true;
  let failed = 0;
  for (const { answered, probes } of hour.contacts.values()) {
    if (answered <= probes) failed += 1;
  }
  if (failed >= kEarlyFailed) return true;
  for (const { informationBits } of hour.domains.values()) {
    if (informationBits / 8 >= kEarlyBytes) return true;
  }
  return false;
}

/** What may be said while the hour goes on: more of it would only say it more strongly. */
export function lookEarly(hour: SubjectHour, state: DeviceState, options: JudgeOptions): Finding[] {
  return [
    ...detectScans(hour, state.scan, usualService(hour, state)).findings,
    ...(hour.device ? [...detectDns(hour, state.dns).findings, ...notesOf(hour, state)] : []),
  ].filter((each) => isTold(each, options));
}

/** Whether a finding is stored and told. */
export function isTold(finding: Finding, options: JudgeOptions): boolean {
  return !options.isNormal(finding) && !options.isBelow(finding);
}

/** Judges a finished hour and teaches `state`, which the caller owns. */
export function judgeHour(hour: SubjectHour, state: DeviceState, options: JudgeOptions): Judgement {
  const isSound = (each: Finding): boolean => isTold(each, options);
  const scan = detectScans(hour, state.scan, usualService(hour, state));
  if (!hour.device) {
    state.scan = scan.memory;
    advance(state, hour.hour);
    return { findings: scan.findings.filter(isSound), beacons: [] };
  }
  const dns = detectDns(hour, state.dns);
  const isLearned = hoursLearned(hour, state) >= options.learningHours;
  const sudden = isLearned
    ? [...detectExfiltration(hour, state), ...detectUnusual(hour, state)].filter(
        (each) => !options.isNormal(each),
      )
    : [];
  const findings = [
    ...[...scan.findings, ...dns.findings, ...notesOf(hour, state)].filter(isSound),
    ...onlyOne(sudden.filter(isSound)),
    ...(isLearned ? detectLateral(hour, state).filter(isSound) : []),
    ...newDevice(hour, state, options).filter(isSound),
  ];
  const beacons = remember(hour, state);
  state.scan = scan.memory;
  state.dns = dns.memory;
  // What comes late finds what is usual now; it is looked at, and teaches nothing.
  if (hour.hour <= state.lastHour) return { findings, beacons };
  const holds = sudden.length > 0 && state.held < kMaxHeld;
  state.held = holds ? state.held + 1 : 0;
  teachHour(hour, state, !holds);
  return { findings, beacons };
}

/**
 * Hours that the customs are known of, silent ones included. A silence longer than all that is remembered teaches
 * nothing: what was seen once long ago (by a clock that stood at 1970, perhaps) is no custom.
 */
function hoursLearned(hour: SubjectHour, state: DeviceState): number {
  if (state.firstHour < 0) return 0;
  const known = state.taught + silentHours(hour, state);
  return Math.min(known, hour.hour - state.firstHour);
}

function silentHours(hour: SubjectHour, state: DeviceState): number {
  const silent = hour.hour - state.lastHour - 1;
  return state.lastHour >= 0 && silent > 0 && silent <= HOURS_OF_WEEK ? silent : 0;
}

/** The same traffic is told once: as what it is, else as unusual. */
function onlyOne(findings: readonly Finding[]): Finding[] {
  const exfiltration = findings.filter(({ kind }) => kind === 'exfiltration');
  return exfiltration.length > 0 ? exfiltration : [...findings];
}

function usualService(hour: SubjectHour, state: DeviceState): (contact: Contact) => boolean {
  return (contact) =>
    (contact.home || contact.name !== null) &&
    state.destinations.has(contactUsualKey(contact), hour.hour);
}

function notesOf(hour: SubjectHour, state: DeviceState): Finding[] {
  return [...detectNotes(hour), ...conflict(hour), ...secondServer(hour, state)];
}

/** By the place where they were seen: at another one an address may have another, a router's. */
function conflict(hour: SubjectHour): Finding[] {
  const places = new Map<string, Note[]>();
  for (const note of hour.notes.values()) {
    if (note.kind !== 'mac') continue;
    const [mac = '', place = ''] = split(note.about);
    const there = places.get(place) ?? [];
    places.set(place, there);
    there.push({ ...note, about: mac });
  }
  return [...places.values()].flatMap((macs) => takingTurns(hour, macs)).slice(0, 1);
}

function split(about: string): readonly string[] {
  const at = about.indexOf(' ');
  return at < 0 ? [about] : [about.slice(0, at), about.slice(at + 1)];
}

/** Two hardware addresses that take turns; a machine that was replaced has one after the other. */
function takingTurns(hour: SubjectHour, macs: readonly Note[]): Finding[] {
  if (macs.length < kMacs) return [];
  const firstSeconds = Math.max(...macs.map((each) => each.firstSeconds));
  const lastSeconds = Math.min(...macs.map((each) => each.lastSeconds));
  if (firstSeconds >= lastSeconds) return [];
  const names = macs.map(({ about }) => about).sort();
  return [
    found({
      ...{ kind: 'arp_spoofing', subject: hour.subject, about: names.join(' ').slice(0, 128) },
      firstSeconds: Math.min(...macs.map((each) => each.firstSeconds)),
      lastSeconds: Math.max(...macs.map((each) => each.lastSeconds)),
      summary: `the address ${hour.subject} is used by ${macs.length} machines in turn: ${names.slice(0, 4).join(', ')}`,
      parts: [part('hardware addresses in turn', 75, String(macs.length), 'one')],
    }),
  ];
}

function secondServer(hour: SubjectHour, state: DeviceState): Finding[] {
  if (state.dhcpServers.length === 0) return [];
  return [...hour.notes.values()]
    .filter(({ kind, about }) => kind === 'dhcp_server' && !state.dhcpServers.includes(about))
    .map(({ about, firstSeconds, lastSeconds }) =>
      found({
        ...{ kind: 'dhcp_spoofing', subject: hour.subject, about, peer: about },
        ...{ firstSeconds, lastSeconds },
        summary: `${hour.subject} got its address from the DHCP server ${about}; until now from ${state.dhcpServers.join(', ')}`,
        parts: [part('DHCP server', 65, about, state.dhcpServers.join(', '))],
      }),
    );
}

function newDevice(hour: SubjectHour, state: DeviceState, options: JudgeOptions): Finding[] {
  const isNew =
    state.firstHour < 0 &&
    hour.flows > 0 &&
    hour.hour - options.networkFirstHour >= kNetworkAgeHours;
  if (!isNew) return [];
  const firstSeconds = hour.hour * 3_600;
  return [
    found({
      ...{ kind: 'new_device', subject: hour.subject, about: '' },
      ...{ firstSeconds, lastSeconds: firstSeconds + 3_599 },
      summary: `${hour.subject} was never seen before; it opened ${hour.flows} flows in its first hour`,
      parts: [part('first seen', 30, 'now', 'known devices')],
    }),
  ];
}

/** Adds the hour to the series, and scores those that went on in it. */
function remember(hour: SubjectHour, state: DeviceState): BeaconCandidate[] {
  const calls = callsOf(hour);
  rememberCalls(state.beacons, hour, calls);
  const candidates: BeaconCandidate[] = [];
  for (const target of calls.keys()) {
    const series = state.beacons.get(target);
    const scores = series === undefined ? undefined : scoreBeacon(series);
    if (series === undefined || scores === undefined || scores.score < MIN_CANDIDATE) continue;
    const { firstMs, lastMs, count } = series;
    candidates.push({ target, scores, firstMs, lastMs, count });
  }
  const called = new Set(
    candidates
      .filter(({ target }) => !target.startsWith('dns '))
      .map(({ target }) => domainOf(target)),
  );
  // The questions before each call are no beacon of their own.
  return candidates.filter(
    ({ target }) => !target.startsWith('dns ') || !called.has(domainOf(target)),
  );
}

function domainOf(target: string): string {
  return registeredOf(target.slice(target.indexOf(' ') + 1));
}

/** Where much goes is remembered longer than where little does: a backup of every week is no surprise. */
function weightOf({ bytesOut }: Contact): number {
  return 1 + Math.max(0, Math.log2(bytesOut / kHeavyBytes));
}

function advance(state: DeviceState, hour: number): void {
  if (state.firstHour < 0) state.firstHour = hour;
  state.lastHour = Math.max(state.lastHour, hour);
}

function teachHour(hour: SubjectHour, state: DeviceState, teaches: boolean): void {
  const { seasons } = state;
  const silentFrom = Math.max(state.lastHour + 1, hour.hour - HOURS_OF_WEEK);
  if (state.lastHour >= 0) {
    for (let silent = silentFrom; silent < hour.hour; silent++) {
      for (const season of Object.values(seasons)) teach(season, silent, 0);
    }
  }
  state.taught += silentHours(hour, state);
  advance(state, hour.hour);
  state.dhcpServers = withServers(
    state.dhcpServers,
    [...hour.notes.values()].filter(({ kind }) => kind === 'dhcp_server').map(({ about }) => about),
  );
  state.peers.merge(hour.peers);
  if (!teaches) return;
  state.taught += 1;
  teach(seasons.bytesOut, hour.hour, hour.bytesOut);
  teach(seasons.bytesIn, hour.hour, hour.bytesIn);
  teach(seasons.flows, hour.hour, hour.flows);
  teach(seasons.peers, hour.hour, hour.peers.count());
  teach(seasons.names, hour.hour, hour.domains.size);
  for (const contact of hour.contacts.values()) {
    if (contact.answered <= contact.probes) continue;
    state.destinations.add(contactUsualKey(contact), hour.hour, weightOf(contact));
    if (contact.port < 32_768) state.services.add(`${contact.proto}/${contact.port}`, hour.hour);
    state.applications.add(contact.application, hour.hour);
    if (contact.country !== null) state.countries.add(contact.country, hour.hour);
    const network = networkKey(contact);
    if (network !== null) state.networks.add(network, hour.hour);
  }
  for (const ja4 of hour.ja4) state.ja4.add(ja4, hour.hour);
}
