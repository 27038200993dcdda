/**
 * Grammars of option arguments: the words the keyword table is written in.
 *
 * Invariants: a grammar never throws and looks at each character a bounded number of times; what it
 * reads, `printValue` writes so that it reads the same again.
 */
import { nearest } from '#contracts/nearest.ts';
import { shown } from './faults.ts';
import type { FieldValue, NumberOperator, OptionValue } from './rule.ts';

export interface ArgumentFault {
  readonly type: 'fault';
  readonly message: string;
}

/** Reads what follows `keyword:`, trimmed; undefined where there was no colon. */
export type Grammar = (argument: string | undefined) => OptionValue | ArgumentFault;

export function argumentFault(message: string): ArgumentFault {
  return { type: 'fault', message };
}

export const none: Grammar = (argument) =>
  argument === undefined || argument === '' ? { type: 'flag' } : argumentFault('takes no argument');

/** The grammar, or nothing at all. */
export function optional(grammar: Grammar): Grammar {
  return (argument) =>
    argument === undefined || argument === '' ? { type: 'flag' } : grammar(argument);
}

/** Free text, quoted or not, perhaps negated; matching `pattern` where one is given. */
export function text(expected = 'a text', pattern?: RegExp): Grammar {
  return (argument) => {
    if (argument === undefined || argument === '') return argumentFault(`expects ${expected}`);
    const negated = argument.startsWith('!');
    const rest = negated ? argument.slice(1).trimStart() : argument;
    const bare = unquote(rest);
    if (bare === undefined) return argumentFault(`the quotes of ${shown(rest)} do not match`);
    if (bare === '' || (pattern !== undefined && !pattern.test(bare))) {
      return argumentFault(`expects ${expected}, not ${shown(bare)}`);
    }
    return { type: 'text', text: bare, negated };
  };
}

/** Free text that must be quoted. */
export const quotedText: Grammar = (argument) =>
  argument === undefined || !/^!?\s*"/.test(argument)
    ? argumentFault('expects a text in double quotes')
    : text()(argument);

/** Without its quotes and with \" \; \\ \: resolved; undefined where the first is not closed. */
function unquote(quoted: string): string | undefined {
  const opens = quoted.startsWith('"');
  if (opens && (quoted.length === 1 || !quoted.endsWith('"'))) return undefined;
  const inner = opens ? quoted.slice(1, -1) : quoted;
  return inner.replace(/\\(["\\;:])/g, '$1');
}

/** Comma-separated words of a known set. */
export function words(choices: readonly string[]): Grammar {
  return (argument) => {
    const list = (argument ?? '').split(',').map((word) => word.trim());
    for (const word of list) {
      if (!choices.includes(word)) return argumentFault(notOneOf(word, choices));
    }
    return { type: 'words', words: list };
  };
}

export interface NumberForm {
  readonly max: number;
  /** Names that stand for numbers. */
  readonly names?: RegExp;
  /** What may follow a comma. */
  readonly suffix?: RegExp;
  /** Units behind the number, e.g. KB. */
  readonly units?: Readonly<Record<string, number>>;
}

const MASKED = /^&\s*(0x[0-9a-f]{1,16}|\d{1,20})\s*(=|!=)\s*(0x[0-9a-f]{1,16}|\d{1,20})$/i;
const NUMBER = /^(!=|<=|>=|!|=|<|>)?\s*([^\s<>=!,-]+)(?:\s*(<>|-)\s*([^\s<>=!,-]+))?$/;

/** `5`, `!5`, `<5`, `>=5`, `5-9`, `5<>9`, `&0xc0=0x80`, and `,raw` where the keyword knows it. */
export function number(form: NumberForm): Grammar {
  return (argument) => {
    if (argument === undefined || argument === '') return argumentFault('expects a number');
    const comma = argument.indexOf(',');
    const suffix = comma === -1 ? undefined : argument.slice(comma + 1).trim();
    if (suffix !== undefined && form.suffix?.test(suffix) !== true) {
      return argumentFault(`${shown(suffix)} after the number has no meaning here`);
    }
    const body = (comma === -1 ? argument : argument.slice(0, comma)).trim();
    if (form.names?.test(body)) {
      return { type: 'words', words: suffix === undefined ? [body] : [body, suffix] };
    }
    const masked = MASKED.exec(body);
    if (masked !== null) return maskOf(masked, form.max, suffix);
    const found = NUMBER.exec(body);
    const low = amount(found?.[2], form);
    const high = amount(found?.[4], form);
    if (found === null || low === undefined || (found[4] !== undefined && high === undefined)) {
      return argumentFault(`${shown(body)} is no number up to ${form.max} or range of them`);
    }
    if (high !== undefined && high <= low) return argumentFault('the range ends before it begins');
    if (high !== undefined && found[1] !== undefined && found[1] !== '!') {
      return argumentFault(`a range takes no ${shown(found[1])}`);
    }
    return { type: 'number', operator: operatorOf(found[1], high), low, high, suffix };
  };
}

/** `&0xc0=0x80`: the value's bits of the mask compared, without a shift. */
function maskOf(
  [, maskText, sign, valueText]: RegExpExecArray,
  max: number,
  suffix: string | undefined,
): OptionValue | ArgumentFault {
  const high = Number(maskText);
  const low = Number(valueText);
  if (high > max || low > max) return argumentFault(`the mask or value is above ${max}`);
  const covered = (BigInt(low) & ~BigInt(high)) === 0n;
  if (!covered) return argumentFault('the value has bits outside the mask, so it never matches');
  return { type: 'number', operator: sign === '=' ? '&=' : '&!=', low, high, suffix };
}

function amount(digits: string | undefined, form: NumberForm): number | undefined {
  const found = /^(0x[0-9a-f]{1,16}|\d{1,20})([a-z]*)$/i.exec(digits ?? '');
  if (found === null) return undefined;
  const factor = found[2] === '' ? 1 : form.units?.[(found[2] ?? '').toLowerCase()];
  const value = Number(found[1]) * (factor ?? Number.NaN);
  return value <= form.max ? value : undefined;
}

function operatorOf(sign: string | undefined, high: number | undefined): NumberOperator {
  if (high !== undefined) return sign === '!' ? 'outside' : 'range';
  if (sign === '<' || sign === '>' || sign === '<=' || sign === '>=') return sign;
  return sign === '!' || sign === '!=' ? '!=' : '=';
}

/** One field: a number within bounds, a word of a set, or a shape. */
export type Field =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  | { readonly kind: 'shape'; readonly pattern: RegExp; readonly expected: string };

export const VARIABLE: Field = {
  kind: 'shape',
  pattern: /^[A-Za-z_][\w.-]*$/,
  expected: 'a variable name',
};

export const integer = (min: number, max: number): Field => ({ kind: 'integer', min, max });
export const choice = (...of: readonly string[]): Field => ({ kind: 'choice', of });
export const shape = (expected: string, pattern: RegExp): Field => ({
  kind: 'shape',
  pattern,
  expected,
});

export interface FieldsForm {
  readonly positional: readonly Field[];
  /** How many of them must stand; all where left out. */
  readonly atLeast?: number;
  readonly named?: Readonly<Record<string, Field | 'flag'>>;
  readonly required?: readonly string[];
}

/** Comma-separated: values by place first, then `name value` pairs and flags in any order. */
export function fields(form: FieldsForm): Grammar {
  const names = Object.keys(form.named ?? {});
  return (argument) => {
    const parts = (argument ?? '').split(',').map((part) => part.trim());
    const positional: FieldValue[] = [];
    const named: Record<string, FieldValue> = {};
    for (const part of parts) {
      const [name = '', rest] = firstWord(part);
      const known = Object.hasOwn(form.named ?? {}, name) ? form.named?.[name] : undefined;
      const place = form.positional[positional.length];
      const byPlace = place !== undefined && positional.length < (form.atLeast ?? Infinity);
      if (known !== undefined && !byPlace) {
        if (Object.hasOwn(named, name)) return argumentFault(`"${name}" stands twice`);
        const value = known === 'flag' ? flagValue(name, rest) : fieldValue(rest, known, name);
        if (isFault(value)) return value;
        named[name] = value;
      } else if (place !== undefined) {
        const value = fieldValue(part, place, `value ${positional.length + 1}`);
        if (isFault(value)) return value;
        positional.push(value);
      } else {
        return argumentFault(notOneOf(name, names));
      }
    }
    if (positional.length < (form.atLeast ?? form.positional.length)) {
      return argumentFault(`expects ${form.atLeast ?? form.positional.length} values by place`);
    }
    const missing = (form.required ?? []).filter((name) => !Object.hasOwn(named, name));
    return missing.length > 0
      ? argumentFault(`lacks ${missing.join(', ')}`)
      : { type: 'fields', positional, named };
  };
}

function firstWord(part: string): [string, string] {
  const at = part.search(/[\s:]/);
  return at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1).trim()];
}

function isFault(value: FieldValue | ArgumentFault): value is ArgumentFault {
  return typeof value === 'object';
}

function flagValue(name: string, rest: string): true | ArgumentFault {
  return rest === '' ? true : argumentFault(`"${name}" takes no value`);
}

function fieldValue(part: string, field: Field, what: string): FieldValue | ArgumentFault {
  switch (field.kind) {
    case 'integer': {
      const value = /^[+-]?(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(part) ? signed(part) : Number.NaN;
      return value >= field.min && value <= field.max
        ? value
        : argumentFault(`${what}: ${shown(part)} is no number from ${field.min} to ${field.max}`);
    }
    case 'choice':
      return field.of.includes(part) ? part : argumentFault(`${what}: ${notOneOf(part, field.of)}`);
    case 'shape':
      return field.pattern.test(part)
        ? part
        : argumentFault(`${what}: ${shown(part)} is not ${field.expected}`);
  }
}

function signed(digits: string): number {
  const magnitude = Number(digits.replace(/^[+-]/, ''));
  return digits.startsWith('-') ? 0 - magnitude : magnitude;
}

function notOneOf(word: string, choices: readonly string[]): string {
  if (choices.length === 0) return `${shown(word)} has no meaning here`;
  return choices.length <= 12
    ? `${shown(word)} is none of ${choices.join(', ')}`
    : `unknown ${shown(word)}${nearest(word, choices)}`;
}
