/**
 * `requires:` — what a rule asks of the program before anything else of it is read.
 *
 * Source: Suricata 8 user guide, "requires" (meta keywords). Invariant: a rule whose requirements are not
 * met is skipped, not a fault: it may hold keywords that only a newer program knows.
 */
import { shown } from './faults.ts';
import { keywordOf } from './keywords/table.ts';

/** The Suricata whose rule language this is. */
export const LANGUAGE_VERSION = '8.0.6';
/** Build features of Suricata that this engine matches without. */
const FEATURES = new Set(['geoip', 'ja3', 'ja4', 'hyperscan']);

const OPTION = /[;(]\s*requires\s*:([^;]*);/g;

/** What the rule's text asks for and does not get; undefined where all is met. */
export function unmetRequirement(text: string): string | undefined {
  if (!text.includes('requires')) return undefined;
  for (const [, argument = ''] of text.matchAll(OPTION)) {
    for (const part of argument.split(',')) {
      const unmet = unmetPart(part.trim());
      if (unmet !== undefined) return unmet;
    }
  }
  return undefined;
}

function unmetPart(part: string): string | undefined {
  const [, kind = '', what = ''] = /^(\w+)\s+(.*)$/.exec(part) ?? [];
  switch (kind) {
    case 'version':
      return versionMeets(what) ? undefined : `version ${shown(what)}, this is ${LANGUAGE_VERSION}`;
    case 'feature':
      return FEATURES.has(what.toLowerCase()) ? undefined : `feature ${shown(what)}`;
    case 'keyword': {
      const keyword = keywordOf(what);
      return keyword !== undefined && keyword.refused === undefined
        ? undefined
        : `keyword ${shown(what)}`;
    }
    default:
      return shown(part);
  }
}

/** `>= 7.0.4 < 8 | >= 8.0.3`: one of the alternatives, each with all of its comparisons. */
function versionMeets(text: string): boolean {
  return text.split('|').some((alternative) => {
    const found = [...alternative.matchAll(/(<=|>=|<|>)\s*(\d+(?:\.\d+){0,2})/g)];
    const rest = alternative.replace(/(<=|>=|<|>)\s*(\d+(?:\.\d+){0,2})/g, '').trim();
    return (
      found.length > 0 &&
      rest === '' &&
      found.every(([, sign = '', wanted = '']) => compares(sign, wanted))
    );
  });
}

function compares(sign: string, wanted: string): boolean {
  const have = LANGUAGE_VERSION.split('.').map(Number);
  const want = wanted.split('.').map(Number);
  const at = have.findIndex((part, i) => part !== (want[i] ?? 0));
  const order = at === -1 ? 0 : (have[at] ?? 0) - (want[at] ?? 0);
  if (order === 0) return sign.endsWith('=');
  return order < 0 === sign.startsWith('<');
}
