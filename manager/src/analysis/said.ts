/**
 * What people said of findings: that something is normal, and from which score on a kind is told at a device.
 *
 * Invariants: pure; of thresholds the narrowest counts: kind and device, then device, then kind, then all.
 */
import { canonicalIp } from '#manager/enrich/ip-address.ts';
import type { Finding } from './finding.ts';

export type Said = Pick<Finding, 'kind' | 'subject' | 'about' | 'score'>;

export interface NormalRow {
  readonly kind: string;
  /** null: everybody. */
  readonly subject: string | null;
  /** '': whatever it is about. */
  readonly about: string;
}

export interface ThresholdRow {
  readonly kind: string | null;
  readonly subject: string | null;
  readonly min_score: number;
}

/** Whether somebody said that a finding is normal. */
export function normalOf(normal: readonly NormalRow[]): (finding: Said) => boolean {
  if (normal.length === 0) return () => false;
  const said = new Set(normal.map((row) => keyOf(row.kind, row.subject, row.about)));
  return ({ kind, subject, about }) =>
    [subject, null].some((one) => ['', about].some((what) => said.has(keyOf(kind, one, what))));
}

/** Whether a finding's score is less than what is to be told of its kind at its device. */
export function belowOf(thresholds: readonly ThresholdRow[]): (finding: Said) => boolean {
  if (thresholds.length === 0) return () => false;
  const least = new Map(thresholds.map((row) => [keyOf(row.kind, row.subject), row.min_score]));
  return ({ kind, subject, score }) => {
    const bound =
      least.get(keyOf(kind, subject)) ??
      least.get(keyOf(null, subject)) ??
      least.get(keyOf(kind, null)) ??
      least.get(keyOf(null, null));
    return bound !== undefined && score < bound;
  };
}

function keyOf(kind: string | null, subject: string | null, about = ''): string {
  return JSON.stringify([kind, subject === null ? null : (canonicalIp(subject) ?? subject), about]);
}
