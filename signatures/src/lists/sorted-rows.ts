/**
 * Keys in the order of their bytes, as places: a radix sort, three bytes at a time, on native numbers.
 *
 * Invariants: the same as sorting by plain comparison, equal keys in the order they stand in; no text
 * has a zero byte, so a key stands before the longer ones that begin with it.
 */

/** Bytes a step looks at; with them 29 bits of a double are left for the place. */
const STEP = 3;
const PLACES = 2 ** 29;
/** Shorter runs are sorted by comparing. */
const SHORT = 24;

interface Run {
  readonly start: number;
  readonly end: number;
  /** Bytes that all keys of the run share. */
  readonly depth: number;
}

export function sortedPlaces(keys: readonly string[]): Uint32Array {
  const places = Uint32Array.from(keys.keys());
  const open: Run[] = [{ start: 0, end: keys.length, depth: 0 }];
  for (let run = open.pop(); run !== undefined; run = open.pop()) {
    const { start, end, depth } = run;
    const part = places.subarray(start, end);
    if (part.length <= SHORT) sortShort(keys, part);
    else for (const inner of sortStep(keys, part, depth)) open.push(shifted(inner, start));
  }
  return places;
}

function shifted({ start, end, depth }: Run, by: number): Run {
  return { start: start + by, end: end + by, depth };
}

function sortShort(keys: readonly string[], places: Uint32Array): void {
  places.sort((a, b) => {
    const [one = '', other = ''] = [keys[a], keys[b]];
    if (one === other) return a - b;
    return one < other ? -1 : 1;
  });
}

/** Sorts by the next bytes; what they do not part is given back. */
function sortStep(keys: readonly string[], places: Uint32Array, depth: number): Run[] {
  const numbers = new Float64Array(places.length);
  for (let at = 0; at < places.length; at += 1) {
    const key = keys[places[at] ?? 0] ?? '';
    let prefix = 0;
    for (let byte = depth; byte < depth + STEP; byte += 1) {
      prefix = prefix * 256 + (byte < key.length ? key.charCodeAt(byte) : 0);
    }
    numbers[at] = prefix * PLACES + at;
  }
  numbers.sort();
  const before = places.slice();
  const prefixOf = (at: number) => Math.floor((numbers[at] ?? 0) / PLACES);
  const runs: Run[] = [];
  let start = 0;
  for (let at = 0; at < places.length; at += 1) {
    places[at] = before[(numbers[at] ?? 0) % PLACES] ?? 0;
    if (at === 0 || prefixOf(at) === prefixOf(start)) continue;
    addRun(runs, { start, end: at, depth });
    start = at;
  }
  addRun(runs, { start, end: places.length, depth });
  return runs.filter((run) => reachesBeyond(keys, places, run));
}

function addRun(runs: Run[], { start, end, depth }: Run): void {
  if (end - start > 1) runs.push({ start, end, depth: depth + STEP });
}

/** Whether any key of the run goes on: keys that have ended are equal, and in their order already. */
function reachesBeyond(
  keys: readonly string[],
  places: Uint32Array,
  { start, end, depth }: Run,
): boolean {
  for (let at = start; at < end; at += 1) {
    if ((keys[places[at] ?? 0] ?? '').length > depth) return true;
  }
  return false;
}
