/**
 * Keys in the order of their bytes, as places: a radix sort, five bytes at a time, on native numbers.
 *
 * Invariants: the same as sorting by plain comparison, equal keys in the order they stand in; at most
 * MAX_KEYS keys of characters up to 255. A step sorts words of 64 bits: STEP bytes of the key, how many
 * of them there are, and the key's place within its run.
 */

/** Bytes of a key that one step looks at. */
const STEP = 5;
/** Bits of a word for the place; STEP bytes and their number (0 to 5) take the other 43. */
const PLACE_BITS = 21;
/** Longer runs are parted by one byte first. */
const MAX_RUN = 2 ** PLACE_BITS;
/** Shorter runs are sorted by comparing. */
const SHORT = 12;
const BYTE_VALUES = 257;

interface Run {
  readonly start: number;
  readonly end: number;
  /** Bytes that all keys of the run share. */
  readonly depth: number;
}

/** `maxRun` is for tests: at most MAX_RUN. */
export function sortedPlaces(keys: readonly string[], maxRun: number = MAX_RUN): Uint32Array {
  const places = Uint32Array.from(keys.keys());
  const sorter = new Sorter(keys, places);
  const open: Run[] = [{ start: 0, end: keys.length, depth: 0 }];
  for (let run = open.pop(); run !== undefined; run = open.pop()) {
    const length = run.end - run.start;
    if (length <= SHORT) sorter.compare(run);
    else if (length > maxRun) sorter.part(run, open);
    else sorter.step(run, open);
  }
  return places;
}

class Sorter {
  readonly #keys: readonly string[];
  readonly #places: Uint32Array;
  /** Little-endian machines have the lower half of a word first. */
  readonly #words: BigUint64Array;
  readonly #halves: Uint32Array;
  readonly #before: Uint32Array;

  constructor(keys: readonly string[], places: Uint32Array) {
    this.#keys = keys;
    this.#places = places;
    this.#words = new BigUint64Array(Math.min(keys.length, MAX_RUN));
    this.#halves = new Uint32Array(this.#words.buffer);
    this.#before = new Uint32Array(keys.length);
  }

  /** By insertion: runs are short. */
  compare({ start, end }: Run): void {
    const places = this.#places;
    for (let at = start + 1; at < end; at += 1) {
      const place = places[at] ?? 0;
      const key = this.#keys[place] ?? '';
      let to = at;
      for (; to > start; to -= 1) {
        const other = places[to - 1] ?? 0;
        if ((this.#keys[other] ?? '') <= key) break;
        places[to] = other;
      }
      places[to] = place;
    }
  }

  /** Sorts by the next STEP bytes; runs of keys that are alike in them and go on are `open`. */
  step({ start, end, depth }: Run, open: Run[]): void {
    const length = end - start;
    const before = this.#before.subarray(0, length);
    before.set(this.#places.subarray(start, end));
    for (let at = 0; at < length; at += 1)
      this.#setWord(at, this.#keys[before[at] ?? 0] ?? '', depth);
    this.#words.subarray(0, length).sort();
    const halves = this.#halves;
    const prefixIsThatOf = (one: number, other: number) =>
      halves[2 * one + 1] === halves[2 * other + 1] &&
      (halves[2 * one] ?? 0) >>> PLACE_BITS === (halves[2 * other] ?? 0) >>> PLACE_BITS;
    let first = 0;
    for (let at = 0; at <= length; at += 1) {
      if (at < length)
        this.#places[start + at] = before[(halves[2 * at] ?? 0) & (MAX_RUN - 1)] ?? 0;
      if (at < length && prefixIsThatOf(first, at)) continue;
      // With fewer bytes than a step has, all of the run have ended: they are equal.
      const goesOn = (((halves[2 * first] ?? 0) >>> PLACE_BITS) & 7) === STEP;
      if (at - first > 1 && goesOn)
        open.push({ start: start + first, end: start + at, depth: depth + STEP });
      first = at;
    }
  }

  /** Upper to lower: five bytes, their number (so that a key stands before those it begins), place. */
  #setWord(at: number, key: string, depth: number): void {
    const count = Math.min(Math.max(key.length - depth, 0), STEP);
    let high = 0;
    for (let byte = 0; byte < 4; byte += 1) {
      high = (high << 8) | (byte < count ? key.charCodeAt(depth + byte) : 0);
    }
    const fifth = count > 4 ? key.charCodeAt(depth + 4) : 0;
    this.#halves[2 * at + 1] = high;
    this.#halves[2 * at] = (((fifth << 3) | count) << PLACE_BITS) | at;
  }

  /** Counts keys by their next byte and deals them out, in their order. */
  part({ start, end, depth }: Run, open: Run[]): void {
    const before = this.#before.subarray(0, end - start);
    before.set(this.#places.subarray(start, end));
    const byteOf = (place: number) => {
      const key = this.#keys[place] ?? '';
      return depth < key.length ? key.charCodeAt(depth) + 1 : 0;
    };
    const ends = new Uint32Array(BYTE_VALUES + 1);
    for (const place of before) ends[byteOf(place) + 1] = (ends[byteOf(place) + 1] ?? 0) + 1;
    for (let value = 1; value <= BYTE_VALUES; value += 1) {
      ends[value] = (ends[value] ?? 0) + (ends[value - 1] ?? 0);
    }
    const starts = ends.slice();
    for (const place of before) {
      const value = byteOf(place);
      const to = ends[value] ?? 0;
      this.#places[start + to] = place;
      ends[value] = to + 1;
    }
    for (let value = 1; value < BYTE_VALUES; value += 1) {
      const run = { start: start + (starts[value] ?? 0), end: start + (starts[value + 1] ?? 0) };
      if (run.end - run.start > 1) open.push({ ...run, depth: depth + 1 });
    }
  }
}
