/**
 * Reputations of addresses: categories.txt and reputation.list.
 *
 * Source: Suricata 8 user guide, "IP Reputation Format". Invariants: a broken line is a fault, the others
 * count; at most MAX_SCORES scores are kept.
 */
import { type Fault, shown } from '../faults.ts';
import { networkKeys } from '../lists/address-key.ts';
import { type AddressTable, disjoint, type ScoredRange } from './address-table.ts';

/** Suricata's bound of a category's number. */
const MAX_CATEGORY = 60;
const MAX_SCORE = 127;
export const MAX_SCORES = 4_000_000;
const MAX_FAULTS = 1000;

export class ReputationBook {
  readonly #categories = new Map<string, number>();
  readonly #scores = new Map<number, ScoredRange[]>();
  #size = 0;

  get categories(): readonly string[] {
    return [...this.#categories.keys()];
  }

  /** `NUMBER,NAME,DESCRIPTION` a line. */
  addCategories(file: string, text: string): readonly Fault[] {
    return readLines(file, text, (line) => {
      const [, id = '', name = ''] = /^(\d{1,3})\s*,\s*(\w+)\s*(?:,.*)?$/.exec(line) ?? [];
      const number = Number(id);
      if (name === '') return `${shown(line)} is no "NUMBER,NAME,DESCRIPTION"`;
      if (number === 0 || number > MAX_CATEGORY)
        return `category ${id}: numbers go from 1 to ${MAX_CATEGORY}`;
      this.#categories.set(name, number);
      return undefined;
    });
  }

  /** `ADDRESS,CATEGORY,SCORE` a line, networks as `ADDRESS/BITS`; a score of 0 says nothing. */
  addScores(file: string, text: string): readonly Fault[] {
    return readLines(file, text, (line) => {
      const [address = '', id = '', value = '', ...rest] = line.split(',').map((x) => x.trim());
      const keys = networkKeys(address);
      if (keys === undefined) return `${shown(address)} is no address and no network`;
      if (rest.length > 0 || !isNumber(id, MAX_CATEGORY) || Number(id) === 0)
        return `${shown(line)} has no category from 1 to ${MAX_CATEGORY} behind the address`;
      if (!isNumber(value, MAX_SCORE))
        return `${shown(line)} has no score from 0 to ${MAX_SCORE} behind the category`;
      if (this.#size >= MAX_SCORES) return `more than ${MAX_SCORES} scores: this one is left out`;
      if (Number(value) > 0) this.#add(Number(id), { ...rangeOf(keys), score: Number(value) });
      return undefined;
    });
  }

  #add(category: number, range: ScoredRange): void {
    const known = this.#scores.get(category);
    if (known === undefined) this.#scores.set(category, [range]);
    else known.push(range);
    this.#size += 1;
  }

  /** Takes what another one has; what both name is of either. */
  take(other: ReputationBook): void {
    const numbers = new Map(other.#categories);
    for (const [name, number] of numbers) {
      const own = this.#categories.get(name) ?? this.#freeNumber(number);
      this.#categories.set(name, own);
      for (const range of other.#scores.get(number) ?? []) this.#add(own, range);
    }
  }

  /** Of another book: numbers mean names of their own file alone. */
  #freeNumber(wanted: number): number {
    const taken = new Set(this.#categories.values());
    let free = wanted;
    while (taken.has(free)) free += MAX_CATEGORY;
    return free;
  }

  table(category: string): AddressTable {
    const scores = this.#scores.get(this.#categories.get(category) ?? 0) ?? [];
    const of = (octets: number) => disjoint(scores.filter(({ low }) => low.length === octets));
    return { name: `iprep.${category}`, v4: of(4), v6: of(16) };
  }
}

function rangeOf([low, high]: readonly [string, string]): Pick<ScoredRange, 'low' | 'high'> {
  return { low, high };
}

function isNumber(text: string, most: number): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= most;
}

/** `read` says what is wrong with a line. */
function readLines(
  file: string,
  text: string,
  read: (line: string) => string | undefined,
): readonly Fault[] {
  const faults: Fault[] = [];
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const message = read(line);
    if (message === undefined || faults.length >= MAX_FAULTS) continue;
    const place = { file, line: number, column: raw.search(/\S/) + 1 };
    faults.push({ ...place, code: 'CONFIG_LINE', severity: 'error', message });
  }
  return faults;
}
