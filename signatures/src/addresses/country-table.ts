/** What a table of countries is called, in rules and bundles. */

/** The same for the same countries, however a rule lists them. */
export function countryTable(codes: readonly string[], negated: boolean): string {
  return `geoip.${negated ? '!' : ''}${[...new Set(codes)].sort().join(',')}`;
}
