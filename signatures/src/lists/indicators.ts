/**
 * Indicators of all lists of a set, by kind, with what is known of each.
 *
 * Invariants: the tables depend on the entries alone, not on the order of the lists; a key stands once,
 * with the more confident of two metas (then the smaller sid); nested networks are cut so that every
 * address has its most specific entry. What expires hides nothing: its meta leads to the next one.
 */
import { createHash } from 'node:crypto';
import { predecessor, successor } from './address-key.ts';
import { KINDS, type Kind } from './kinds.ts';
import { type IndicatorMeta, MetaChains } from './meta-chains.ts';
import { sortedPlaces } from './sorted-rows.ts';

export interface IndicatorTable {
  readonly kind: Kind;
  /** Latin-1: a character a byte. */
  readonly keys: readonly string[];
  /** Places in `metas`. */
  readonly metas: readonly number[];
}

export interface Indicators {
  readonly metas: readonly IndicatorMeta[];
  readonly tables: readonly IndicatorTable[];
}

export const NO_INDICATORS: Indicators = { metas: [], tables: [] };

/** Signature ids of lists: three thousand million and up, apart from every rule set's range. */
export const LIST_SID_BASE = 3_000_000_000;
const LIST_SIDS = 1_000_000_000;

export function isListSid(sid: number): boolean {
  return sid >= LIST_SID_BASE && sid < LIST_SID_BASE + LIST_SIDS;
}

/** The same list, kind and category have the same sid in every version of a list. */
export function listSid(list: string, kind: Kind, category: string): number {
  const digest = createHash('sha256').update(['list', list, kind, category].join('\0')).digest();
  return LIST_SID_BASE + (digest.readUInt32BE(0) % LIST_SIDS);
}

interface Rows {
  readonly keys: string[];
  readonly metas: number[];
}

export class IndicatorCollector {
  readonly #metas: IndicatorMeta[] = [];
  readonly #metaPlaces = new Map<string, number>();
  readonly #rows = new Map<Kind, Rows>();
  #duplicates = 0;
  #size = 0;

  /** Entries that stood already, known after `result`. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Entries taken, those that stand twice counted twice. */
  get size(): number {
    return this.#size;
  }

  /** The place of a meta, to be used for every entry that shares it. */
  meta(meta: Omit<IndicatorMeta, 'otherwise'>): number {
    const { sid, source, confidence, severity, expires } = meta;
    const key = [sid, meta.list, source, meta.category, confidence, severity, expires].join('\0');
    const known = this.#metaPlaces.get(key);
    if (known !== undefined) return known;
    this.#metaPlaces.set(key, this.#metas.length);
    this.#metas.push({ ...meta, otherwise: 0 });
    return this.#metas.length - 1;
  }

  add(kind: Kind, key: string, meta: number): void {
    let rows = this.#rows.get(kind);
    if (rows === undefined) {
      rows = { keys: [], metas: [] };
      this.#rows.set(kind, rows);
    }
    rows.keys.push(key);
    rows.metas.push(meta);
    this.#size += 1;
  }

  result(): Indicators {
    const order = this.#metas
      .map((meta, place) => ({ meta, place, key: JSON.stringify(meta) }))
      .sort((a, b) => a.meta.sid - b.meta.sid || (a.key < b.key ? -1 : 1));
    const places = new Uint32Array(order.length);
    for (const [sorted, { place }] of order.entries()) places[place] = sorted;
    this.#duplicates = 0;
    const chains = new MetaChains(order.map(({ meta }) => meta));
    const tables = (Object.keys(KINDS) as Kind[]).flatMap((kind): IndicatorTable[] => {
      const rows = this.#rows.get(kind);
      if (rows === undefined) return [];
      const once = this.#once(rows, sortedPlaces(rows.keys), places, chains);
      const nested = (kind === 'ipv4' || kind === 'ipv6') && overlaps(once.keys);
      return [{ kind, ...(nested ? withoutOverlap(once.keys, once.metas, chains) : once) }];
    });
    return { metas: chains.metas, tables };
  }

  /** Each key once, sorted, with the better of its metas at its final place. */
  #once(rows: Rows, order: Uint32Array, places: Uint32Array, chains: MetaChains): Rows {
    const keys: string[] = [];
    const metas: number[] = [];
    let same: number[] = [];
    for (const [i, place] of order.entries()) {
      const key = rows.keys[place] ?? '';
      same.push(places[rows.metas[place] ?? 0] ?? 0);
      const next = order[i + 1];
      if (next !== undefined && rows.keys[next] === key) {
        this.#duplicates += 1;
        continue;
      }
      keys.push(key);
      metas.push(same.length === 1 ? (same[0] ?? 0) : chains.merged(same));
      same = [];
    }
    return { keys, metas };
  }
}

function overlaps(keys: readonly string[]): boolean {
  const half = (keys[0]?.length ?? 0) / 2;
  return keys.some((key, i) => i > 0 && key.slice(0, half) <= (keys[i - 1] ?? '').slice(half));
}

interface Segment {
  readonly low: string;
  readonly high: string;
  readonly meta: number;
}

/** Ranges cut where a more specific one begins; what surrounds it goes on behind its end. */
function withoutOverlap(
  keys: readonly string[],
  metas: readonly number[],
  chains: MetaChains,
): Pick<IndicatorTable, 'keys' | 'metas'> {
  const half = (keys[0]?.length ?? 0) / 2;
  const ranges = keys
    .map(
      (key, i): Segment => ({
        low: key.slice(0, half),
        high: key.slice(half),
        meta: metas[i] ?? 0,
      }),
    )
    // Of two that begin alike the wider comes first, so that the narrower cuts it.
    .sort((a, b) => (a.low !== b.low ? (a.low < b.low ? -1 : 1) : a.high > b.high ? -1 : 1));
  const cut: Segment[] = [];
  const open: Segment[] = [];
  const close = (before: string | undefined) => {
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (before !== undefined && last.high >= before) return;
      open.pop();
      cut.push(last);
      for (let outer = open.at(-1); outer !== undefined; outer = open.at(-1)) {
        open.pop();
        // What crosses rather than surrounds has ended already.
        if (outer.high <= last.high) continue;
        open.push({ ...outer, low: successor(last.high) });
        break;
      }
    }
  };
  for (const range of ranges) {
    close(range.low);
    const outer = open.at(-1);
    if (outer !== undefined && outer.low < range.low) {
      cut.push({ ...outer, high: predecessor(range.low) });
    }
    const inside = outer !== undefined && range.high <= outer.high;
    open.push(inside ? { ...range, meta: chains.before(range.meta, outer.meta) } : range);
  }
  close(undefined);
  cut.sort((a, b) => (a.low < b.low ? -1 : 1));
  return { keys: cut.map(({ low, high }) => low + high), metas: cut.map(({ meta }) => meta) };
}
