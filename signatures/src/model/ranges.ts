/**
 * Sets of whole numbers as sorted closed ranges: addresses and ports.
 *
 * Invariant: ranges neither touch nor overlap, so equal sets are equal lists.
 */

export interface BigRange {
  readonly low: bigint;
  readonly high: bigint;
}

export function normalized(ranges: readonly BigRange[]): BigRange[] {
  const sorted = [...ranges].sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const joined: BigRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last === undefined || range.low > last.high + 1n) joined.push(range);
    else if (range.high > last.high) {
      joined[joined.length - 1] = { low: last.low, high: range.high };
    }
  }
  return joined;
}

/** Everything from 0 to `max` that is not in `ranges`. */
export function complement(ranges: readonly BigRange[], max: bigint): BigRange[] {
  const gaps: BigRange[] = [];
  let next = 0n;
  for (const { low, high } of normalized(ranges)) {
    if (low > next) gaps.push({ low: next, high: low - 1n });
    next = high + 1n;
  }
  if (next <= max) gaps.push({ low: next, high: max });
  return gaps;
}

export function without(
  ranges: readonly BigRange[],
  taken: readonly BigRange[],
  max: bigint,
): BigRange[] {
  return taken.length === 0 ? normalized(ranges) : intersection(ranges, complement(taken, max));
}

export function intersection(a: readonly BigRange[], b: readonly BigRange[]): BigRange[] {
  const left = normalized(a);
  const right = normalized(b);
  const shared: BigRange[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const one = left[i];
    const other = right[j];
    if (one === undefined || other === undefined) break;
    const low = largest(one.low, other.low);
    const high = smallest(one.high, other.high);
    if (low <= high) shared.push({ low, high });
    if (one.high < other.high) i += 1;
    else j += 1;
  }
  return shared;
}

// Math.min and Math.max take no bigint.
function smallest(a: bigint, b: bigint): bigint {
  const [low = a] = a < b ? [a] : [b];
  return low;
}

function largest(a: bigint, b: bigint): bigint {
  const [high = a] = a > b ? [a] : [b];
  return high;
}
