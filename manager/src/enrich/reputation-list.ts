/**
 * The addresses, networks and names of a list of indicators, whatever its form of lines: plain, CSV, hosts files,
 * filters of Adblock.
 *
 * Invariants: pure but for its counters; a line gives one entry at most; what would match nearly everything (a
 * network wider than /8 or /16, a public suffix) is none. Bound: MAX_LIST_ENTRIES; the others are counted.
 */
import { indicatorOf } from '#signatures/lists/indicator-value.ts';
import { type Network, parseNetwork } from './ip-address.ts';

type Kind = 'network' | 'domain';

export const MAX_LIST_ENTRIES = 1_000_000;
const kMaxLineChars = 8_192;
const kLeastPrefix = { 4: 8, 16: 16 } as const;
/** `||tracker.example^`, with options but for those that make it a rule of one site. */
const FILTER =
  /^\|\|([a-z0-9][a-z0-9.-]*\.[a-z0-9-]{2,})\^(?:\$(?!.*(?:domain=|~third-party)).*)?$/;
const NAME = /^[a-z0-9_](?:[a-z0-9_-]*\.)+[a-z][a-z0-9-]+\.?$/;
const WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d+$/;
/** What hosts files give to names that are blocked. */
const SINKS: ReadonlySet<string> = new Set(['0.0.0.0', '127.0.0.1', '::', '::1']);

export class ReputationList {
  readonly #entries = new Map<string, Kind>();
  readonly #bound: number;
  /** Lines that are no entry, and entries beyond the bound. */
  leftOut = 0;

  constructor(bound = MAX_LIST_ENTRIES) {
    this.#bound = bound;
  }

  add(raw: string): void {
    const line = raw.slice(0, kMaxLineChars).trim().toLowerCase();
    if (line === '' || line.startsWith('#') || line.startsWith('!') || line.startsWith('[')) return;
    const entry = entryOf(line);
    if (entry === undefined || this.#isFull(entry)) this.leftOut += 1;
    else this.#entries.set(...entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<readonly [entry: string, kind: Kind]> {
    return this.#entries.entries();
  }

  #isFull([entry]: readonly [string, Kind]): boolean {
    return this.#entries.size >= this.#bound && !this.#entries.has(entry);
  }
}

function entryOf(line: string): [string, Kind] | undefined {
  const filtered = FILTER.exec(line)?.[1];
  if (filtered !== undefined) return domainEntry(filtered);
  for (const word of line.split(/[\s,;|"']+/)) {
    if (word === '' || SINKS.has(word)) continue;
    if (word.startsWith('#')) return undefined;
    const network = networkEntry(WITH_PORT.exec(word)?.[1] ?? word);
    if (network !== undefined) return network;
    if (NAME.test(word)) return domainEntry(word.replace(/\.$/, ''));
  }
  return undefined;
}

function domainEntry(name: string): [string, Kind] | undefined {
  if (indicatorOf(name, 'domain').kind === undefined) return undefined;
  return [name, 'domain'];
}

function networkEntry(text: string): [string, Kind] | undefined {
  const isHost = !text.includes('/');
  const network = parseNetwork(isHost ? `${text}/${text.includes(':') ? 128 : 32}` : text);
  if (network === undefined || isTooWide(network)) return undefined;
  return [text, 'network'];
}

function isTooWide({ address, prefixBits }: Network): boolean {
  return prefixBits < kLeastPrefix[address.length === 4 ? 4 : 16];
}
