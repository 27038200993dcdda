/**
 * Tables of addresses that rules ask for by the names of their fields: `iprep.SIDE.CATEGORY`,
 * `geoip.SIDE.COUNTRIES`.
 *
 * Invariant: a table for each name that a rule has, sorted by name, whatever the order of the rules.
 */
import type { RuleModel } from '../model/rule-model.ts';
import type { AddressTable } from './address-table.ts';
import type { Countries } from './countries.ts';
import type { ReputationBook } from './reputation-book.ts';

/** What is known of addresses where rules are compiled. */
export interface AddressFacts {
  readonly reputations?: ReputationBook;
  readonly countries?: Countries;
}

const FIELD = /^(iprep|geoip)\.(?:any|src|dst|both)\.(.+)$/;

export function addressTables(models: readonly RuleModel[], facts: AddressFacts): AddressTable[] {
  const asked = new Set<string>();
  for (const { tests } of models) {
    for (const { field } of tests) {
      const [, keyword, what] = FIELD.exec(field) ?? [];
      if (keyword !== undefined) asked.add(`${keyword}.${what}`);
    }
  }
  return [...asked].sort().flatMap((name) => tableOf(name, facts) ?? []);
}

function tableOf(name: string, { reputations, countries }: AddressFacts): AddressTable | undefined {
  const what = name.slice(name.indexOf('.') + 1);
  if (name.startsWith('iprep.')) return reputations?.table(what);
  const negated = what.startsWith('!');
  return countries?.table(what.replace(/^!/, '').split(','), negated);
}
