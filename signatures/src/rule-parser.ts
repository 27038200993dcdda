/**
 * One joined line as a rule.
 *
 * Invariants: never throws; every fault of the rule is reported; a rule with an error is not returned;
 * the cost is linear in its length, MAX_OPTIONS bounds what follows from it.
 */
import { nearest } from '#contracts/nearest.ts';
import type { Variables } from './endpoint.ts';
import { type LocalFault, RULE_FAULTS, shown } from './faults.ts';
import { parseHeader } from './header.ts';
import { KEYWORD_NAMES, keywordOf } from './keywords/table.ts';
import { checkRelations } from './relations.ts';
import type { Rule, RuleHeader, RuleOption } from './rule.ts';

export const MAX_OPTIONS = 1024;

export interface ParsedRule {
  readonly rule: Omit<Rule, 'file' | 'line'> | undefined;
  readonly faults: readonly LocalFault[];
}

export function parseRule(text: string, variables: Variables): ParsedRule {
  const faults: LocalFault[] = [];
  const report = (fault: LocalFault) => faults.push(fault);
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open === -1 || close < open || text.slice(close + 1).trim() !== '') {
    const offset = open === -1 ? text.length : Math.max(close + 1, open);
    const message = 'the options of a rule stand in parentheses, and nothing follows them';
    return { rule: undefined, faults: [{ offset, code: 'RULE_SYNTAX', message }] };
  }
  const header = parseHeader(text.slice(0, open), variables, report);
  const options = parseOptions(text, { open, close }, report);
  const rule = ruleOf(header, options, report);
  if (rule !== undefined && !faults.some(isError)) checkRelations(rule, report);
  const failed = rule === undefined || faults.some(isError);
  return { rule: failed ? undefined : rule, faults };
}

function isError(fault: LocalFault): boolean {
  return RULE_FAULTS[fault.code] === 'error';
}

interface Body {
  readonly open: number;
  readonly close: number;
}

function parseOptions(
  text: string,
  { open, close }: Body,
  report: (fault: LocalFault) => void,
): RuleOption[] {
  const options: RuleOption[] = [];
  let at = open + 1;
  while (at < close) {
    if (isBlank(text, at)) {
      at += 1;
      continue;
    }
    if (options.length === MAX_OPTIONS) {
      report({ offset: at, code: 'RULE_TOO_LONG', message: `more than ${MAX_OPTIONS} options` });
      return options;
    }
    const end = optionEnd(text, at, close);
    if (end === -1) {
      const message = 'the option is not closed by ";"';
      report({ offset: at, code: 'RULE_SYNTAX', message });
      return options;
    }
    const option = parseOption(text.slice(at, end), at, report);
    if (option !== undefined) options.push(option);
    at = end + 1;
  }
  return options;
}

function isBlank(text: string, at: number): boolean {
  const char = text[at];
  return char === ' ' || char === '\t';
}

/** The next ";" without a backslash before it: quotes do not protect one, as in Suricata. */
function optionEnd(text: string, from: number, close: number): number {
  let at = text.indexOf(';', from);
  while (at !== -1 && at < close && text[at - 1] === '\\') at = text.indexOf(';', at + 1);
  return at < close ? at : -1;
}

function parseOption(
  text: string,
  offset: number,
  report: (fault: LocalFault) => void,
): RuleOption | undefined {
  const colon = text.indexOf(':');
  const name = (colon === -1 ? text : text.slice(0, colon)).trim();
  const keyword = keywordOf(name);
  if (keyword === undefined) {
    const message = `unknown keyword ${shown(name)}${nearest(name, KEYWORD_NAMES)}`;
    report({ offset, code: 'RULE_KEYWORD_UNKNOWN', message });
    return undefined;
  }
  if (keyword.refused !== undefined) {
    const message = `"${keyword.name}" is refused: ${keyword.refused}`;
    report({ offset, code: 'RULE_KEYWORD_REFUSED', message });
    return undefined;
  }
  const argument = colon === -1 ? undefined : text.slice(colon + 1).trim();
  const value = keyword.grammar(argument);
  if (value.type === 'fault') {
    const message = `${keyword.name}: ${value.message}`;
    report({ offset, code: 'RULE_ARGUMENT', message });
    return undefined;
  }
  return { keyword: keyword.name, value, offset };
}

function ruleOf(
  header: RuleHeader | undefined,
  options: readonly RuleOption[],
  report: (fault: LocalFault) => void,
): Omit<Rule, 'file' | 'line'> | undefined {
  if (header === undefined) return undefined;
  const found = new Map<string, RuleOption>();
  for (const option of options) {
    if (keywordOf(option.keyword)?.once === true && found.has(option.keyword)) {
      const message = `"${option.keyword}" stands twice`;
      report({ offset: option.offset, code: 'RULE_KEYWORD_REPEATED', message });
    }
    found.set(option.keyword, option);
  }
  const numberOf = (name: string, otherwise: number): number => {
    const value = found.get(name)?.value;
    return value?.type === 'number' ? value.low : otherwise;
  };
  const sid = numberOf('sid', 0);
  if (sid === 0) report({ offset: 0, code: 'RULE_SID_MISSING', message: 'the rule has no sid' });
  const msg = found.get('msg')?.value;
  if (msg === undefined) {
    report({ offset: 0, code: 'RULE_MSG_MISSING', message: 'the rule has no msg' });
  }
  return {
    header,
    options,
    gid: numberOf('gid', 1),
    sid,
    rev: numberOf('rev', 0),
    msg: msg?.type === 'text' ? msg.text : '',
  };
}
