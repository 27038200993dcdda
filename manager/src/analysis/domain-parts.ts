/**
 * A name in the parts that analysis needs: the domain that somebody registered, its own label, and what is below.
 *
 * Source: Mozilla's Public Suffix List as the package tldts carries it. Bound: kRemembered names a generation.
 */
import { parse } from 'tldts';
import { cleanText } from '#manager/ingest/event-fields.ts';
import { TwoGenerations } from '#manager/ingest/two-generations.ts';

export interface DomainParts {
  /** The registered domain; the last two labels where no suffix is known; null for a single label. */
  readonly domain: string | null;
  /** The label that was registered. */
  readonly label: string;
  /** What stands before the domain, without the last dot. */
  readonly below: string;
}

const WHOLE_NAME = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
} as const;
const kRemembered = 32_768;
const kMaxChars = 253;

/** Owned by who gathers for as long as it runs. */
export class DomainNames {
  readonly #known = new TwoGenerations<string, DomainParts>(kRemembered);

  partsOf(name: string): DomainParts {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const parts = split(cleanText(name.slice(0, kMaxChars)).replace(/\.$/, '').toLowerCase());
    this.#known.set(name, parts);
    return parts;
  }
}

function split(name: string): DomainParts {
  const { domain, domainWithoutSuffix } = parse(name, WHOLE_NAME);
  if (domain !== null && domain !== '') {
    const below = name.length > domain.length ? name.slice(0, name.length - domain.length - 1) : '';
    return { domain, label: domainWithoutSuffix ?? '', below };
  }
  const labels = name.split('.');
  if (labels.length < 2) return { domain: null, label: name, below: '' };
  return {
    domain: labels.slice(-2).join('.'),
    label: labels.at(-2) ?? '',
    below: labels.slice(0, -2).join('.'),
  };
}
