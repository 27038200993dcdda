/**
 * Port and host scans: threshold random walk, and counts.
 *
 * Source: J. Jung, V. Paxson, A. Berger, H. Balakrishnan, "Fast Portscan Detection Using Sequential Hypothesis
 * Testing", IEEE S&P 2004: each first contact multiplies a likelihood ratio by (1-θ1)/(1-θ0) when it fails and by
 * θ1/θ0 when it succeeds; above β/α the subject scans. The paper counts hosts; here a first contact is one of a
 * service (host, port), so that vertical scans walk too.
 *
 * A pure function of the hour and of what is remembered; docs/detections/scans.md.
 */
import { durationText, type Finding, found, part } from '../finding.ts';
import { type Contact, contactKey, type SubjectHour } from '../subject-hour.ts';

/** What is remembered of a subject from hour to hour. */
export interface ScanMemory {
  /** log2 of the likelihood ratio. */
  walk: number;
  /** First contacts that failed: service and time. Newest last, MAX_FAILED of them. */
  failed: [service: string, seconds: number][];
  /** First contacts that were taken up, by port. */
  answered: Record<string, number>;
}

export const MAX_FAILED = 192;
const kMaxPorts = 32;
/** θ0 = 0.8, θ1 = 0.2: a success divides by four, a failure multiplies by four. */
const kStepBits = 2;
/** β/α = 0.99/0.01, and (1-β)/(1-α) below. */
const kScanBits = Math.log2(99);
const kFast = 15;
/** Enough where the walk has reached its threshold too. */
const kFastWithWalk = 7;
const kSlow = 10;
const kSlowHours = 3;
const kMemorySeconds = 7 * 86_400;
/** Of the first contacts in the same direction, those that failed. */
const kFailedShare = 0.6;
/** Answers to what a server asks of many others, where silence is common and means nothing. */
const CHATTY_UDP: ReadonlySet<number> = new Set([53, 123, 443, 1900, 3478, 5351, 5353, 19302]);

export function emptyScanMemory(): ScanMemory {
  return { walk: 0, failed: [], answered: {} };
}

interface Outcome {
  readonly contact: Contact;
  readonly failed: boolean;
}

interface Direction {
  readonly failed: Contact[];
  total: number;
}

export interface ScanResult {
  readonly findings: readonly Finding[];
  /** What to remember when the hour is over. */
  readonly memory: ScanMemory;
}

/** `isUsual` tells services that the subject knows: going to them again is no first contact. */
export function detectScans(
  hour: SubjectHour,
  before: ScanMemory,
  isUsual: (contact: Contact) => boolean,
): ScanResult {
  const outcomes = [...hour.contacts.values()]
    .filter((contact) => !isUsual(contact) && counts(contact))
    .sort(byTime)
    .map((contact) => ({ contact, failed: contact.answered - contact.probes <= 0 }));
  const memory = remembered(before, outcomes, hour);
  const walkedOver = memory.peak >= kScanBits;
  const findings = [
    ...verticalOf(hour, outcomes, walkedOver),
    ...horizontalOf(hour, outcomes, walkedOver),
  ];
  if (findings.length === 0) findings.push(...slowOf(hour, memory.kept));
  return { findings, memory: memory.kept };
}

function byTime(a: Contact, b: Contact): number {
  return a.firstSeconds - b.firstSeconds || a.port - b.port || (a.peer < b.peer ? -1 : 1);
}

function counts({ proto, port }: Contact): boolean {
  return proto === 'TCP' || (proto === 'UDP' && !CHATTY_UDP.has(port)) || proto === 'SCTP';
}

function remembered(before: ScanMemory, outcomes: readonly Outcome[], hour: SubjectHour) {
  let { walk } = before;
  let peak = walk;
  const answered = { ...before.answered };
  const failed = new Map(before.failed);
  for (const { contact, failed: isFailure } of outcomes) {
    const service = contactKey(contact.peer, contact.port, contact.proto);
    if (failed.has(service)) continue;
    walk = Math.max(-kScanBits, walk + (isFailure ? kStepBits : -kStepBits));
    walk = Math.min(walk, 2 * kScanBits);
    peak = Math.max(peak, walk);
    if (isFailure) failed.set(service, contact.firstSeconds);
    else {
      const key = directionOf(contact);
      if (key in answered || Object.keys(answered).length < kMaxPorts) {
        answered[key] = (answered[key] ?? 0) + 1;
      }
    }
  }
  const oldest = (hour.hour + 1) * 3_600 - kMemorySeconds;
  const kept: ScanMemory = {
    walk,
    failed: [...failed].filter(([, seconds]) => seconds >= oldest).slice(-MAX_FAILED),
    answered: Object.fromEntries(
      // Half of a day's answers are forgotten in a day, so that one busy day does not excuse a week.
      Object.entries(answered)
        .map(([key, count]): [string, number] => [key, count * 0.97])
        .filter(([, count]) => count > 0.2),
    ),
  };
  return { kept, peak };
}

function directionOf({ proto, port, home }: Pick<Contact, 'proto' | 'port' | 'home'>): string {
  return `${proto} ${port} ${home ? 'in' : 'out'}`;
}

function directions(
  outcomes: readonly Outcome[],
  keyOf: (contact: Contact) => string,
): Map<string, Direction> {
  const groups = new Map<string, Direction>();
  for (const { contact, failed } of outcomes) {
    const key = keyOf(contact);
    const group = groups.get(key) ?? { failed: [], total: 0 };
    groups.set(key, group);
    group.total += 1;
    if (failed) group.failed.push(contact);
  }
  return groups;
}

function isScan({ failed, total }: Direction, walkedOver: boolean): boolean {
  const enough = failed.length >= (walkedOver ? kFastWithWalk : kFast);
  return enough && failed.length >= kFailedShare * total;
}

function scanParts({ failed, total }: Direction, what: string) {
  const answered = total - failed.length;
  return [
    part('targets', Math.min(40, 20 + 4 * Math.log2(total)), `${total} ${what}`, 'few new ones'),
    part(
      'unanswered',
      40 * (failed.length / total),
      `${failed.length} of ${total}`,
      'most answer: benign hosts 80 %',
    ),
    part('answered', answered > 0 ? 10 : 0, String(answered), 'none'),
  ];
}

function spanOf(contacts: readonly Contact[]) {
  const firstSeconds = contacts.reduce((min, each) => Math.min(min, each.firstSeconds), Infinity);
  const lastSeconds = contacts.reduce((max, each) => Math.max(max, each.lastSeconds), 0);
  return { firstSeconds, lastSeconds };
}

function verticalOf(hour: SubjectHour, outcomes: readonly Outcome[], over: boolean): Finding[] {
  return [...directions(outcomes, ({ peer, proto }) => `${proto} ${peer}`)].flatMap(([, group]) => {
    const [first] = group.failed;
    if (first === undefined || !isScan(group, over)) return [];
    const { peer, proto } = first;
    const span = spanOf(group.failed);
    const took = durationText(span.lastSeconds - span.firstSeconds);
    return [
      found({
        kind: 'scan_vertical',
        subject: hour.subject,
        about: peer,
        peer,
        proto,
        ...span,
        summary: `${hour.subject} tried ${group.total} ${proto} ports of ${peer} in ${took}; ${group.total - group.failed.length} answered`,
        parts: scanParts(group, 'ports'),
      }),
    ];
  });
}

function horizontalOf(hour: SubjectHour, outcomes: readonly Outcome[], over: boolean): Finding[] {
  return [...directions(outcomes, directionOf)].flatMap(([about, group]) => {
    const [first] = group.failed;
    if (first === undefined || !isScan(group, over)) return [];
    const { port, proto } = first;
    const span = spanOf(group.failed);
    const took = durationText(span.lastSeconds - span.firstSeconds);
    return [
      found({
        kind: 'scan_horizontal',
        subject: hour.subject,
        about,
        port,
        proto,
        ...span,
        summary: `${hour.subject} tried ${proto} port ${port} of ${group.total} addresses in ${took}; ${group.total - group.failed.length} answered`,
        parts: scanParts(group, 'addresses'),
      }),
    ];
  });
}

/** The same over hours and days, from what is remembered. */
function slowOf(hour: SubjectHour, { failed, answered }: ScanMemory): Finding[] {
  const byPort = new Map<string, [string, number][]>();
  const byPeer = new Map<string, [string, number][]>();
  for (const entry of failed) {
    const [proto = '', port = '', peer = ''] = entry[0].split(' ');
    push(byPort, `${proto} ${port}`, entry);
    push(byPeer, `${proto} ${peer}`, entry);
  }
  const thisHour = hour.hour * 3_600;
  const slow = ([, entries]: [string, [string, number][]]): boolean => {
    const hours = new Set(entries.map(([, seconds]) => Math.floor(seconds / 3_600)));
    // Told when it goes on, not again in every hour of the week in which it is remembered.
    const goesOn = entries.some(([, seconds]) => seconds >= thisHour - 3_600);
    return entries.length >= kSlow && hours.size >= kSlowHours && goesOn;
  };
  const ports = [...byPort].filter(slow).filter(([key, entries]) => {
    const taken = (answered[`${key} in`] ?? 0) + (answered[`${key} out`] ?? 0);
    return entries.length >= kFailedShare * (entries.length + taken);
  });
  const peers = [...byPeer].filter(slow);
  return [
    ...ports.map((each) => slowFinding(hour, each, 'addresses')),
    ...peers.map((each) => slowFinding(hour, each, 'ports')),
  ];
}

function slowFinding(
  hour: SubjectHour,
  [about, entries]: [string, [string, number][]],
  what: 'addresses' | 'ports',
): Finding {
  const [proto = '', other = ''] = about.split(' ');
  const seconds = entries.map(([, each]) => each);
  const firstSeconds = Math.min(...seconds);
  const lastSeconds = Math.max(...seconds);
  const span = durationText(lastSeconds - firstSeconds);
  const target = what === 'ports' ? `${proto} ports of ${other}` : `addresses at ${proto} ${other}`;
  return found({
    kind: 'scan_slow',
    subject: hour.subject,
    about,
    proto,
    ...(what === 'ports' ? { peer: other } : { port: Number(other) }),
    ...{ firstSeconds, lastSeconds },
    summary: `${hour.subject} tried ${entries.length} ${target} over ${span}, and nobody answered`,
    parts: [
      part(
        'targets',
        Math.min(45, 25 + 4 * Math.log2(entries.length)),
        `${entries.length} ${what}`,
        'few',
      ),
      part('unanswered', 30, `${entries.length}`, 'most answer: benign hosts 80 %'),
    ],
  });
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
