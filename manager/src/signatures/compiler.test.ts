// The bounds of compiling: one at a time, ended when it takes too long, the same bytes as the compiler's own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeBundle } from '#signatures/bundle/bundle.ts';
import { conformanceData } from '#signatures/testing/conformance-data.ts';
import { type CompiledSet, compileSet, type RuleOverride } from './compile-set.ts';
import { Compiler } from './compiler.ts';

const DATA = conformanceData();
const COUNTRIES = DATA === undefined ? undefined : join(DATA, 'mmdb/GeoIP2-Country-Test.mmdb');

const RULES = [
  'alert tcp any any -> any any (msg:"A"; content:"a"; sid:1; rev:1;)',
  '  # # alert tcp any any -> any any (msg:"B\\; sid:9\\;"; content:"b|3b|"; sid:2; rev:3; nosuchword;)',
  'alert tcp any any -> any any \\',
  '  (msg:"C"; content:"c"; threshold:type limit,track by_src,count 9,seconds 9; sid:3;)',
].join('\n');
const threshold = { type: 'both', track: 'by_dst', count: 2, seconds: 30 } as const;

const compiled = (overrides: readonly RuleOverride[] = [], rules = RULES): CompiledSet =>
  compileSet({
    files: [{ name: 'x.rules', list: null, bytes: Buffer.from(rules) }],
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
  const { faults, counts } = compiled([
    { gid: 1, sid: 2, enabled: true, threshold: null, suppress: null },
  ]);
  expect(counts).toMatchObject({ loaded: 2, failed: 1, disabled: 0 });
  const column = (RULES.split('\n')[1]?.indexOf('nosuchword') ?? 0) + 1;
  expect(faults).toMatchObject([{ code: 'RULE_KEYWORD_UNKNOWN', line: 2, column }]);
});

test('an override disables a rule and replaces its rate; without one nothing changes', () => {
  const off = compiled([{ gid: 1, sid: 1, enabled: false, threshold: null, suppress: null }]);
  expect(states(off)).toEqual(['1 disabled', '2 commented', '3 active']);
  expect(off.counts).toMatchObject({ loaded: 1, disabled: 2 });
  const rated = compiled([{ gid: 1, sid: 3, enabled: null, threshold, suppress: null }]);
  expect(states(rated)).toEqual(states(compiled()));
  expect(rated.digest).not.toBe(compiled().digest);
  expect(
    compiled([{ gid: 2, sid: 3, enabled: false, threshold: null, suppress: null }]).counts.loaded,
  ).toBe(2);
});

test('an override suppresses: of all hosts or of some; what it cannot read is a fault', () => {
  const override = (suppress: RuleOverride['suppress']): RuleOverride => ({
    ...{ gid: 1, sid: 3, enabled: null, threshold: null, suppress },
  });
  const always = compiled([override({ track: 'always' })]);
  expect(states(always)).toEqual(states(compiled()));
  expect(decodeBundle(always.bundle).thresholds).toMatchObject([
    { kind: 'suppress', gid: 1, sid: 3, track: '' },
  ]);
  const some = compiled([override({ track: 'by_dst', addresses: '[192.0.2.0/24]' })]);
  expect(decodeBundle(some.bundle).thresholds).toMatchObject([
    { track: 'by_dst', addresses: { v4: [{ low: 0xc0000200, high: 0xc00002ff }] } },
  ]);
  expect(new Set([compiled(), always, some].map(({ digest }) => digest)).size).toBe(3);
  const gone = compiled([override({ track: 'by_src', addresses: '$GONE' })]);
  expect(gone.counts.errors).toBe(1);
  expect(gone.faults).toMatchObject([
    { file: 'overrides.json', code: 'CONFIG_LINE', message: expect.stringMatching(/1:3.*GONE/) },
  ]);
  expect(decodeBundle(gone.bundle).thresholds).toEqual([]);
});

test("thresholds are read with the set's variables", () => {
  const text = 'suppress gen_id 1, sig_id 1, track by_src, ip $OURS';
  const files = [
    { name: 'x.rules', list: null, bytes: Buffer.from(RULES) },
    { name: 'threshold.config', list: null, bytes: Buffer.from(text) },
  ];
  const set = (variables: Readonly<Record<string, string>>) =>
    compileSet({ files, variables, overrides: [] });
  expect(set({ OURS: '192.0.2.0/24' }).faults).toEqual([]);
  expect(set({}).faults).toMatchObject([{ file: 'threshold.config', line: 1 }]);
});

test('the order of files and overrides changes nothing', () => {
  const files = ['b.rules', 'a.rules'].map((name, at) => ({
    name,
    list: null,
    bytes: Buffer.from(`alert tcp any any -> any any (msg:"x"; content:"x"; sid:${at + 1};)\n`),
  }));
  const overrides = [1, 2].map((sid) => ({
    gid: 1,
    sid,
    enabled: null,
    threshold,
    suppress: null,
  }));
  const one = compileSet({ files, variables: {}, overrides });
  const other = compileSet({
    files: [...files].reverse(),
    variables: {},
    overrides: [...overrides].reverse(),
  });
  expect(other.digest).toBe(one.digest);
});

test('lists and rules make one bundle; a broken entry is named, the others count', () => {
  const list = { confidence: 90, severity: 1, category: 'botnet' };
  const made = compileSet({
    files: [
      { name: 'x.rules', list: null, bytes: Buffer.from(RULES) },
      {
        name: 'bad.txt',
        list,
        bytes: Buffer.from('192.0.2.7\n# a comment\nevil.example\nno such\n'),
      },
      {
        name: 'ip.json',
        list: { ...list, expires: '2030-01-01T00:00:00Z' },
        bytes: Buffer.from(
          JSON.stringify({
            Event: { Attribute: [{ type: 'ip-dst', value: '198.51.100.9', to_ids: true }] },
          }),
        ),
      },
    ],
    variables: {},
    overrides: [],
  });
  expect(made.counts).toMatchObject({ loaded: 2, indicators: 3, errors: 1 });
  expect(made.faults).toMatchObject([{ file: 'bad.txt', line: 4, code: 'LIST_ENTRY' }]);
  const { indicators, rules } = decodeBundle(made.bundle);
  expect(rules).toHaveLength(2);
  expect(indicators.metas).toContainEqual(
    expect.objectContaining({
      list: 'ip',
      category: 'botnet',
      severity: 1,
      expires: 1_893_456_000,
    }),
  );
});

const job = (rules: string) => ({
  ...{ versionId: 1, variables: {}, overrides: [] },
  files: [{ name: 'x.rules', list: null, body: zstdCompressSync(Buffer.from(rules)) }],
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
  const files = [{ name: 'x.rules', list: null, body: Buffer.from('not compressed') }];
  const failed = new Compiler().compile({ ...job(''), files });
  await expect(failed).rejects.toMatchObject({ code: 'NM_QUERY_INVALID' });
});

test('files that rules name lie in the set', () => {
  const file = (name: string, text: string) => ({ name, list: null, bytes: Buffer.from(text) });
  const http = (options: string, sid: number) =>
    `alert http any any -> any any (msg:"x"; ${options} sid:${sid};)`;
  const rules = [
    http('http.uri; dataset:isset,d,type string,load d.lst;', 1),
    http('filesha256:bad.sha256;', 2),
    http('iprep:dst,CnC,>,3;', 3),
    http('http.uri; dataset:isset,e,type string,load e.lst;', 4),
  ];
  const files = [
    file('a.rules', rules.join('\n')),
    file('d.lst', 'YQ=='),
    file('bad.sha256', '0'.repeat(64)),
    file('categories.txt', '1,CnC,x'),
    file('reputation.list', '192.0.2.1,1,9'),
  ];
  const made = compileSet({ files, variables: {}, overrides: [] });
  expect(made.counts).toMatchObject({ loaded: 3, failed: 1, errors: 1 });
  expect(made.faults).toMatchObject([{ file: 'a.rules', line: 4, code: 'RULE_DATASET' }]);
  expect(decodeBundle(made.bundle).addresses).toMatchObject([{ name: 'iprep.CnC' }]);
});

const GEO_RULES = [
  'alert ip any any -> any any (msg:"at home"; geoip:dst,SE; sid:1;)',
  'alert ip any any -> any any (msg:"anywhere"; content:"x"; sid:2;)',
].join('\n');

test.skipIf(COUNTRIES === undefined)('rules ask for countries of the database given', async () => {
  const compiler = new Compiler({ geoipFile: COUNTRIES });
  const made = await compiler.compile(job(GEO_RULES));
  expect(made.counts).toMatchObject({ loaded: 2, errors: 0 });
  const bundle = decodeBundle(zstdDecompressSync(made.bundle));
  expect(bundle.addresses.map(({ name }) => name)).toEqual(['geoip.SE']);
  expect(bundle.addresses[0]?.v4.length).toBeGreaterThan(0);
  // What asks for none does not depend on it.
  const plain = await compiler.compile(job(RULES));
  expect(plain.digest).toBe(compiled().digest);
});

test('without a database, or with one that is none, rules that ask for countries are left out', async () => {
  for (const geoipFile of [undefined, import.meta.filename, '/no/such/file']) {
    const files = [{ name: 'x.rules', list: null, bytes: Buffer.from(GEO_RULES) }];
    const countries = geoipFile === undefined ? undefined : () => readFileSync(geoipFile);
    const made = compileSet({ files, variables: {}, overrides: [], countries });
    expect(made.counts).toMatchObject({ loaded: 1, failed: 1 });
    const told = made.faults.map(({ file, message }) => `${file} ${message}`);
    if (geoipFile !== undefined) expect(told.shift()).toMatch(/^geoipFile .*no MaxMind database/);
    expect(told).toEqual([expect.stringMatching(/^x\.rules .*no database of countries was given/)]);
  }
});
