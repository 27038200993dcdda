/**
 * One list, line by line: what it says becomes indicators, what is wrong is named with its place.
 *
 * Invariants: memory is that of the entries kept (MAX_ENTRIES of a set) and of MAX_FAULTS faults, however
 * many lines are broken; comments and what a list says that is no indicator are counted, not faults.
 */
import type { IndicatorListFormat, IndicatorType } from '#contracts/indicator-lists.ts';
import type { Fault, FaultCode } from '../faults.ts';
import { RULE_FAULTS } from '../faults.ts';
import { type Indicator, type IndicatorProblem, indicatorOf } from './indicator-value.ts';
import { type IndicatorCollector, listSid } from './indicators.ts';
import type { Kind } from './kinds.ts';

export interface ListSpec {
  /** As alerts call it. */
  readonly name: string;
  readonly source: string;
  readonly format?: IndicatorListFormat;
  readonly type?: IndicatorType;
  readonly category: string;
  readonly confidence: number;
  readonly severity: number;
  /** Seconds since 1970; 0: never. */
  readonly expires: number;
}

/** What one entry says besides the list. */
export interface EntryFacts {
  readonly category?: string;
  readonly confidence?: number;
  readonly expires?: number;
}

const NO_FACTS: EntryFacts = {};

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ListSummary {
  readonly name: string;
  readonly format: IndicatorListFormat;
  readonly entries: number;
  readonly failed: number;
  /** Filters, attributes and patterns that are sound but name no indicator. */
  readonly notApplicable: number;
}

export const MAX_ENTRIES = 5_000_000;
export const MAX_LIST_FAULTS = 10_000;
/** Distinct categories of one list; beyond them the list's own is used. */
const MAX_CATEGORIES = 10_000;
const MAX_CATEGORY = 200;

export class ListFaults {
  readonly faults: Fault[] = [];
  omitted = 0;

  add(file: string, place: Place, code: FaultCode, message: string): void {
    if (this.faults.length === MAX_LIST_FAULTS) {
      this.omitted += 1;
      return;
    }
    this.faults.push({ file, ...place, code, severity: RULE_FAULTS[code], message });
  }
}

export class ListSink {
  readonly spec: ListSpec;
  readonly #collector: IndicatorCollector;
  readonly #faults: ListFaults;
  readonly #metas = new Map<string, number>();
  /** Of entries that say nothing of themselves. */
  readonly #plainMetas = new Map<Kind, number>();
  readonly #sids = new Map<string, number>();
  entries = 0;
  failed = 0;
  notApplicable = 0;

  constructor(spec: ListSpec, collector: IndicatorCollector, faults: ListFaults) {
    this.spec = spec;
    this.#collector = collector;
    this.#faults = faults;
  }

  value(text: string, place: Place, facts: EntryFacts = NO_FACTS, type = this.spec.type): void {
    this.take(indicatorOf(text, type), place, facts);
  }

  take(found: Indicator | IndicatorProblem, place: Place, facts: EntryFacts = NO_FACTS): void {
    if (found.kind === undefined) {
      this.fault(place, found.code, found.message);
    } else if (this.#collector.size >= MAX_ENTRIES) {
      this.fault(place, 'LIST_TOO_MANY', `more than ${MAX_ENTRIES} entries in one set`);
    } else {
      const meta = facts === NO_FACTS ? this.#plainMeta(found.kind) : this.#meta(found.kind, facts);
      this.#collector.add(found.kind, found.key, meta);
      this.entries += 1;
    }
  }

  fault(place: Place, code: FaultCode, message: string): void {
    this.failed += 1;
    this.#faults.add(this.spec.source, place, code, message);
  }

  summary(format: IndicatorListFormat): ListSummary {
    const { entries, failed, notApplicable } = this;
    return { name: this.spec.name, format, entries, failed, notApplicable };
  }

  #plainMeta(kind: Kind): number {
    const known = this.#plainMetas.get(kind);
    if (known !== undefined) return known;
    const made = this.#meta(kind, NO_FACTS);
    this.#plainMetas.set(kind, made);
    return made;
  }

  #meta(kind: Kind, facts: EntryFacts): number {
    const { name, source, severity } = this.spec;
    const said = (facts.category ?? '').trim().slice(0, MAX_CATEGORY) || this.spec.category;
    const category =
      this.#sids.size < MAX_CATEGORIES || this.#sids.has(`${kind} ${said}`)
        ? said
        : this.spec.category;
    const confidence = facts.confidence ?? this.spec.confidence;
    const expires = facts.expires ?? this.spec.expires;
    const key = `${kind} ${confidence} ${expires} ${category}`;
    const known = this.#metas.get(key);
    if (known !== undefined) return known;
    const sidKey = `${kind} ${category}`;
    const sid = this.#sids.get(sidKey) ?? listSid(name, kind, category);
    this.#sids.set(sidKey, sid);
    const meta = { sid, list: name, source, category, confidence, severity, expires };
    const place = this.#collector.meta(meta);
    this.#metas.set(key, place);
    return place;
  }
}
