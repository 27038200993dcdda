/**
 * Addresses with a number each, as rules ask for them: reputations of a category, countries.
 *
 * Invariant: ranges are sorted and do not overlap; of nested networks each address has its most specific
 * one, of equal ones the last (Suricata 8 keeps a tree of networks for each category).
 */
import { predecessor, successor } from '../lists/address-key.ts';

/** Both ends as keys (address-key.ts), of 4 or 16 characters. */
export interface ScoredRange {
  readonly low: string;
  readonly high: string;
  /** 0 to 255. */
  readonly score: number;
}

export interface AddressTable {
  /** `iprep.CnC`, `geoip.US`: what fields of rules end with, after their side. */
  readonly name: string;
  readonly v4: readonly ScoredRange[];
  readonly v6: readonly ScoredRange[];
}

/** Of networks, which nest or lie apart; all of one family. */
export function disjoint(networks: readonly ScoredRange[]): ScoredRange[] {
  const sorted = networks
    .map((range, place) => ({ range, place }))
    // The wider of two that begin alike comes first, of equal ones the earlier.
    .sort(({ range: a, place: p }, { range: b, place: q }) => {
      if (a.low !== b.low) return a.low < b.low ? -1 : 1;
      return a.high === b.high ? p - q : a.high > b.high ? -1 : 1;
    });
  const made: ScoredRange[] = [];
  /** What is open, the innermost last; the lows move on as parts are written. */
  const open: { low: string; readonly high: string; readonly score: number }[] = [];
  const write = (low: string, high: string, score: number) => {
    if (low <= high) made.push({ low, high, score });
  };
  const closeBefore = (low: string | undefined) => {
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (low !== undefined && last.high >= low) return;
      open.pop();
      write(last.low, last.high, last.score);
      const outer = open.at(-1);
      if (outer !== undefined) outer.low = after(last.high);
    }
  };
  for (const { range } of sorted) {
    closeBefore(range.low);
    const outer = open.at(-1);
    if (outer !== undefined && outer.low < range.low)
      write(outer.low, predecessor(range.low), outer.score);
    if (outer?.high === range.high) {
      // Nothing of it is left; what is within its end covers the rest of what surrounds it too.
      open.pop();
    }
    open.push({ ...range });
  }
  closeBefore(undefined);
  return joined(made);
}

/** Behind the last address there is none: this is greater than every key. */
const PAST_END = '\u0100';

function after(high: string): string {
  const next = successor(high);
  return next > high ? next : PAST_END;
}

/** Neighbours with the same score as one. */
export function joined(sorted: readonly ScoredRange[]): ScoredRange[] {
  const made: ScoredRange[] = [];
  for (const range of sorted) {
    const last = made.at(-1);
    if (last !== undefined && last.score === range.score && after(last.high) === range.low)
      made[made.length - 1] = { ...last, high: range.high };
    else made.push(range);
  }
  return made;
}
