/** A set of files: places of faults, duplicates, headers, variables; what else is there still loads. */
import { describe, expect, test } from 'vitest';
import { checkRules, loadRules } from './check-rules.ts';
import { readClassifications, readReferences } from './config-files.ts';
import { faultText } from './faults.ts';
import {
  type LogicalLine,
  LogicalLineReader,
  logicalLines,
  MAX_RULE_LENGTH,
} from './logical-lines.ts';
import { MAX_FAULTS, RuleLoader } from './rule-loader.ts';

const check = (text: string, variables = {}) => checkRules([{ name: 'a.rules', text }], variables);
const codes = (text: string, variables = {}) =>
  check(text, variables).faults.map(({ code }) => code);
const rule = (head: string) => `${head} (msg:"x"; sid:1;)`;

test('rules are switched on and off by their id', () => {
  const text = [
    '# alert tcp any any -> any any (msg:"off"; sid:1;)',
    '#alert tcp any any -> any any (msg:"off too"; gid:3; sid:1;)',
    'alert tcp any any -> any any (msg:"on"; sid:2;)',
    '#alert tcp any any -> any any (msg:"broken"; sid:4; nothing;)',
    '#alert tcp any any -> any any (msg:"of (sid:2\\;)"; sid:5;)',
  ].join('\n');
  const sids = (enable: string[], disable: string[]) => {
    const sets = { enable: new Set(enable), disable: new Set(disable) };
    const { rules, disabled, faults } = loadRules([{ name: 'a.rules', text }], {}, sets);
    const places = faults.map(({ line, column, code }) => `${line}:${column} ${code}`);
    return [rules.map(({ gid, sid }) => `${gid}:${sid}`), disabled, places];
  };
  expect(sids([], [])).toEqual([['1:2'], 4, []]);
  expect(sids(['1:1'], [])).toEqual([['1:1', '1:2'], 3, []]);
  expect(sids(['3:1'], ['1:2'])).toEqual([['3:1'], 4, []]);
  expect(sids(['1:4'], ['1:9'])).toEqual([['1:2'], 3, ['4:53 RULE_KEYWORD_UNKNOWN']]);
  expect(sids(['1:5'], [])).toEqual([['1:2', '1:5'], 3, []]);
  // What stands in a message is not the rule's id.
  expect(sids(['1:2'], [])).toEqual([['1:2'], 4, []]);
});

test('comments, disabled rules, continued lines; the rest of the set still loads', () => {
  const text = [
    '\ufeff# a comment (with brackets)',
    '#alert tcp any any -> any any (msg:"off"; sid:9;)',
    'alert tcp any any -> any any \\',
    '  (msg:"two lines"; \\',
    '   contentt:"a"; sid:1;)\r',
    '',
    'alert udp any any -> any 53 (msg:"good"; sid:2; rev:4;)',
  ].join('\n');
  const result = check(text);
  expect(result).toMatchObject({ loaded: 1, failed: 1, disabled: 1 });
  expect(result.faults.map(faultText)).toEqual([
    'a.rules:5:4 RULE_KEYWORD_UNKNOWN unknown keyword "contentt", did you mean "content"?',
  ]);
  const { rules } = loadRules([{ name: 'a.rules', text }]);
  expect(rules).toMatchObject([{ sid: 2, rev: 4, gid: 1, msg: 'good', line: 7 }]);
});

describe('headers', () => {
  test.each([
    'alert tcp any any -> any any',
    'pass http [10.0.0.0/8,![10.1.0.0/16, 10.2.3.4]] !80 <> $HOME_NET [80,443,1024:]',
    'alert ip 1.2.3.4-1.2.3.9 :1024 => !$EXTERNAL_NET $HTTP_PORTS',
    'alert tcp-pkt 10.0.0.0/255.0.0.0 any -> [2001:db8::/32,::1] !$SSH_PORTS',
    'alert http1:request_complete any any -> any any',
  ])('%s', (head) => {
    expect(codes(rule(head))).toEqual([]);
  });
  test.each([
    ['allert tcp any any -> any any', 'RULE_ACTION'],
    ['drop tcp any any -> any any', 'RULE_ACTION_PASSIVE'],
    ['alert htp any any -> any any', 'RULE_PROTOCOL'],
    ['alert tcp any any <- any any', 'RULE_DIRECTION'],
    ['alert tcp any -> any any', 'RULE_SYNTAX'],
    ['alert tcp any any -> any any any', 'RULE_SYNTAX'],
    ['alert tcp 1.2.3.400 any -> any any', 'RULE_ADDRESS'],
    ['alert tcp 1.2.3.4/33 any -> any any', 'RULE_ADDRESS'],
    ['alert tcp !any any -> any any', 'RULE_ADDRESS'],
    ['alert tcp [1.2.3.4,] any -> any any', 'RULE_ADDRESS'],
    ['alert tcp [[1.2.3.4] any -> any any', 'RULE_SYNTAX'],
    ['alert tcp any 65536 -> any any', 'RULE_PORT'],
    ['alert tcp any 9:5 -> any any', 'RULE_PORT'],
    ['alert tcp $HOME_NETT any -> any any', 'RULE_VARIABLE_UNKNOWN'],
  ])('%s', (head, code) => {
    expect(codes(rule(head))).toEqual([code]);
  });
});

test('variables: own ones, wrong ones, cycles', () => {
  const text = rule('alert tcp $MINE any -> any $THEIRS');
  expect(codes(text, { MINE: '[10.0.0.0/8,$HOME_NET]', THEIRS: '!80' })).toEqual([]);
  expect(codes(text, { MINE: '10.0.0.0/8', THEIRS: '80,90x' })).toEqual(['RULE_PORT']);
  expect(codes(text, { MINE: '[$MINE]', THEIRS: '1' })).toEqual(['RULE_ADDRESS']);
  expect(check(rule('alert tcp $HOME_NETT any -> any any')).faults[0]?.message).toMatch(
    /HOME_NET"/,
  );
});

test('variables of variables do not multiply', () => {
  const names = Array.from({ length: 7 }, (_, i) => `V${i}`);
  const bomb = names.map((name, i) => {
    const value = i === 6 ? '10.0.0.0/8' : `[${`$V${i + 1},`.repeat(50)}$V${i + 1}]`;
    return [name, value] as const;
  });
  expect(codes(rule('alert ip $V0 any -> any any'), Object.fromEntries(bomb))).toEqual([]);
});

test('sids: missing, twice with the same revision, replaced by a later one', () => {
  const of = (rest: string) => `alert ip any any -> any any (msg:"x";${rest})`;
  expect(codes(of(''))).toEqual(['RULE_SID_MISSING']);
  expect(codes('alert ip any any -> any any (sid:1;)')).toEqual(['RULE_MSG_MISSING']);
  const twice = check([of('sid:1; rev:2;'), of('sid:1; rev:2;')].join('\n'));
  expect(twice).toMatchObject({ loaded: 1, failed: 1, faults: [{ line: 2 }] });
  expect(twice.faults[0]?.code).toBe('RULE_SID_DUPLICATE');
  const later = check([of('sid:1; rev:2;'), of('sid:1; rev:3;')].join('\n'));
  expect(later).toMatchObject({ loaded: 1, failed: 0, replaced: 1 });
  expect(check([of('sid:1;'), of('gid:2; sid:1;')].join('\n')).loaded).toBe(2);
});

test('options: unclosed, after the parenthesis, too long, too many faults', () => {
  expect(codes('alert ip any any -> any any (msg:"x"; sid:1)')).toContain('RULE_SYNTAX');
  expect(codes('alert ip any any -> any any (sid:1;) more')).toEqual(['RULE_SYNTAX']);
  expect(codes('alert ip any any -> any any')).toEqual(['RULE_SYNTAX']);
  const long = `alert ip any any -> any any (msg:"${'x'.repeat(MAX_RULE_LENGTH)}"; sid:1;)`;
  expect(codes(`${long}\n${rule('alert ip any any -> any any')}`)).toEqual(['RULE_TOO_LONG']);
  const many = check('broken\n'.repeat(MAX_FAULTS + 5));
  expect(many).toMatchObject({ failed: MAX_FAULTS + 5, faultsOmitted: 5 });
  expect(many.faults).toHaveLength(MAX_FAULTS);
});

test('classification.config and reference.config', () => {
  const text = '# c\nconfig classification: a-b,What it is, 2\nconfig classification: broken\n';
  const { entries, faults } = readClassifications('c', text);
  expect([...entries.values()]).toEqual([{ name: 'a-b', description: 'What it is', priority: 2 }]);
  expect(faults).toMatchObject([{ line: 3, column: 1, code: 'CONFIG_LINE' }]);
  const references = readReferences('r', 'config reference: cve   http://x/?name=\nnonsense');
  expect([...references.entries]).toEqual([['cve', 'http://x/?name=']]);
  expect(references.faults).toHaveLength(1);
  const of = (name: string) => `alert ip any any -> any any (msg:"x"; classtype:${name}; sid:1;)`;
  const classifications = entries;
  const run = (name: string) =>
    checkRules([{ name: 'x', text: of(name) }], {}, { classifications }).faults;
  expect(run('a-b')).toEqual([]);
  expect(run('a-c')).toMatchObject([{ code: 'RULE_CLASSTYPE_UNKNOWN', severity: 'warning' }]);
});

test('a file without end: what is held stays small, whatever comes', () => {
  const reader = new LogicalLineReader();
  let most = 0;
  let lines = 0;
  const feed = (chunk: string, times: number) => {
    for (let i = 0; i < times; i += 1) {
      lines += [...reader.push(chunk)].length;
      most = Math.max(most, reader.held);
    }
  };
  feed('x'.repeat(64 * 1024), 200);
  feed(' '.repeat(64 * 1024), 50);
  feed('\\\n'.repeat(32 * 1024), 20);
  feed('alert ip any any -> any any (sid:1;) \\\n', 20_000);
  feed('\n# comment\n', 1000);
  feed('\u0000\ufffd\r\n'.repeat(1000), 10);
  expect(most).toBeLessThanOrEqual(2 * MAX_RULE_LENGTH);
  expect(lines).toBeGreaterThan(0);
});

test('a file in pieces of any size is the same file', () => {
  const text =
    '\ufeffalert ip any \\\n  any -> any any \\\n (sid:1;)\n#alert ip any any -> any any (x\nbad';
  const whole = [...logicalLines(text)];
  expect(whole).toHaveLength(3);
  for (let size = 1; size < text.length; size += 1) {
    const reader = new LogicalLineReader();
    const lines: LogicalLine[] = [];
    for (let at = 0; at < text.length; at += size) {
      lines.push(...reader.push(text.slice(at, at + size)));
    }
    expect([...lines, ...reader.end()]).toEqual(whole);
  }
});

test('more rules than a set may have: the first ones load, the others are named and counted', () => {
  const bits = Array.from({ length: 30 }, (_, i) => `flowbits:set,b${i};`).join(' ');
  const rules = Array.from(
    { length: 30 },
    (_, sid) => `alert ip any any -> any any (msg:"m"; ${bits} sid:${sid + 1};)`,
  );
  const text = [...rules, rules[0]?.replace('sid:1;', 'sid:1; rev:2;')].join('\n');
  const loader = new RuleLoader({}, { maxRules: 20 });
  for (const line of logicalLines(text)) loader.add('x', line);
  const { models, failed, replaced, faults } = loader.result();
  expect(models).toHaveLength(20);
  expect({ failed, replaced }).toEqual({ failed: 10, replaced: 1 });
  expect(faults.filter(({ code }) => code === 'RULE_TOO_MANY')).toHaveLength(10);
});
