/**
 * The database of countries for a set whose rules ask for them.
 *
 * Invariants: it is read only where a rule has `geoip`, so no other bundle depends on it; one that cannot be
 * read is a fault, and the rules that need it are left out, each with its own.
 */
import { Countries } from '#signatures/addresses/countries.ts';
import { type Source, sourceOf } from '#signatures/compile/compile.ts';
import type { Fault } from '#signatures/faults.ts';

export interface LocatedCountries {
  readonly countries?: Countries;
  /** For the manifest. */
  readonly sources: readonly Source[];
  readonly faults: readonly Fault[];
}

const GEOIP = /\bgeoip\s*:/;
/** As manifest and faults call it, wherever it lies. */
const NAME = 'geoipFile';

export function countriesFor(
  files: readonly { readonly text: string }[],
  read: (() => Buffer) | undefined,
): LocatedCountries {
  if (read === undefined || !files.some(({ text }) => GEOIP.test(text))) {
    return { sources: [], faults: [] };
  }
  try {
    const bytes = read();
    return { countries: new Countries(bytes), sources: [sourceOf(NAME, bytes)], faults: [] };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `the manager's geoipFile is no MaxMind database of countries: ${reason}`;
    const place = { file: NAME, line: 0, column: 0 };
    return {
      sources: [],
      faults: [{ ...place, code: 'CONFIG_LINE', severity: 'error', message }],
    };
  }
}
