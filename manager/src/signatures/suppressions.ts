/**
 * Suppressions among the overrides of a set, as entries of its bundle.
 *
 * Invariant: one whose addresses cannot be read is a fault and suppresses nothing: alerts that nobody sees are
 * worse than too many.
 */
import type { SignatureSuppression } from '#contracts/rest-signatures.ts';
import { suppressionEntry, type ThresholdEntry } from '#signatures/compile/threshold-config.ts';
import type { Fault } from '#signatures/faults.ts';

export interface SuppressedRule {
  readonly gid: number;
  readonly sid: number;
  readonly suppress: SignatureSuppression | null;
}

type Variables = Readonly<Record<string, string>>;

/** The entry, or what is wrong with it. */
export function suppressionOf(
  { gid, sid }: Pick<SuppressedRule, 'gid' | 'sid'>,
  suppress: SignatureSuppression,
  variables: Variables,
): ThresholdEntry | string {
  const hosts = suppress.track === 'always' ? { track: '' as const, addresses: '' } : suppress;
  return suppressionEntry({ gid, sid, ...hosts }, variables);
}

export interface Suppressions {
  readonly entries: readonly ThresholdEntry[];
  /** A variable may be gone since a suppression was written. */
  readonly faults: readonly Fault[];
}

export function suppressions(
  rules: readonly SuppressedRule[],
  variables: Variables,
  file: string,
): Suppressions {
  const entries: ThresholdEntry[] = [];
  const faults: Fault[] = [];
  for (const { gid, sid, suppress } of rules) {
    if (suppress === null) continue;
    const entry = suppressionOf({ gid, sid }, suppress, variables);
    if (typeof entry !== 'string') {
      entries.push(entry);
      continue;
    }
    const message = `suppression of ${gid}:${sid}: ${entry}`;
    const place = { file, line: 0, column: 0 };
    faults.push({ ...place, code: 'CONFIG_LINE', severity: 'error', message });
  }
  return { entries, faults };
}
