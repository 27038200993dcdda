// The bounds of compiling: one at a time, ended when it takes too long, the same bytes as the compiler's own.
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type CompiledSet, compileSet, type RuleOverride } from './compile-set.ts';
import { Compiler } from './compiler.ts';

const RULES = [
  'alert tcp any any -> any any (msg:"A"; content:"a"; sid:1; rev:1;)',
  '  # # alert tcp any any -> any any (msg:"B\\; sid:9\\;"; content:"b|3b|"; sid:2; rev:3; nosuchword;)',
  'alert tcp any any -> any any \\',
  '  (msg:"C"; content:"c"; threshold:type limit,track by_src,count 9,seconds 9; sid:3;)',
].join('\n');
const threshold = { type: 'both', track: 'by_dst', count: 2, seconds: 30 } as const;

const compiled = (overrides: readonly RuleOverride[] = [], rules = RULES): CompiledSet =>
  compileSet({
    files: [{ name: 'x.rules', bytes: Buffer.from(rules) }],
    variables: {},
    overrides,
  });
const states = ({ rules }: CompiledSet) => rules.map(({ sid, state }) => `${sid} ${state}`).sort();

test('a rule that is commented out is known by its id, whatever its message says', () => {
  const { rules, counts } = compiled();
  expect(counts).toMatchObject({ loaded: 2, disabled: 1, errors: 0 });
  expect(rules.find(({ sid }) => sid === 2)).toMatchObject({
    ...{ state: 'commented', msg: 'B; sid:9;', rev: 3, line: 2 },
    source: expect.stringMatching(/^alert tcp .*nosuchword;\)$/),
  });
});

test('enabled, its faults have their place in the file', () => {
  const { faults, counts } = compiled([{ gid: 1, sid: 2, enabled: true, threshold: null }]);
  expect(counts).toMatchObject({ loaded: 2, failed: 1, disabled: 0 });
  const column = (RULES.split('\n')[1]?.indexOf('nosuchword') ?? 0) + 1;
  expect(faults).toMatchObject([{ code: 'RULE_KEYWORD_UNKNOWN', line: 2, column }]);
});

test('an override disables a rule and replaces its rate; without one nothing changes', () => {
  const off = compiled([{ gid: 1, sid: 1, enabled: false, threshold: null }]);
  expect(states(off)).toEqual(['1 disabled', '2 commented', '3 active']);
  expect(off.counts).toMatchObject({ loaded: 1, disabled: 2 });
  const rated = compiled([{ gid: 1, sid: 3, enabled: null, threshold }]);
  expect(states(rated)).toEqual(states(compiled()));
  expect(rated.digest).not.toBe(compiled().digest);
  expect(compiled([{ gid: 2, sid: 3, enabled: false, threshold: null }]).counts.loaded).toBe(2);
});

test('the order of files and overrides changes nothing', () => {
  const files = ['b.rules', 'a.rules'].map((name, at) => ({
    name,
    bytes: Buffer.from(`alert tcp any any -> any any (msg:"x"; content:"x"; sid:${at + 1};)\n`),
  }));
  const overrides = [1, 2].map((sid) => ({ gid: 1, sid, enabled: null, threshold }));
  const one = compileSet({ files, variables: {}, overrides });
  const other = compileSet({
    files: [...files].reverse(),
    variables: {},
    overrides: [...overrides].reverse(),
  });
  expect(other.digest).toBe(one.digest);
});

const job = (rules: string) => ({
  ...{ versionId: 1, variables: {}, overrides: [] },
  files: [{ name: 'x.rules', body: zstdCompressSync(Buffer.from(rules)) }],
});

test('one at a time: who comes meanwhile is told to come again, and may', async () => {
  const compiler = new Compiler();
  const first = compiler.compile(job(RULES));
  await expect(compiler.compile(job(RULES))).rejects.toMatchObject({ code: 'NM_RATE_LIMITED' });
  expect((await first).digest).toBe(compiled().digest);
  expect((await compiler.compile(job(RULES))).digest).toBe(compiled().digest);
});

test('what takes too long is ended, and the next one compiles', async () => {
  const compiler = new Compiler({ timeoutMs: 1 });
  await expect(compiler.compile(job(RULES))).rejects.toMatchObject({
    code: 'NM_QUERY_INVALID',
    message: expect.stringContaining('it took more than 0.001 s'),
  });
  await expect(compiler.compile(job(RULES))).rejects.toMatchObject({ code: 'NM_QUERY_INVALID' });
});

test('a body that is no zstd is an error, not the end of the process', async () => {
  const files = [{ name: 'x.rules', body: Buffer.from('not compressed') }];
  const failed = new Compiler().compile({ ...job(''), files });
  await expect(failed).rejects.toMatchObject({ code: 'NM_QUERY_INVALID' });
});
