/**
 * DNS as a tunnel, as a machine that guesses domains, and as a storm of questions for what does not exist.
 *
 * Sources: V. Paxson et al., "Practical Comprehensive Bounds on Surreptitious Communication Over DNS", USENIX
 * Security 2013, for the measure (the information that the different names below one registered domain can carry);
 * M. Antonakakis et al., "From Throw-Away Traffic to Bots", USENIX Security 2012, for domains that do not exist as
 * the sign of a domain generation algorithm.
 *
 * Pure functions of an hour and of a day's sums; docs/detections/dns.md.
 */
import { bytesText, type Finding, found, part } from '../finding.ts';
import type { DomainQueries, SubjectHour } from '../subject-hour.ts';

/** What each registered domain could carry lately: bytes that fade by kFade in an hour. */
export type DnsMemory = Record<string, number>;

const kMaxRemembered = 24;
const kFade = 0.97;
/** Bytes of an hour, and of about a day; the paper's bound for a day is 4 kB after its compression. */
const kHourBytes = 6_000;
const kDayBytes = 24_000;
const kMinNames = 60;
const kMinLongest = 20;
/** Zones in which many different names say nothing. */
const PLAIN_ZONES = /(^|\.)(arpa|local|localhost|lan|home|internal|corp)$/;
const kRandomNames = 25;
const kRandomShare = 0.5;
const kStorm = 150;
const kStormShare = 0.6;

export interface DnsResult {
  readonly findings: readonly Finding[];
  readonly memory: DnsMemory;
}

export function detectDns(hour: SubjectHour, before: DnsMemory): DnsResult {
  const memory: DnsMemory = {};
  const findings: Finding[] = [];
  for (const [domain, asked] of hour.domains) {
    if (PLAIN_ZONES.test(domain)) continue;
    const nowBytes = asked.informationBits / 8;
    const dayBytes = (before[domain] ?? 0) * kFade + nowBytes;
    if (nowBytes > 50 || domain in before) memory[domain] = Math.round(dayBytes);
    const carries = nowBytes >= kHourBytes || dayBytes >= kDayBytes;
    const isTunnel = carries && asked.longest >= kMinLongest && asked.names.size >= kMinNames / 4;
    if (isTunnel && (asked.names.size >= kMinNames || dayBytes >= kDayBytes)) {
      findings.push(tunnel(hour, domain, asked, { nowBytes, dayBytes }));
    }
  }
  for (const [domain, bytes] of Object.entries(before)) {
    if (!(domain in memory) && bytes > 100) memory[domain] = Math.round(bytes * kFade);
  }
  findings.push(...missingOf(hour));
  const heaviest = Object.entries(memory).sort(([, a], [, b]) => b - a);
  return { findings, memory: Object.fromEntries(heaviest.slice(0, kMaxRemembered)) };
}

function tunnel(
  hour: SubjectHour,
  domain: string,
  asked: DomainQueries,
  { nowBytes, dayBytes }: { readonly nowBytes: number; readonly dayBytes: number },
): Finding {
  const { names, queries, longest, bulkTypes } = asked;
  return found({
    kind: 'dns_tunnel',
    subject: hour.subject,
    about: domain,
    ...spanOf(hour),
    summary: `${hour.subject} asked for ${names.size} different names below ${domain} in an hour, which can carry ${bytesText(nowBytes)} out; ${bytesText(dayBytes)} lately`,
    parts: [
      part(
        'information',
        40,
        `${bytesText(nowBytes)} in an hour`,
        `under ${bytesText(kHourBytes)}`,
      ),
      part(
        'different names',
        Math.min(20, names.size / 10),
        String(names.size),
        `under ${kMinNames}`,
      ),
      part('length', longest >= 40 ? 15 : 8, `${longest} characters`, `under ${kMinLongest}`),
      part(
        'record types',
        bulkTypes > queries / 4 ? 20 : 0,
        `${bulkTypes} of ${queries} TXT, NULL, CNAME, MX`,
        'few',
      ),
    ],
  });
}

function missingOf(hour: SubjectHour): Finding[] {
  const missing = hour.missing.size;
  let random = 0;
  for (const each of hour.missing.values()) random += each;
  if (random >= kRandomNames && random >= kRandomShare * missing) {
    return [
      found({
        kind: 'dga',
        subject: hour.subject,
        about: '',
        ...spanOf(hour),
        summary: `${hour.subject} asked for ${missing} domains that do not exist, ${random} of them made up by a program by their look`,
        parts: [
          part(
            'domains that do not exist',
            Math.min(50, 25 + random / 2),
            String(missing),
            'a few',
          ),
          part('made by a program', 30, `${random} of ${missing}`, `under ${kRandomNames}`),
        ],
      }),
    ];
  }
  const storm = hour.nxdomain >= kStorm && hour.nxdomain >= kStormShare * hour.queries;
  if (!storm) return [];
  return [
    found({
      kind: 'nxdomain_storm',
      subject: hour.subject,
      about: '',
      ...spanOf(hour),
      summary: `${hour.subject} asked ${hour.nxdomain} times for names that do not exist, of ${hour.queries} questions`,
      parts: [
        part(
          'answers NXDOMAIN',
          50,
          `${hour.nxdomain} of ${hour.queries}`,
          `under ${kStorm} an hour`,
        ),
      ],
    }),
  ];
}

function spanOf(hour: SubjectHour) {
  return { firstSeconds: hour.hour * 3_600, lastSeconds: hour.hour * 3_600 + 3_599 };
}

/** Bits of information of a text: its length times the entropy of its characters (Shannon 1948). */
export function informationBits(text: string): number {
  const counts = new Map<number, number>();
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return bits;
}

const kVowels = /[aeiouy]/g;

/** Whether a label (without its suffix) looks as if a program had made it up. */
export function looksRandom(label: string): boolean {
  if (label.length < 8 || label.startsWith('xn--')) return false;
  const bare = label.replaceAll('-', '');
  const digits = bare.replace(/\D/g, '').length;
  const vowels = bare.match(kVowels)?.length ?? 0;
  const letters = bare.length - digits;
  const perCharacter = informationBits(bare) / bare.length;
  const longestRun = Math.max(0, ...(bare.match(/[^aeiouy\d]+/g) ?? []).map((run) => run.length));
  let signs = 0;
  if (letters > 0 && vowels / letters < 0.25) signs += 1;
  if (digits >= 2 && letters >= 4) signs += 1;
  if (longestRun >= 5) signs += 1;
  if (perCharacter > 3.2) signs += 1;
  if (bare.length >= 14 && !label.includes('-') && perCharacter > 3) signs += 1;
  return signs >= 2;
}
