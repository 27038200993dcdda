/**
 * What is worth telling the first time it is seen: credentials in clear text, certificates with faults, mining
 * pools, Tor, open proxies, two hardware addresses for one address, two DHCP servers.
 *
 * The noticing is done while events are condensed (gather.ts), where their fields are at hand; here a note becomes
 * a finding, purely. Sources stand beside each kind; docs/detections/.
 */
import { parseIp } from '#manager/enrich/ip-address.ts';
import { type Finding, type FindingKind, found, part } from '../finding.ts';
import type { Note, SubjectHour } from '../subject-hour.ts';

interface NoteKind {
  readonly points: number;
  readonly why: string;
  readonly expected: string;
  summary(subject: string, note: Note): string;
}

/** Kinds of notes that are findings by themselves. */
const KINDS = {
  // RFC 959 (FTP), RFC 854 (telnet): both send passwords as they are typed.
  cleartext_credentials: {
    points: 55,
    why: 'password in clear text',
    expected: 'encrypted, or none',
    summary: (subject, { about, detail }) =>
      `${subject} sent a password in clear text to ${about}: ${detail}`,
  },
  // RFC 5280 section 6: a path that does not validate.
  certificate: {
    points: 35,
    why: 'certificate',
    expected: 'valid, for the name that was asked for',
    summary: (subject, { about, detail }) =>
      `${subject} talked TLS with ${about}, whose certificate is ${detail}`,
  },
  // Stratum, the pools' protocol (docs of the Slush pool, 2012), by port and by the pools' names.
  crypto_mining: {
    points: 70,
    why: 'mining pool',
    expected: 'none',
    summary: (subject, { about, detail }) =>
      `${subject} talks to the mining pool ${about} (${detail})`,
  },
  // tor-spec: relays listen at 9001 and 9030 by default; clients ask for www.<random>.com or .net.
  tor: {
    points: 60,
    why: 'Tor',
    expected: 'none',
    summary: (subject, { about, detail }) => `${subject} uses Tor by way of ${about} (${detail})`,
  },
  // RFC 9110 section 9.3.6 (CONNECT), RFC 1928 (SOCKS).
  open_proxy: {
    points: 50,
    why: 'proxy outside',
    expected: 'none, or one of ours',
    summary: (subject, { about, detail }) =>
      `${subject} uses a proxy outside, ${about} (${detail})`,
  },
  // RFC 826 knows no authentication: whoever answers first is believed.
  arp_spoofing: {
    points: 75,
    why: 'hardware addresses in turn',
    expected: 'one',
    summary: (subject, { detail }) =>
      `the address ${subject} is used by two machines in turn: ${detail}`,
  },
} satisfies Partial<Record<FindingKind, NoteKind>>;

export type NoteFinding = keyof typeof KINDS;

export function detectNotes(hour: SubjectHour): Finding[] {
  return [...hour.notes.values()].flatMap((note) => {
    if (!Object.hasOwn(KINDS, note.kind)) return [];
    const kind = note.kind as NoteFinding;
    const { points, why, expected, summary } = KINDS[kind];
    const { about, detail, count, firstSeconds, lastSeconds } = note;
    return [
      found({
        ...{ kind, subject: hour.subject, about, firstSeconds, lastSeconds },
        peer: peerOf(about),
        summary: summary(hour.subject, note),
        parts: [
          part(why, points, detail, expected),
          part('times', Math.min(10, Math.log2(count) * 2), String(count), 'none'),
        ],
      }),
    ];
  });
}

function peerOf(about: string): string | null {
  return parseIp(about) === undefined ? null : about;
}
