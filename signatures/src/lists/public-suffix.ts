/**
 * Domains below which anybody may register, as `co.uk` and `github.io`: Mozilla's Public Suffix List, both
 * of its parts (publicsuffix.org), as the package tldts carries it.
 */
import { getPublicSuffix } from 'tldts';

const WHOLE_NAME = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
} as const;

/** `name` is a sound name in lower case of two labels or more. */
export function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, WHOLE_NAME) === name;
}
