/**
 * What is known of entries that stand in several lists: which meta counts, and which one once it has expired.
 *
 * Invariants: a chain's links expire one after the other, the last perhaps never, and at most MAX_LINKS
 * of them are kept; a meta leads only to metas that stand before it.
 */
export interface IndicatorMeta {
  readonly sid: number;
  /** The list's name, as the alert shows it. */
  readonly list: string;
  /** Where it came from: a file's name. */
  readonly source: string;
  readonly category: string;
  /** 0 to 100. */
  readonly confidence: number;
  /** 1 to 3 as in EVE alerts: 1 is the worst. */
  readonly severity: number;
  /** Seconds since 1970; 0: never. */
  readonly expires: number;
  /** Place, from 1, of the meta that counts once this one has expired; 0: none. */
  readonly otherwise: number;
}

/** The same entry in so many lists that expire at so many times. */
export const MAX_LINKS = 8;

export class MetaChains {
  readonly #metas: IndicatorMeta[];
  /** By "meta otherwise", the place of the meta that is both. */
  readonly #made = new Map<string, number>();
  /** Of a made meta, the one it is made of. */
  readonly #bases = new Map<number, number>();

  constructor(metas: readonly IndicatorMeta[]) {
    this.#metas = [...metas];
  }

  get metas(): readonly IndicatorMeta[] {
    return this.#metas;
  }

  /** Of all that stand for the same: the more confident first, then the smaller sid. */
  merged(places: readonly number[]): number {
    return this.#chain([...places].sort((a, b) => this.#rank(a, b)));
  }

  /** `inner` counts, and `outer` once that has expired. */
  before(inner: number, outer: number): number {
    return this.#chain([...this.#links(inner), ...this.#links(outer)]);
  }

  #chain(links: readonly number[]): number {
    const kept: number[] = [];
    let until = 0;
    for (const link of links) {
      if (kept.length > 0 && this.#end(link) <= until) continue;
      kept.push(link);
      until = this.#end(link);
    }
    let chain = 0;
    for (const link of kept.slice(0, MAX_LINKS).reverse()) {
      chain = 1 + (chain === 0 ? link : this.#linked(link, chain));
    }
    return chain - 1;
  }

  #linked(base: number, otherwise: number): number {
    const key = `${base} ${otherwise}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const place = this.#metas.length;
    const meta = this.#metas[base];
    if (meta === undefined) throw new RangeError(`no meta ${base}`);
    this.#metas.push({ ...meta, otherwise });
    this.#made.set(key, place);
    this.#bases.set(place, base);
    return place;
  }

  /** The metas of a chain, as they were given. */
  #links(place: number): number[] {
    const links: number[] = [];
    for (let at = place + 1; at !== 0; at = this.#metas[at - 1]?.otherwise ?? 0) {
      links.push(this.#bases.get(at - 1) ?? at - 1);
    }
    return links;
  }

  #end(place: number): number {
    const expires = this.#metas[place]?.expires ?? 0;
    return expires === 0 ? Number.POSITIVE_INFINITY : expires;
  }

  #rank(one: number, other: number): number {
    const a = this.#metas[one];
    const b = this.#metas[other];
    if (a === undefined || b === undefined) return 0;
    return b.confidence - a.confidence || a.sid - b.sid || one - other;
  }
}
