/**
 * The contents of a rule with what their modifiers say and the buffer they look into.
 *
 * Invariant: a content's buffer is the last selected one, unless an old modifier behind it names another.
 */
import { keywordOf } from './keywords/table.ts';
import { PCRE_BUFFERS } from './pcre.ts';
import type { FieldValue, RuleOption } from './rule.ts';

export const PAYLOAD_BUFFER = 'payload';

export interface Match {
  readonly option: RuleOption;
  buffer: string;
  /** Of a buffer filled several times: which use of its keyword. */
  readonly instance: number;
  readonly modifiers: Map<string, RuleOption>;
}

export interface Matches {
  readonly matches: readonly Match[];
  /** Modifiers with no content before them. */
  readonly orphans: readonly RuleOption[];
  /** Sticky buffers nothing looks into. */
  readonly unused: readonly RuleOption[];
}

export function matchesOf(options: readonly RuleOption[]): Matches {
  const matches: Match[] = [];
  const orphans: RuleOption[] = [];
  const unused: RuleOption[] = [];
  let buffer = PAYLOAD_BUFFER;
  let instance = 0;
  let pending: RuleOption | undefined;
  // A modifier belongs to the last content, even where another match stands between them.
  let content: Match | undefined;
  for (const option of options) {
    const keyword = keywordOf(option.keyword);
    switch (keyword?.kind) {
      case 'buffer':
        if (pending !== undefined) unused.push(pending);
        if (keyword.multi === true) instance += 1;
        pending = option.keyword === 'pkt_data' ? undefined : option;
        buffer = option.keyword === 'pkt_data' ? PAYLOAD_BUFFER : (keyword.buffer ?? keyword.name);
        break;
      case 'match':
        pending = undefined;
        matches.push({
          option,
          buffer: keyword.buffer ?? pcreBuffer(option) ?? buffer,
          instance,
          modifiers: new Map(),
        });
        if (option.value.type === 'content') content = matches.at(-1);
        break;
      case 'modifier':
        if (content === undefined) orphans.push(option);
        else content.modifiers.set(option.keyword, option);
        break;
      case 'legacy-buffer':
        if (content === undefined) orphans.push(option);
        else content.buffer = keyword.buffer ?? content.buffer;
        break;
      default:
        break;
    }
  }
  if (pending !== undefined) unused.push(pending);
  return { matches, orphans, unused };
}

function pcreBuffer({ value }: RuleOption): string | undefined {
  if (value.type !== 'pcre') return undefined;
  for (const flag of value.flags.split(',')[0] ?? '') {
    const buffer = PCRE_BUFFERS.get(flag);
    if (buffer !== undefined) return buffer;
  }
  return undefined;
}

/** A modifier's number; undefined where it is absent or names a variable. */
export function amountOf(option: RuleOption | undefined): number | undefined {
  const value = firstField(option);
  const amount = typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isNaN(amount) ? undefined : amount;
}

export function firstField(option: RuleOption | undefined): FieldValue | undefined {
  return option?.value.type === 'fields' ? option.value.positional[0] : undefined;
}
