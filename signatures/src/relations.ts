/**
 * What the options of one rule say about each other.
 *
 * Invariant: only what holds for every packet is an error; the rest is a warning.
 */
import { nearest } from '#contracts/nearest.ts';
import { amountOf, type Match, matchesOf, PAYLOAD_BUFFER } from './contents.ts';
import { type FaultCode, type LocalFault, shown } from './faults.ts';
import { keywordOf } from './keywords/table.ts';
import { backtracksBadly } from './pcre.ts';
import { canMeet } from './protocols.ts';
import type { Rule, RuleOption } from './rule.ts';

type Report = (fault: LocalFault) => void;
type RuleTree = Pick<Rule, 'header' | 'options'>;

export function checkRelations(rule: RuleTree, report: Report): void {
  const { matches, orphans, unused } = matchesOf(rule.options);
  const say = (option: RuleOption, code: FaultCode, message: string) =>
    report({ offset: option.offset, code, message });
  for (const option of orphans) {
    say(option, 'RULE_CONTENT_MISSING', `"${option.keyword}" has no content before it`);
  }
  for (const option of unused) {
    say(option, 'RULE_BUFFER_UNUSED', `nothing looks into "${option.keyword}"`);
  }
  checkProtocols(rule, say);
  checkVariables(rule.options, say);
  const seen = new Set<string>();
  for (const match of matches) {
    checkRanges(match, say);
    checkRelative(match, seen, say);
    seen.add(match.buffer);
  }
  checkSizes(matches, say);
  checkPatterns(rule.options, say);
}

type Say = (option: RuleOption, code: FaultCode, message: string) => void;

/** A buffer or field must belong to the header's protocol, and all of them to one protocol. */
function checkProtocols({ header, options }: RuleTree, say: Say): void {
  let common: readonly string[] | undefined;
  let first: RuleOption | undefined;
  for (const option of options) {
    const owners = keywordOf(option.keyword)?.protocols;
    if (owners === undefined) continue;
    if (!canMeet(header.protocol, owners)) {
      const message = `"${option.keyword}" is of ${owners.join(', ')}, the rule is for ${header.protocol}`;
      say(option, 'RULE_BUFFER_PROTOCOL', message);
      continue;
    }
    const shared = common?.filter((name) => owners.includes(name));
    if (shared?.length === 0 && first !== undefined) {
      const message = `"${option.keyword}" and "${first.keyword}" never meet in one protocol`;
      say(option, 'RULE_BUFFER_PROTOCOL', message);
      return;
    }
    common = shared ?? owners;
    first ??= option;
  }
}

const USES_VARIABLE = new Set([
  'depth',
  'offset',
  'distance',
  'within',
  'isdataat',
  'byte_test',
  'byte_jump',
  'byte_math',
  'bsize',
]);

function checkVariables(options: readonly RuleOption[], say: Say): void {
  const known: string[] = [];
  for (const option of options) {
    const { keyword, value } = option;
    if (USES_VARIABLE.has(keyword)) {
      for (const name of variablesIn(option)) {
        if (known.includes(name)) continue;
        const message = `no byte_extract or byte_math before sets ${shown(name)}${nearest(name, known)}`;
        say(option, 'RULE_BYTE_VARIABLE_UNKNOWN', message);
      }
    }
    if (value.type !== 'fields') continue;
    const made = keyword === 'byte_extract' ? value.positional[2] : value.named['result'];
    if (typeof made === 'string') known.push(made);
  }
}

const NAME = /^!?\s*([A-Za-z_][\w.-]*)$/;

function variablesIn({ keyword, value }: RuleOption): string[] {
  if (value.type === 'words' && keyword === 'bsize') {
    return value.words.map((word) => word.replace(/^!\s*/, ''));
  }
  if (value.type !== 'fields') return [];
  const used =
    keyword === 'byte_math'
      ? [value.named['bytes'], value.named['offset'], value.named['rvalue']]
      : [...value.positional, value.named['post_offset']];
  return used.flatMap((field) => {
    const name = typeof field === 'string' ? NAME.exec(field)?.[1] : undefined;
    return name === undefined ? [] : [name];
  });
}

/** depth, offset, distance, within, startswith on one content. */
function checkRanges({ option, modifiers }: Match, say: Say): void {
  if (option.value.type !== 'content') return;
  const length = option.value.bytes.length;
  const has = (name: string) => modifiers.has(name);
  for (const name of ['depth', 'within']) {
    const limit = amountOf(modifiers.get(name));
    if (limit !== undefined && limit < length) {
      const message = `${name} ${limit} is shorter than the content's ${length} bytes`;
      say(modifiers.get(name) ?? option, 'RULE_RANGE_CONTRADICTION', message);
    }
  }
  const relative = ['distance', 'within'].find(has);
  const absolute = ['depth', 'offset'].find(has);
  if (relative !== undefined && absolute !== undefined) {
    const message = `${relative} and ${absolute} contradict each other on one content`;
    say(modifiers.get(relative) ?? option, 'RULE_RANGE_CONTRADICTION', message);
  }
  const placed = relative ?? absolute;
  if (has('startswith') && placed !== undefined) {
    const message = `startswith and ${placed} contradict each other on one content`;
    say(modifiers.get(placed) ?? option, 'RULE_RANGE_CONTRADICTION', message);
  }
}

function checkRelative({ option, modifiers, buffer }: Match, seen: Set<string>, say: Say): void {
  const named = option.value.type === 'fields' && option.value.named['relative'] === true;
  const flagged = option.value.type === 'pcre' && option.value.flags.includes('R');
  const by = modifiers.has('distance') ? 'distance' : modifiers.has('within') ? 'within' : '';
  if ((!named && !flagged && by === '') || seen.has(buffer)) return;
  const what = by === '' ? `relative ${option.keyword}` : by;
  const where = buffer === PAYLOAD_BUFFER ? 'the payload' : buffer;
  say(option, 'RULE_RELATIVE_FIRST', `${what} has no match before it in ${where}`);
}

/** bsize that no content of its buffer fits into. */
function checkSizes(matches: readonly Match[], say: Say): void {
  for (const { option, buffer, instance } of matches) {
    if (option.keyword !== 'bsize' || option.value.type !== 'number') continue;
    const { operator, low, high } = option.value;
    const most =
      operator === '=' || operator === '<=' ? low : operator === '<' ? low - 1 : (high ?? Infinity);
    for (const { option: other, ...where } of matches) {
      const { value } = other;
      if (where.buffer !== buffer || where.instance !== instance) continue;
      if (value.type !== 'content' || value.negated) continue;
      if (operator !== 'outside' && value.bytes.length > most) {
        const message = `bsize ${low} is shorter than a content of ${value.bytes.length} bytes`;
        say(option, 'RULE_RANGE_CONTRADICTION', message);
        break;
      }
    }
  }
}

/** The engine bounds every match; a pattern that reaches the bound does not match and costs much. */
function checkPatterns(options: readonly RuleOption[], say: Say): void {
  for (const option of options) {
    const { value } = option;
    if (value.type !== 'pcre' || !backtracksBadly(value.pattern)) continue;
    say(
      option,
      'RULE_PCRE_BACKTRACKING',
      'a repeated group repeats within: the match limit may end it',
    );
  }
}
