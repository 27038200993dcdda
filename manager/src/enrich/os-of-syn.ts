/**
 * Which operating system opened a TCP connection, by its SYN (the idea of p0f, Michal Zalewski 2000).
 *
 * Invariants: a pure function of the SYN; the signatures are ours, from public facts (data/syn-signatures.ts
 * says which). The exact window beats any window; of equals the first in the table.
 */
import { SYN_SIGNATURES, type SynSignature } from './data/syn-signatures.ts';

export interface SynFacts {
  readonly ttl: number;
  readonly window: number;
  /** 0: not offered. */
  readonly mss: number;
  /** undefined: not offered. */
  readonly scale: number | undefined;
  /** Kinds of TCP options in their order, padding left out. */
  readonly options: readonly number[];
}

export interface OsGuess {
  readonly os: string;
  readonly detail: string;
  /** 0 to 100 */
  readonly confidence: number;
}

/** What hosts start from, by convention of their systems. */
const INITIAL_TTLS = [32, 64, 128, 255] as const;
/** Longer ways than this are rarer than odd systems. */
const kMaxHops = 35;
const kExact = 70;
const kAnyWindow = 45;

const BY_OPTIONS: ReadonlyMap<string, readonly SynSignature[]> = Map.groupBy(
  SYN_SIGNATURES,
  ({ options }) => options,
);

export function osOfSyn(syn: SynFacts): OsGuess | undefined {
  const initial = INITIAL_TTLS.find((ttl) => syn.ttl <= ttl);
  if (initial === undefined || initial - syn.ttl > kMaxHops) return undefined;
  const candidates = (BY_OPTIONS.get(syn.options.join(',')) ?? []).filter(
    ({ ttl, scale }) => ttl === initial && (scale === '*' || scale === syn.scale),
  );
  const exact = candidates.find(({ window }) => fits(window, syn));
  if (exact !== undefined) return guess(exact, kExact);
  const loose = candidates.find(({ window }) => window === '*');
  return loose === undefined ? undefined : guess(loose, kAnyWindow);
}

function fits(window: SynSignature['window'], { window: seen, mss }: SynFacts): boolean {
  if (window === '*') return false;
  if (typeof window === 'number') return window === seen;
  return mss > 0 && window.timesMss * mss === seen;
}

function guess({ os, detail }: SynSignature, confidence: number): OsGuess {
  return { os, detail, confidence };
}
