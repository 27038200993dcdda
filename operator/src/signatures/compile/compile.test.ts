// Sets of rules compiled alone and together, in this thread and in one of their own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { signatureSetSpecSchema } from '#crds/signature-set.ts';
import { decodeBundle } from '#signatures/bundle/bundle.ts';
import { conformanceData } from '#signatures/testing/conformance-data.ts';
import { compileParts } from './compile-packs.ts';
import { Compiler } from './compiler.ts';
import { packedBytes, type RulePack, revisionName, rulePack, unpacked } from './rule-pack.ts';

const rule = (sid: number, msg = 'x', more = ''): string =>
  `alert tcp $HOME_NET any -> any 80 (msg:"${msg}"; content:"${msg}"; ${more}sid:${sid};)`;

const kDatasetRule =
  'alert dns any any -> any any (msg:"x"; dns.query; dataset:isset,bad,type string,load bad.lst; sid:1;)';

function pack(text: string, spec: object = {}): RulePack {
  const parsed = signatureSetSpecSchema.parse({ source: { inline: { rules: 'x' } }, ...spec });
  return rulePack([{ name: 'a.rules', text }], parsed);
}

it('the same input is the same revision and the same bundle, whatever the order it comes in', () => {
  const files = [
    { name: 'b.rules', text: rule(2) },
    { name: 'a.rules', text: rule(1) },
  ];
  const spec = signatureSetSpecSchema.parse({
    ...{ source: { inline: { rules: 'x' } }, disable: [9, 3] },
    variables: { B: '10.0.0.0/8', A: '10.0.0.1' },
  });
  const turned = { ...spec, disable: [3, 9], variables: { A: '10.0.0.1', B: '10.0.0.0/8' } };
  const [first, second] = [rulePack(files, spec), rulePack(files.toReversed(), turned)];
  expect(revisionName(first)).toBe(revisionName(second));
  const digests = [first, second].map((each) => compileParts([{ set: 's', pack: each }]).digest);
  expect(digests[0]).toBe(digests[1]);
  expect(unpacked(packedBytes(first), revisionName(first))).toEqual(first);
  expect(unpacked(packedBytes(first), 'another')).toBeUndefined();
  expect(unpacked(Buffer.from('no pack'), revisionName(first))).toBeUndefined();
});

it('takes what is commented out and asked for, leaves out what is not wanted', () => {
  const text = [rule(1), `# ${rule(2)}`, `#${rule(3)}`, rule(4)].join('\n');
  const compiled = compileParts([{ set: 's', pack: pack(text, { enable: [3], disable: [4] }) }]);
  expect(compiled).toMatchObject({ rules: 2, failed: 0, faults: [] });
});

it('names faults by file, line and reason, of rules, settings and thresholds', () => {
  const text = [rule(1), 'alert tcp nonsense', rule(2, 'y', 'nonsense; ')].join('\n');
  const thresholds = 'suppress gen_id 1, sig_id 1\nnonsense';
  const { faults, faultCount, failed } = compileParts([
    { set: 's', pack: pack(text, { thresholds }) },
  ]);
  expect([failed, faultCount]).toEqual([2, 3]);
  expect(faults.map(({ file, line }) => `${file}:${line}`)).toEqual([
    'spec.thresholds:2',
    'a.rules:2',
    'a.rules:3',
  ]);
});

it("reads thresholds with the set's variables, in a file and in the spec", () => {
  const variables = { HOME_NET: '10.0.0.0/8', OURS: '192.0.2.0/24' };
  const suppress = (name: string) => `suppress gen_id 1, sig_id 1, track by_src, ip $${name}`;
  const spec = signatureSetSpecSchema.parse({
    ...{ source: { inline: { rules: 'x' } }, variables, thresholds: suppress('OURS') },
  });
  const files = [
    { name: 'a.rules', text: rule(1) },
    { name: 'threshold.config', text: suppress('HOME_NET') },
  ];
  const compiled = compileParts([{ set: 's', pack: rulePack(files, spec) }]);
  expect(compiled).toMatchObject({ rules: 1, faults: [] });
  const unset = rulePack(files, { ...spec, variables: {} });
  const { faults } = compileParts([{ set: 's', pack: unset }]);
  expect(faults).toMatchObject([
    { file: 'spec.thresholds', message: expect.stringContaining('OURS') },
  ]);
});

it('of the same rule in two sets takes that of the first, each with its own variables', () => {
  const high = pack(rule(1, 'high'), { variables: { HOME_NET: '10.0.0.0/8' } });
  const low = pack([rule(1, 'low'), rule(2, 'low')].join('\n'), {
    variables: { HOME_NET: '192.168.0.0/16' },
  });
  const both = compileParts([
    { set: 'high', pack: high },
    { set: 'low', pack: low },
  ]);
  expect(both.conflicts).toEqual([{ sid: 1, winner: 'high', loser: 'low' }]);
  expect(both.rules).toBe(2);
  const text = Buffer.from(both.bytes).toString('latin1');
  expect([text.includes('high'), text.includes('low/a.rules')]).toEqual([true, true]);
});

describe('lists and datasets', () => {
  const files = [
    { name: 'rules/a.rules', text: `${kDatasetRule}\n${rule(2)}` },
    { name: 'rules/bad.lst', text: `${btoa('bad.example')}\n` },
    { name: 'lists/evil.txt', text: 'evil.example\nworse.example\nno domain!\n' },
  ];
  const packOf = (more: object, given = files): RulePack =>
    rulePack(given, signatureSetSpecSchema.parse({ source: { inline: { rules: 'x' } }, ...more }));
  const both = { lists: [{ files: 'lists/*', type: 'domain' }], datasets: '*.lst' };

  it('are taken out of the files that the set names, and their faults are named', () => {
    const compiled = compileParts([{ set: 's', pack: packOf(both) }]);
    expect(compiled).toMatchObject({ rules: 2, failed: 0, indicators: 2, faultCount: 1 });
    expect(compiled.faults).toMatchObject([{ file: 'lists/evil.txt', line: 3 }]);
    // As alerts call it.
    expect(Buffer.from(compiled.bytes).includes('evil')).toBe(true);
  });

  it('that are missing leave out the rules that need them, by name', () => {
    const withoutFile = files.filter(({ name }) => !name.endsWith('.lst'));
    const compiled = compileParts([{ set: 's', pack: packOf(both, withoutFile) }]);
    expect(compiled).toMatchObject({ rules: 1, failed: 1 });
    expect(compiled.faults).toContainEqual(
      expect.objectContaining({
        ...{ file: 'rules/a.rules', line: 1 },
        message: expect.stringContaining('bad.lst, is not there'),
      }),
    );
  });

  it('of several sets stand together, each with the files of its own', () => {
    const other = { lists: [{ name: 'mine', type: 'domain' }] };
    const parts = [
      { set: 'one', pack: packOf(both) },
      { set: 'two', pack: packOf(other, [{ name: 'b.txt', text: 'third.example\n' }]) },
    ];
    const compiled = compileParts(parts);
    expect(compiled).toMatchObject({ rules: 2, failed: 0, indicators: 3 });
    expect(compiled.faults).toMatchObject([{ file: 'one/lists/evil.txt' }]);
    expect(compileParts(parts).digest).toBe(compiled.digest);
  });

  it('make another revision; a set without any keeps the name it had', () => {
    const plain = packOf({});
    expect(Object.keys(plain)).not.toContain('lists');
    const names = [plain, packOf({ datasets: '*.lst' }), packOf(both)].map(revisionName);
    expect(new Set(names).size).toBe(3);
    expect(unpacked(packedBytes(packOf(both)), names[2] ?? '')).toEqual(packOf(both));
  });
});

it('a thread of its own comes to the same, jobs queue, and a job that is given up fails alone', async () => {
  const compiler = new Compiler();
  const parts = [{ set: 's', pack: pack(rule(1)) }];
  const stop = new AbortController();
  const first = compiler.compile(parts, stop.signal);
  const given = compiler.compile(parts, AbortSignal.abort(new Error('given up')));
  const third = compiler.compile(parts, stop.signal);
  await expect(given).rejects.toThrow('given up');
  const here = compileParts(parts);
  for (const made of [await first, await third]) {
    expect(made.digest).toBe(here.digest);
    expect(Buffer.from(made.bytes).equals(here.bytes)).toBe(true);
  }
  expect([compiler.jobs, compiler.failures]).toEqual([2, 0]);
});

const data = conformanceData();
it.skipIf(data === undefined)('ET Open compiles within the bounds of one job', async () => {
  const folder = join(data ?? '', 'etopen');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.gz'))
    .map((name) => ({
      name: name.replace(/\.gz$/, ''),
      text: gunzipSync(readFileSync(join(folder, name))).toString(),
    }));
  const spec = signatureSetSpecSchema.parse({ source: { inline: { rules: 'x' } } });
  const parts = [{ set: 'et', pack: rulePack(files, spec) }];
  const compiled = await new Compiler().compile(parts, new AbortController().signal);
  expect(compiled.rules).toBeGreaterThan(10_000);
  expect(compiled.failed / compiled.rules).toBeLessThan(0.01);
});

it('files that rules name are those of their set: digests, values, reputations', () => {
  const spec = signatureSetSpecSchema.parse({ source: { inline: { rules: 'x' } } });
  const http = (options: string, sid: number) =>
    `alert http any any -> any any (msg:"x"; ${options} sid:${sid};)`;
  const files = [
    {
      name: 'a.rules',
      text: [
        http('http.uri; dataset:isset,d,type string,load d.lst;', 1),
        http('filemd5:bad.md5;', 2),
        http('iprep:dst,CnC,>,3;', 3),
        http('http.uri; dataset:isset,e,type string,load e.lst;', 4),
      ].join('\n'),
    },
    { name: 'd.lst', text: 'YQ==' },
    { name: 'bad.md5', text: '0'.repeat(32) },
    { name: 'categories.txt', text: '1,CnC,x' },
    { name: 'reputation.list', text: '192.0.2.1,1,9' },
  ];
  const set = { set: 's', pack: rulePack(files, spec) };
  const alone = compileParts([set]);
  expect(alone).toMatchObject({ rules: 3, failed: 1, faultCount: 1 });
  expect(alone.faults).toMatchObject([{ file: 'a.rules', line: 4 }]);
  const other = { set: 't', pack: pack(rule(9)) };
  const both = compileParts([set, other]);
  expect(both).toMatchObject({ rules: 4, failed: 1 });
  const { addresses, datasets } = decodeBundle(both.bytes);
  expect(addresses.map(({ name, v4 }) => [name, v4.length])).toEqual([['iprep.CnC', 1]]);
  expect(datasets.map(({ name, values }) => [name, values])).toEqual([['d', ['a']]]);
});
