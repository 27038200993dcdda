/** What the payload keywords mean: contents, their modifiers, bytes read as numbers. */
import { numberTest } from '../model/number-test.ts';
import {
  type Fields,
  flagged,
  numberField,
  type Resolve,
  textField,
  withFields,
} from '../model/resolve.ts';
import type { RuleBuilder } from '../model/rule-builder.ts';
import type {
  Amount,
  Base,
  ByteValue,
  Comparison,
  DatasetUse,
  Endian,
  Matcher,
} from '../model/rule-model.ts';
import { PCRE_BUFFERS } from '../pcre.ts';
import type { FieldValue } from '../rule.ts';

/** Adds the content to the selected buffer, or to the one an old form names. */
export function contentIn(buffer?: string): Resolve {
  return (builder, value) => {
    if (value.type !== 'content') return;
    const matcher: Matcher = {
      type: 'content',
      pattern: Uint8Array.from(value.bytes),
      nocase: false,
      negated: value.negated,
      endswith: false,
      offset: undefined,
      depth: undefined,
      distance: undefined,
      within: undefined,
      fastPattern: undefined,
    };
    builder.match(matcher, buffer);
  };
}

export const nocase: Resolve = (builder) => builder.modify({ nocase: true });
export const endswith: Resolve = (builder) => builder.modify({ endswith: true });

/** The same as offset 0 and a depth of its own length. */
export const startswith: Resolve = (builder) => {
  const length = builder.lastContent()?.pattern.length ?? 0;
  builder.modify({
    offset: { type: 'number', value: 0 },
    depth: { type: 'number', value: length },
  });
};

export function place(name: 'offset' | 'depth' | 'distance' | 'within'): Resolve {
  return withFields((builder, { positional }) => {
    builder.modify({ [name]: builder.amount(positional[0]) });
  });
}

export const fastPattern: Resolve = withFields((builder, { positional }) => {
  const [first, length] = positional;
  const only = first === 'only';
  builder.modify({
    fastPattern: {
      only,
      offset: only || first === undefined ? 0 : Number(first),
      length: length === undefined ? 0 : Number(length),
    },
  });
});

/** Compile options of pcre2.h by the flag that sets them. */
const PCRE2_OPTIONS: Readonly<Record<string, number>> = {
  i: 0x0000_0008,
  E: 0x0000_0010,
  s: 0x0000_0020,
  x: 0x0000_0080,
  m: 0x0000_0400,
  G: 0x0004_0000,
  A: 0x8000_0000,
};

export const pcreMatch: Resolve = (builder, value) => {
  if (value.type !== 'pcre') return;
  const [flags = '', ...captures] = value.flags.split(',');
  let options = 0;
  let buffer: string | undefined;
  for (const flag of flags.trim()) {
    options += PCRE2_OPTIONS[flag] ?? 0;
    buffer = PCRE_BUFFERS.get(flag) ?? buffer;
  }
  const matcher: Matcher = {
    type: 'pcre',
    pattern: value.pattern,
    options,
    relative: flags.includes('R'),
    negated: value.negated,
    unlimited: flags.includes('O'),
    captures: [
      ...captures.map((capture) => {
        const [, scope = '', name = ''] =
          /^\s*(pkt|flow|alert|ip)[:_]?(.*?)\s*$/.exec(capture) ?? [];
        return { scope, name };
      }),
      // The other form: (?P<flow_name>…), one group after the other.
      ...[...value.pattern.matchAll(/\(\?P?<(pkt|flow)_(\w+)>/g)].map(
        ([, scope = '', name = '']) => ({ scope, name }),
      ),
    ],
  };
  builder.match(matcher, buffer);
};

export const isDataAt: Resolve = withFields((builder, fields) => {
  const [first = '0'] = fields.positional;
  const text = String(first);
  builder.match({
    type: 'isdataat',
    at: builder.amount(text.replace(/^!\s*/, '')),
    relative: flagged(fields, 'relative'),
    negated: text.startsWith('!'),
  });
});

export function sizeIn(buffer?: string): Resolve {
  return (builder, value) => {
    if (value.type === 'number') {
      const raw = value.suffix === 'raw' ? '.raw' : '';
      const test = numberTest(value);
      builder.match({ type: 'bsize', test }, buffer === undefined ? undefined : `${buffer}${raw}`);
    } else if (value.type === 'words') {
      const [word = ''] = value.words;
      const size = builder.amount(word.replace(/^!\s*/, ''));
      builder.match({ type: 'bsize-variable', size, negated: word.startsWith('!') }, buffer);
    }
  };
}

export const absent: Resolve = withFields((builder, { positional }) => {
  builder.match({ type: 'absent', orElse: positional[0] === 'or_else' });
});

interface ValuePlace {
  readonly bytes: FieldValue | undefined;
  readonly offset: FieldValue | undefined;
}

function byteValue(builder: RuleBuilder, fields: Fields, { bytes, offset }: ValuePlace): ByteValue {
  return {
    bytes: builder.amount(bytes),
    offset: builder.amount(offset),
    relative: flagged(fields, 'relative'),
    endian: endianOf(fields),
    base: baseOf(fields),
    bitmask: Number.parseInt(textField(fields, 'bitmask').replace(/^0x/i, '') || '0', 16),
  };
}

function endianOf(fields: Fields): Endian {
  const named = textField(fields, 'endian');
  if (flagged(fields, 'dce') || named === 'dce') return 'dce';
  return flagged(fields, 'little') || named === 'little' ? 'little' : 'big';
}

/** `string` alone leaves the base to the digits (0x…, 0…), as strtoull does. */
function baseOf(fields: Fields): Base {
  const named = textField(fields, 'string');
  for (const base of ['hex', 'dec', 'oct'] as const) {
    if (named === base || flagged(fields, base)) return base;
  }
  return flagged(fields, 'string') ? 'auto' : 'binary';
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '<': '<',
  '>': '>',
  '=': '=',
  '<=': '<=',
  '>=': '>=',
  '&': '&',
  '^': '^',
};

export const byteTest: Resolve = withFields((builder, fields) => {
  const [bytes, operator, against, offset] = fields.positional;
  const sign = String(operator);
  builder.match({
    type: 'byte_test',
    value: byteValue(builder, fields, { bytes, offset }),
    comparison: COMPARISONS[sign.replace(/^!\s*/, '')] ?? '=',
    negated: sign.startsWith('!'),
    against: builder.amount(against),
  });
});

export const byteJump: Resolve = withFields((builder, fields) => {
  const [bytes, offset] = fields.positional;
  builder.match({
    type: 'byte_jump',
    value: byteValue(builder, fields, { bytes, offset }),
    align: flagged(fields, 'align'),
    from: flagged(fields, 'from_beginning')
      ? 'start'
      : flagged(fields, 'from_end')
        ? 'end'
        : 'here',
    multiplier: numberField(fields, 'multiplier', 1),
    postOffset: builder.amount(fields.named['post_offset']),
  });
});

export const byteExtract: Resolve = withFields((builder, fields) => {
  const [bytes, offset, name] = fields.positional;
  builder.match({
    type: 'byte_extract',
    value: byteValue(builder, fields, { bytes, offset }),
    variable: builder.define(name),
    multiplier: numberField(fields, 'multiplier', 1),
    align: numberField(fields, 'align', 0),
  });
});

const OPERATORS = ['+', '-', '*', '/', '<<', '>>'] as const;

export const byteMath: Resolve = withFields((builder, fields) => {
  const { bytes, offset, oper, rvalue, result } = fields.named;
  const operand: Amount = builder.amount(rvalue);
  builder.match({
    type: 'byte_math',
    value: byteValue(builder, fields, { bytes, offset }),
    operator: OPERATORS.find((known) => known === oper) ?? '+',
    operand,
    variable: builder.define(result),
  });
});

export const base64Decode: Resolve = withFields((builder, fields) => {
  builder.match({
    type: 'base64_decode',
    bytes: numberField(fields, 'bytes', 0),
    offset: numberField(fields, 'offset', 0),
    relative: flagged(fields, 'relative'),
  });
});

/** Millionths of a bit a byte: entropy is compared without fractions. */
const MICRO = 1e6;

export const entropy: Resolve = withFields((builder, fields) => {
  const found = /^(<=|>=|<|>|!=|!|=)?\s*([\d.]+)(?:-([\d.]+))?$/.exec(textField(fields, 'value'));
  const [, sign = '=', low = '0', high = low] = found ?? [];
  builder.match({
    type: 'entropy',
    bytes: numberField(fields, 'bytes', 0),
    offset: numberField(fields, 'offset', 0),
    comparison: found?.[3] === undefined ? sign.replace(/^!$/, '!=') : 'range',
    low: Math.round(Number(low) * MICRO),
    high: Math.round(Number(high) * MICRO),
  });
});

const DATASET_OPTIONS = [
  'load',
  'save',
  'state',
  'memcap',
  'hashsize',
  'format',
  'context_key',
  'value_key',
  'array_key',
  'enrichment_key',
  'remove_key',
];

function datasetOf(fields: Fields, name: FieldValue | undefined): DatasetUse {
  const options = DATASET_OPTIONS.flatMap((option): [string, string][] => {
    const value = fields.named[option];
    return value === undefined ? [] : [[option, value === true ? 'yes' : String(value)]];
  });
  return { name: String(name), kind: textField(fields, 'type'), options };
}

export const dataset: Resolve = withFields((builder, fields) => {
  const [operation, name] = fields.positional;
  builder.match({
    type: 'dataset',
    operation: String(operation),
    dataset: datasetOf(fields, name),
  });
});

export const datarep: Resolve = withFields((builder, fields) => {
  const [name, comparison, value] = fields.positional;
  builder.match({
    type: 'datarep',
    comparison: comparison === '==' ? '=' : String(comparison),
    value: Number(value),
    dataset: datasetOf(fields, name),
  });
});
