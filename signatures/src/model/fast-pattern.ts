/**
 * Which content of a rule the prefilter looks for.
 *
 * Source: Suricata user guide, "Suricata Fast Pattern Determination Explained": an explicit fast_pattern;
 * else, of the positive contents (negated ones only where there are no others), those in buffers of the
 * best priority, of these the longest, of these the strongest, of these the first.
 */
import { PAYLOAD } from './rule-builder.ts';
import type { ContentMatcher, Inspection, Prefilter } from './rule-model.ts';

/** Lower is better. Payload comes after the buffers, short answers of a known set last. */
const PRIORITIES: ReadonlyMap<string, number> = new Map([
  [PAYLOAD, 3],
  ['http.stat_msg', 3],
  ['http.stat_code', 4],
  ['http.method', 4],
]);
const BUFFER_PRIORITY = 2;

interface Candidate {
  readonly inspection: number;
  readonly matcher: number;
  readonly content: ContentMatcher;
  readonly priority: number;
  readonly strength: number;
}

export function prefilterOf(inspections: readonly Inspection[]): Prefilter {
  const candidates = inspections.flatMap(({ buffer, matchers }, inspection) => {
    // What base64_decode leaves exists only while the rule is tested.
    if (buffer === 'base64_data') return [];
    const priority = PRIORITIES.get(buffer) ?? BUFFER_PRIORITY;
    return matchers.flatMap((content, matcher): Candidate[] => {
      if (content.type !== 'content') return [];
      const strength = patternStrength(content.pattern);
      return [{ inspection, matcher, content, priority, strength }];
    });
  });
  const asked = candidates.find(({ content }) => content.fastPattern !== undefined);
  // A pattern that must be absent finds nothing to begin with: such a rule is tested always.
  const best =
    asked ?? candidates.filter(({ content }) => !content.negated).reduce(better, undefined);
  if (best === undefined || best.content.negated) return { type: 'none' };
  const { fastPattern, pattern, nocase } = best.content;
  const bytes =
    fastPattern !== undefined && fastPattern.length > 0
      ? pattern.slice(fastPattern.offset, fastPattern.offset + fastPattern.length)
      : pattern;
  return { type: 'pattern', inspection: best.inspection, matcher: best.matcher, bytes, nocase };
}

function better(best: Candidate | undefined, one: Candidate): Candidate {
  if (best === undefined) return one;
  const order =
    best.priority - one.priority ||
    one.content.pattern.length - best.content.pattern.length ||
    one.strength - best.strength;
  return order > 0 ? one : best;
}

/** The guide's appendix C: rare bytes count most, letters least, repeated bytes hardly. */
export function patternStrength(pattern: Uint8Array): number {
  const seen = new Set<number>();
  let strength = 0;
  for (const byte of pattern) {
    strength += seen.has(byte) ? 1 : weight(byte);
    seen.add(byte);
  }
  return strength;
}

function weight(byte: number): number {
  const letter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  if (letter) return 3;
  const printable = byte >= 0x20 && byte <= 0x7e;
  return printable || byte === 0 || byte === 1 || byte === 0xff ? 4 : 6;
}
