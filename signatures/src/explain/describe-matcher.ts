/** One matcher, test or operation in words. */
import { printContent } from '../content.ts';
import {
  type Amount,
  type ByteValue,
  type ContentMatcher,
  type FieldTest,
  type Matcher,
  type NumberTest,
  OPEN_END,
  type StateOperation,
  type Which,
} from '../model/rule-model.ts';

type Names = readonly string[];

const amountText = (amount: Amount, names: Names) =>
  amount.type === 'number' ? String(amount.value) : `"${names[amount.index] ?? '?'}"`;

export function quoted(bytes: Uint8Array): string {
  return `"${printContent([...bytes])}"`;
}

export function numberText(test: NumberTest): string {
  if (test.type === 'mask') {
    const hex = (value: number) => `0x${value.toString(16)}`;
    return `whose bits ${hex(test.mask)} are ${test.negated ? 'not ' : ''}${hex(test.value)}`;
  }
  if (test.ranges.length === 0) return 'that is none (never)';
  const ranges = test.ranges.map(({ low, high }) => {
    if (low === high) return `${low}`;
    if (high === OPEN_END) return `${low} or more`;
    return low === 0 ? `${high} or less` : `${low} to ${high}`;
  });
  return ranges.join(' or ');
}

export function matcherText(matcher: Matcher, names: Names): string {
  switch (matcher.type) {
    case 'content':
      return contentText(matcher, names);
    case 'pcre': {
      const place = matcher.relative ? ', from the end of the match before' : '';
      return `${matcher.negated ? 'no match of' : 'a match of'} /${matcher.pattern}/${place}`;
    }
    case 'isdataat': {
      const { at, relative, negated } = matcher;
      const from = relative ? ' after the match before' : '';
      return `${negated ? 'no more than' : 'at least'} ${amountText(at, names)} bytes${from}`;
    }
    case 'bsize':
      return `a size of ${numberText(matcher.test)} bytes`;
    case 'bsize-variable':
      return `a size ${matcher.negated ? 'other than' : 'of'} ${amountText(matcher.size, names)}`;
    case 'absent':
      return matcher.orElse ? 'no such buffer, or else the following' : 'no such buffer';
    case 'byte_test': {
      const { comparison, negated, against, value } = matcher;
      const sign = `${negated ? 'not ' : ''}${comparison}`;
      return `${valueText(value, names)} ${sign} ${amountText(against, names)}`;
    }
    case 'byte_jump':
      return `a jump by ${valueText(matcher.value, names)} from ${matcher.from}`;
    case 'byte_extract':
      return `${valueText(matcher.value, names)}, kept as "${names[matcher.variable] ?? '?'}"`;
    case 'byte_math': {
      const { operator, operand, value, variable } = matcher;
      const made = `${valueText(value, names)} ${operator} ${amountText(operand, names)}`;
      return `${made}, kept as "${names[variable] ?? '?'}"`;
    }
    case 'base64_decode':
      return 'base64, decoded for base64_data';
    case 'entropy':
      return `an entropy ${matcher.comparison} ${matcher.low / 1e6} bits a byte`;
    case 'dataset':
      return `dataset ${matcher.dataset.name}: ${matcher.operation}`;
    case 'datarep':
      return `reputation in ${matcher.dataset.name} ${matcher.comparison} ${matcher.value}`;
  }
}

function contentText(content: ContentMatcher, names: Names): string {
  const { pattern, nocase, negated, endswith, offset, depth, distance, within } = content;
  const parts = [`${negated ? 'no ' : ''}${quoted(pattern)}`];
  if (nocase) parts.push('in any case');
  if (endswith) parts.push('at the end');
  if (offset !== undefined) parts.push(`from byte ${amountText(offset, names)}`);
  if (depth !== undefined) parts.push(`within the first ${amountText(depth, names)} bytes of it`);
  if (distance !== undefined) {
    parts.push(`at least ${amountText(distance, names)} bytes after the match before`);
  }
  if (within !== undefined) {
    parts.push(`within ${amountText(within, names)} bytes of the match before`);
  }
  return parts.join(', ');
}

function valueText({ bytes, offset, relative, base, endian }: ByteValue, names: Names): string {
  const from = relative ? 'after the match before' : 'of the buffer';
  const how = base === 'binary' ? `${endian}-endian` : `as ${base} digits`;
  const place = `at ${amountText(offset, names)} ${from}`;
  return `the number of ${amountText(bytes, names)} bytes ${place} (${how})`;
}

export function testText(test: FieldTest): string {
  switch (test.type) {
    case 'number':
      if (ADDRESS_FIELD.test(test.field)) return addressTest(test.field, test.test);
      return `${test.field}: ${numberText(test.test)}${whichText(test.which)}`;
    case 'words': {
      const not = test.negated ? 'not ' : '';
      return `${test.field}: ${not}${test.words.join(' or ')}${whichText(test.which)}`;
    }
    case 'bits': {
      const mode = { exact: 'exactly', all: 'at least', some: 'any of' }[test.mode];
      const ignored = test.ignored === 0 ? '' : `, whatever 0x${test.ignored.toString(16)} is`;
      const bits = `0x${test.bits.toString(16)}`;
      return `${test.field}: ${test.negated ? 'not ' : ''}${mode} the bits ${bits}${ignored}`;
    }
    case 'flag':
      return test.field;
  }
}

const ADDRESS_FIELD = /^(iprep|geoip)\.(any|src|dst|both)\.(.+)$/;

const ENDS: Readonly<Record<string, string>> = {
  any: 'the source or the destination',
  src: 'the source',
  dst: 'the destination',
  both: 'the source and the destination',
};

function addressTest(field: string, test: NumberTest): string {
  const [, keyword, side = '', what = ''] = ADDRESS_FIELD.exec(field) ?? [];
  const whose = ENDS[side] ?? side;
  if (keyword === 'geoip') {
    const codes = what.replace(/^!/, '').split(',').join(' or ');
    return `the country of ${whose}: ${what.startsWith('!') ? 'known, and not ' : ''}${codes}`;
  }
  const none = test.type === 'ranges' && test.ranges.length === 0;
  return `the reputation of ${whose} in ${what}: ${none ? 'none' : numberText(test)}`;
}

function whichText(which: Which): string {
  switch (which.type) {
    case 'any':
      return '';
    case 'times':
      return `, in ${numberText(which.times)} of its values`;
    case 'at':
      return `, in value ${which.index}`;
    case 'at-or-beyond':
      return `, in value ${which.index} if there is one`;
    case 'count':
      return ' values';
    default:
      return `, ${which.type.replaceAll('-', ' ')}`;
  }
}

export function stateText({ memory, operation, names, subject, value }: StateOperation): string {
  const right = memory === 'flowint' && !/set$/.test(operation) ? ` ${subject || value}` : '';
  const whose = memory !== 'flowint' && subject !== '' ? ` (${subject})` : '';
  return `${memory}: ${operation} ${names.join(' or ')}${right}${whose}`;
}
