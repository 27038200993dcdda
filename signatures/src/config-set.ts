/**
 * Configuration files beside rules, together: what they say of classes, references, thresholds and
 * reputations of addresses.
 *
 * Invariants: variables of the rules count in thresholds too; of what is said twice the last counts; a
 * broken line is a fault, the others count.
 */
import type { AddressFacts } from './addresses/address-tables.ts';
import type { Countries } from './addresses/countries.ts';
import { ReputationBook } from './addresses/reputation-book.ts';
import { readThresholds, type ThresholdEntry } from './compile/threshold-config.ts';
import {
  type Classification,
  type ConfigKind,
  readClassifications,
  readReferences,
} from './config-files.ts';
import type { Fault } from './faults.ts';
import type { LoadOptions } from './rule-loader.ts';

export class ConfigSet {
  readonly thresholds: ThresholdEntry[] = [];
  readonly faults: Fault[] = [];
  readonly #variables: Readonly<Record<string, string>>;
  readonly #classifications = new Map<string, Classification>();
  readonly #references = new Map<string, string>();
  readonly #reputations = new ReputationBook();
  readonly #countries: Countries | undefined;

  constructor(variables: Readonly<Record<string, string>>, countries?: Countries) {
    this.#variables = variables;
    this.#countries = countries;
  }

  add(kind: ConfigKind, file: string, text: string): void {
    this.faults.push(...this.#read(kind, file, text));
  }

  #read(kind: ConfigKind, file: string, text: string): readonly Fault[] {
    if (kind === 'classification') {
      const { entries, faults } = readClassifications(file, text);
      for (const [name, entry] of entries) this.#classifications.set(name, entry);
      return faults;
    }
    if (kind === 'reference') {
      const { entries, faults } = readReferences(file, text);
      for (const [name, prefix] of entries) this.#references.set(name.toLowerCase(), prefix);
      return faults;
    }
    if (kind === 'categories') return this.#reputations.addCategories(file, text);
    if (kind === 'reputation') return this.#reputations.addScores(file, text);
    const { entries, faults } = readThresholds(file, text, this.#variables);
    this.thresholds.push(...entries);
    return faults;
  }

  /** What a RuleLoader needs of them; without a file of classes the stock ones count. */
  get forRules(): Pick<LoadOptions, 'classifications' | 'references' | 'addresses'> {
    const known = this.#classifications.size > 0;
    return {
      ...(known && { classifications: this.#classifications }),
      references: this.#references,
      addresses: this.addresses,
    };
  }

  /** Rules with iprep and geoip load, and are compiled, with these. */
  get addresses(): AddressFacts {
    return {
      reputations: this.#reputations,
      ...(this.#countries !== undefined && { countries: this.#countries }),
    };
  }
}
