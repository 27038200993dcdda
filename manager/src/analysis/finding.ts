/**
 * What a detector says: one thing about one subject, with its figures.
 *
 * Invariants: `kind`, `subject` and `about` make a finding one and the same; said again within MERGE_HOURS it is
 * a repetition of the one that is there. `score` is 0 to 100, the sum of its parts, cut there.
 */

import { FINDING_KINDS } from '#contracts/rest-analysis.ts';
import { cleanText } from '#manager/ingest/event-fields.ts';

/** One reason of a score: its figure, what was expected, and how many points it gives. */
export interface Part {
  readonly name: string;
  readonly points: number;
  readonly figure: string;
  readonly expected: string;
}

export interface Finding {
  readonly kind: FindingKind;
  readonly subject: string;
  /** What it is about beside the subject: a service, a domain. Empty where the kind says it all. */
  readonly about: string;
  readonly score: number;
  /** The first and the last event that it was made of, seconds since 1970. */
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly peer: string | null;
  readonly port: number | null;
  readonly proto: string | null;
  /** One sentence for a person. */
  readonly summary: string;
  readonly parts: readonly Part[];
}

export { FINDING_KINDS };
export type FindingKind = (typeof FINDING_KINDS)[number];

/** A finding repeated within this time of events is the same one. */
export const MERGE_HOURS = 24;
export const MAX_ABOUT_CHARS = 256;
const kMaxScore = 100;
const kMaxSummaryChars = 512;

/**
 * A finding whose score is the sum of its parts. Nothing that is not finite gets through, and no text that
 * PostgreSQL refuses: names come from whoever was on the wire, and one that cannot be stored would stop its shard.
 */
export function found(
  of: Omit<Finding, 'score' | 'peer' | 'port' | 'proto'> &
    Partial<Pick<Finding, 'peer' | 'port' | 'proto'>>,
): Finding {
  const sum = of.parts.reduce((total, { points }) => total + points, 0);
  const score = Number.isFinite(sum) ? Math.max(0, Math.min(kMaxScore, Math.round(sum))) : 0;
  const { peer = null, port = null, proto = null } = of;
  return {
    ...{ ...of, peer, port, proto, score },
    about: cleanText(of.about.slice(0, MAX_ABOUT_CHARS)),
    summary: cleanText(of.summary.slice(0, kMaxSummaryChars)),
    parts: of.parts.map((each) => ({
      ...each,
      figure: cleanText(each.figure.slice(0, MAX_ABOUT_CHARS)),
      expected: cleanText(each.expected.slice(0, MAX_ABOUT_CHARS)),
    })),
  };
}

export function part(name: string, points: number, figure: string, expected: string): Part {
  return { name, points: Number.isFinite(points) ? Math.round(points) : 0, figure, expected };
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `1.2 GB`: as the dashboard writes it. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit] ?? 'B'}`;
}

/** `10 s`, `5 min`, `6.0 h`. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} d`;
}
