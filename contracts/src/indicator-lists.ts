/** How indicator lists are written, and what their entries may be (docs/signatures.md). */

export const INDICATOR_LIST_FORMATS = ['plain', 'csv', 'hosts', 'adblock', 'misp', 'stix'] as const;
export type IndicatorListFormat = (typeof INDICATOR_LIST_FORMATS)[number];

/** What a list says its entries are, where a value alone does not tell. */
export const INDICATOR_TYPES = [
  'address',
  'domain',
  'url',
  'certificate-sha1',
  'certificate-sha256',
  'file-sha256',
  'file-md5',
  'ja3',
  'ja3s',
  'ja4',
] as const;
export type IndicatorType = (typeof INDICATOR_TYPES)[number];
