/**
 * The shape of a keyword's resolve step, and the steps most keywords share.
 *
 * Invariant: a step reads its own option alone and writes to the builder; what it cannot resolve it
 * says in `builder.fault`, and the rule does not load.
 */
import type { FieldValue, OptionValue } from '../rule.ts';
import { ANY_VALUE, numberTest, numberTestOf, whichOf } from './number-test.ts';
import type { RuleBuilder } from './rule-builder.ts';
import type { FieldTest } from './rule-model.ts';

export type Resolve = (builder: RuleBuilder, value: OptionValue, keyword: string) => void;

export interface Fields {
  readonly positional: readonly FieldValue[];
  readonly named: Readonly<Record<string, FieldValue>>;
}

const NO_FIELDS: Fields = { positional: [], named: {} };

export function withFields(
  step: (builder: RuleBuilder, fields: Fields, keyword: string) => void,
): Resolve {
  return (builder, value, keyword) => {
    step(builder, value.type === 'fields' ? value : NO_FIELDS, keyword);
  };
}

export function withText(
  step: (builder: RuleBuilder, text: string, keyword: string) => void,
): Resolve {
  return (builder, value, keyword) => step(builder, textOf(value), keyword);
}

export function textOf(value: OptionValue): string {
  if (value.type === 'text') return value.text;
  return value.type === 'words' ? value.words.join(',') : '';
}

export function flagged(fields: Fields, name: string): boolean {
  return fields.named[name] === true;
}

export function numberField(fields: Fields, name: string, otherwise: number): number {
  const value = fields.named[name];
  return value === undefined || value === true ? otherwise : Number(value);
}

export function textField(fields: Fields, name: string): string {
  const value = fields.named[name];
  return value === undefined || value === true ? '' : String(value);
}

/** The keyword compares the field of its own name. */
export const testField: Resolve = (builder, value, keyword) => {
  builder.tests.push(fieldTest(keyword, value));
};

export function fieldTest(field: string, value: OptionValue): FieldTest {
  switch (value.type) {
    case 'number':
      return { type: 'number', field, test: numberTest(value), which: whichOf(value.suffix) };
    case 'words': {
      const [first = '', suffix] = value.words;
      const count = /^count\s*(.+)$/.exec(first);
      if (count !== null) {
        return {
          type: 'number',
          field,
          test: numberTestOf(count[1] ?? ''),
          which: { type: 'count' },
        };
      }
      return wordsTest(field, value.words, suffix);
    }
    case 'text':
      return {
        type: 'words',
        field,
        words: [value.text],
        negated: value.negated,
        which: ANY_VALUE,
      };
    case 'fields':
      return {
        type: 'words',
        field,
        words: value.positional.map(String),
        negated: false,
        which: ANY_VALUE,
      };
    default:
      return { type: 'flag', field };
  }
}

/** A list of words: one of those without `!`, and none of those with it. */
export const testList: Resolve = (builder, value, field) => {
  const items = itemsOf(value);
  const words = items.filter(({ negated }) => !negated).map(({ word }) => word);
  if (words.length > 0) {
    builder.tests.push({ type: 'words', field, words, negated: false, which: ANY_VALUE });
  }
  for (const { word, negated } of items) {
    if (!negated) continue;
    builder.tests.push({ type: 'words', field, words: [word], negated, which: ANY_VALUE });
  }
};

/** Names of bits: each set, or with `!` not set, whatever the others; a comparison stays one. */
export function testFlags(known: Readonly<Record<string, number>>): Resolve {
  return (builder, value, field) => {
    if (value.type === 'number') {
      testField(builder, value, field);
      return;
    }
    let bits = 0;
    let asked = 0;
    for (const { word, negated } of itemsOf(value)) {
      const bit = known[word];
      if (bit === undefined) {
        builder.fault ??= `${field}: "${word}" is none of ${Object.keys(known).join(', ')}`;
        return;
      }
      asked |= bit;
      if (!negated) bits |= bit;
    }
    const ignored = ALL_FLAGS & ~asked;
    builder.tests.push({ type: 'bits', field, bits, ignored, mode: 'exact', negated: false });
  };
}

/** Fields of flags are one octet. */
const ALL_FLAGS = 0xff;

/** The grammar takes a leading `!` for the whole text; here it is the first word's. */
function itemsOf(value: OptionValue): { word: string; negated: boolean }[] {
  const whole = value.type === 'text' && value.negated ? `!${value.text}` : textOf(value);
  return whole.split(/[,|]/).map((part) => {
    const word = part.trim();
    return { word: word.replace(/^!\s*/, ''), negated: word.startsWith('!') };
  });
}

/** `!name` and `name,all`: an enumeration's name and which value it is asked of. */
function wordsTest(field: string, words: readonly string[], suffix: string | undefined): FieldTest {
  const negated = words[0]?.startsWith('!') ?? false;
  const which = suffix === undefined ? ANY_VALUE : whichOf(suffix);
  const named = which === ANY_VALUE ? words : words.slice(0, 1);
  return {
    type: 'words',
    field,
    words: named.map((word) => word.replace(/^!/, '')),
    negated,
    which,
  };
}
