/** Any input: never throws, the same result twice, and what was read prints to the same tree. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRules, loadRules } from './check-rules.ts';
import { KEYWORD_NAMES } from './keywords/table.ts';
import { printRule } from './print.ts';
import type { Rule } from './rule.ts';
import { parseRule } from './rule-parser.ts';
import { withDefaults } from './variables.ts';

const variables = withDefaults({});
const tree = (rule: Pick<Rule, 'header' | 'options'>) => ({
  header: rule.header,
  options: rule.options.map(({ keyword, value }) => ({ keyword, value })),
});

function expectStable(text: string): boolean {
  const { rule } = parseRule(text, variables);
  if (rule === undefined) return false;
  const printed = printRule(rule);
  const again = parseRule(printed, variables);
  expect(again.faults.filter(({ code }) => code === 'RULE_ARGUMENT')).toEqual([]);
  expect(again.rule && tree(again.rule)).toEqual(tree(rule));
  expect(again.rule && printRule(again.rule)).toBe(printed);
  return true;
}

const ARGUMENTS = [
  '',
  '1',
  '!1',
  '5-9',
  '<3',
  '"a|0d 0a|b"',
  '!"x\\;y"',
  'to_server,established',
  'set,a.b',
  '"/a(b|c)/Ui"',
  '1,relative',
  '4,>,5,0,relative,little',
  '2,0,v',
  'v',
  'a b, c d',
  '-4',
  '0x1f',
  'type limit, track by_src, count 1, seconds 5',
  'url,a.b/c',
  'S,12',
  '"\\\\"',
  'any',
  '!"a"b"',
  'bytes 1, offset 0, oper +, rvalue v, result r',
];
const option = fc
  .tuple(
    fc.constantFrom(...KEYWORD_NAMES, 'content', 'content'),
    fc.oneof(fc.constantFrom(...ARGUMENTS), fc.string({ maxLength: 12 })),
  )
  .map(([name, argument]) => (argument === '' ? `${name};` : `${name}:${argument};`));
const endpoint = fc.constantFrom('any', '$HOME_NET', '!1.2.3.4', '[10.0.0.0/8,!10.1.1.1]', '::1');
const port = fc.constantFrom('any', '80', '!$HTTP_PORTS', '[1:5, 9]', ':7');
const rule = fc
  .tuple(
    fc.constantFrom('alert', 'pass', 'drop'),
    fc.constantFrom('tcp', 'ip', 'http', 'dns', 'tls'),
    endpoint,
    port,
    fc.constantFrom('->', '<>', '=>'),
    endpoint,
    port,
    fc.array(option, { maxLength: 4 }),
  )
  .map(([action, ...rest]) => {
    const options = rest[6].join(' ');
    return `${action} ${rest.slice(0, 6).join(' ')} (msg:"m"; ${options} sid:1;)`;
  });

test('rules made of keywords and arguments: read, printed and read again they are the same', () => {
  let stable = 0;
  fc.assert(
    fc.property(rule, (text) => {
      if (expectStable(text)) stable += 1;
    }),
    { numRuns: 5000 },
  );
  expect(stable).toBeGreaterThan(200);
});

test('a content of any bytes survives printing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      const hex = Buffer.from(bytes).toString('hex');
      const text = `alert ip any any -> any any (msg:"m"; content:"|${hex}|"; sid:1;)`;
      expect(expectStable(text)).toBe(true);
      const content = parseRule(text, variables).rule?.options[1]?.value;
      expect(content).toEqual({ type: 'content', bytes: [...bytes], negated: false });
    }),
  );
});

test('any text: never throws, every line is counted or blank, the same result twice', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    rule,
    fc.constantFrom('\n', '\\\n', '(', ')', ';', '"', '[', '|', '#alert tcp x (', '\r\n'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const file = { name: 'x', text: pieces.join('') };
      const first = loadRules([file]);
      expect(loadRules([file])).toEqual(first);
      for (const fault of first.faults) {
        expect(fault.line).toBeGreaterThan(0);
        expect(fault.column).toBeGreaterThan(0);
      }
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['brackets', 'alert ip '.concat('['.repeat(60_000), ' any -> any any (sid:1;)')],
  [
    'nested groups',
    `alert ip ${'['.repeat(9000)}1.1.1.1${']'.repeat(9000)} any -> any any (sid:1;)`,
  ],
  ['options', `alert ip any any -> any any (${'nocase;'.repeat(9000)})`],
  ['escapes', `alert ip any any -> any any (content:"${'\\;'.repeat(30_000)}`],
  ['pcre', `alert ip any any -> any any (pcre:"/${'('.repeat(60_000)}/";)`],
  [
    'nested repetition',
    `alert ip any any -> any any (pcre:"/${'(a*'.repeat(9000)}${')*'.repeat(9000)}/";)`,
  ],
  ['100,000 flowbits', `alert ip any any -> any any (flowbits:isset,${'a|'.repeat(100_000)}b;)`],
  ['slashes', `alert ip any any -> any any (pcre:"${'/'.repeat(60_000)};)`],
  ['blanks', `alert${' '.repeat(60_000)}ip`],
  ['commented blanks', `#${' '.repeat(60_000)}alert${' '.repeat(60_000)}x`],
  ['commas', `alert ip any any -> any any (threshold:${','.repeat(60_000)};)`],
  ['words', `alert ip any any -> any any (metadata:${'a '.repeat(30_000)};)`],
  ['binary', String.fromCharCode(...Array.from({ length: 60_000 }, (_, i) => i % 256))],
  ['one content of a megabyte', `alert ip any any -> any any (content:"${'a'.repeat(1e6)}";)`],
])('hostile input ends: %s', (_name, text) => {
  const { loaded, failed, disabled } = checkRules([{ name: 'x', text }]);
  expect(loaded).toBe(0);
  expect(failed + disabled).toBeGreaterThanOrEqual(0);
});
