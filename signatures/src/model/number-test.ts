/**
 * Comparisons of the rule language as closed ranges.
 *
 * Source: Suricata 8 user guide, "Integer Keywords": ranges are exclusive, so `5-9` is 6, 7 and 8.
 * Invariant: the ranges are sorted and disjoint; an empty list never matches.
 */
import type { OptionValue } from '../rule.ts';
import { type NumberTest, OPEN_END, type Range, type Which } from './rule-model.ts';

type NumberValue = Extract<OptionValue, { type: 'number' }>;

export function numberTest({ operator, low, high = 0 }: NumberValue): NumberTest {
  if (operator === '&=' || operator === '&!=') {
    return { type: 'mask', mask: high, value: low, negated: operator === '&!=' };
  }
  return { type: 'ranges', ranges: rangesOf(operator, low, high).filter((r) => r.low <= r.high) };
}

function rangesOf(
  operator: Exclude<NumberValue['operator'], '&=' | '&!='>,
  low: number,
  high: number,
): Range[] {
  switch (operator) {
    case '=':
      return [{ low, high: low }];
    case '!=':
      return [
        { low: 0, high: low - 1 },
        { low: low + 1, high: OPEN_END },
      ];
    case '<':
      return [{ low: 0, high: low - 1 }];
    case '<=':
      return [{ low: 0, high: low }];
    case '>':
      return [{ low: low + 1, high: OPEN_END }];
    case '>=':
      return [{ low, high: OPEN_END }];
    case 'range':
      return [{ low: low + 1, high: high - 1 }];
    case 'outside':
      return [
        { low: 0, high: low },
        { low: high, high: OPEN_END },
      ];
  }
}

/** Ends a slice that goes to the last value. */
export const LAST_INDEX = 2 ** 31 - 1;

export const ANY_VALUE: Which = { type: 'any' };

const COMPARED = /^(<=|>=|<|>|!=|!|=)?\s*(\d{1,15})(?:\s*-\s*(\d{1,15}))?$/;

/** A comparison that stands inside another argument, as in `nb>3` or `flow.pkts:toserver,>3`. */
export function numberTestOf(text: string): NumberTest {
  const [, sign = '=', first = '0', second] = COMPARED.exec(text.trim()) ?? [];
  const low = Number(first);
  if (second !== undefined) {
    return numberTest(numberValue(sign === '!' ? 'outside' : 'range', low, Number(second)));
  }
  const operator = sign === '!' || sign === '!=' ? '!=' : sign;
  return numberTest(numberValue(operator as NumberValue['operator'], low, undefined));
}

function numberValue(
  operator: NumberValue['operator'],
  low: number,
  high: number | undefined,
): NumberValue {
  return { type: 'number', operator, low, high, suffix: undefined };
}

/** What follows the comma of a multi-integer: `all`, `nb>1,1:-1`, `oob_or 2`, an index. */
export function whichOf(suffix: string | undefined): Which {
  if (suffix === undefined || suffix === 'any') return ANY_VALUE;
  if (suffix === 'all' || suffix === 'all1') return { type: 'all' };
  if (suffix === 'all_or_absent') return { type: 'all-or-absent' };
  if (suffix === 'or_absent') return { type: 'or-absent' };
  const beyond = /^oob_or\s+(-?\d+)$/.exec(suffix);
  if (beyond !== null) return { type: 'at-or-beyond', index: Number(beyond[1]) };
  const times = /^nb\s*([^,]+)(?:,\s*(-?\d+)\s*:\s*(-?\d+))?$/.exec(suffix);
  if (times !== null) {
    const [, test = '', from = '0', to = String(LAST_INDEX)] = times;
    return { type: 'times', times: numberTestOf(test), from: Number(from), to: Number(to) };
  }
  return /^-?\d+$/.test(suffix) ? { type: 'at', index: Number(suffix) } : ANY_VALUE;
}
