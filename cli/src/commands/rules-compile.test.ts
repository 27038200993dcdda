/** `netmoth rules compile` as a person runs it: the bundle, its digest, its signature, exit statuses. */
import { generateKeyPairSync } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeBundle } from '#signatures/bundle/bundle.ts';
import { verifySignature } from '#signatures/bundle/signature.ts';
import { runNetmoth } from '../testing/run-netmoth.ts';

let dir: string;
const at = (name: string) => join(dir, 'set', name);
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-compile-'));
  mkdirSync(join(dir, 'set'));
  const rule = (sid: number) =>
    `alert tcp $MINE any -> any 80 (msg:"r"; content:"abc"; classtype:c-d; reference:cve,1; sid:${sid};)\n`;
  writeFileSync(at('a.rules'), rule(1));
  writeFileSync(at('b.rules.gz'), gzipSync(rule(2)));
  writeFileSync(at('bad.rules'), `${rule(3)}alert tcp any any -> any any (msg:"b"; sidd:4;)\n`);
  writeFileSync(at('classification.config'), 'config classification: c-d,What,2\n');
  writeFileSync(at('ref'), 'config reference: CVE https://cve/\n');
  writeFileSync(at('thresholds'), 'suppress gen_id 1, sig_id 1, track by_src, ip 10.0.0.1\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const VARIABLE = ['--var', 'MINE=10.0.0.0/8'];

test('rules, classes, references and thresholds become one bundle', async () => {
  const output = join(dir, 'one.bundle');
  const files = [at('a.rules'), at('b.rules.gz'), at('classification.config')];
  const configs = ['--reference', at('ref'), '--threshold', at('thresholds')];
  const ended = await runNetmoth([
    'rules',
    'compile',
    ...files,
    ...configs,
    ...VARIABLE,
    '-o',
    output,
  ]);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  const bundle = decodeBundle(readFileSync(output));
  expect(ended.stdout).toContain(`${output}: sha256 ${bundle.digest}`);
  expect(bundle.rules).toMatchObject([
    { sid: 1, priority: 2, category: 'What', references: [{ url: 'https://cve/1' }] },
    { sid: 2, origin: { file: 'b.rules.gz', line: 1 } },
  ]);
  expect(bundle.thresholds).toHaveLength(1);
});

test('order of arguments, folder and signature change no digest', async () => {
  const key = join(dir, 'key.pem');
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  cpSync(join(dir, 'set'), join(dir, 'elsewhere'), { recursive: true });
  const there = (name: string) => join(dir, 'elsewhere', name);
  const [one, two] = [join(dir, '1.bundle'), join(dir, '2.bundle')];
  await runNetmoth(['rules', 'compile', at('a.rules'), at('b.rules.gz'), ...VARIABLE, '-o', one]);
  const other = [there('b.rules.gz'), there('a.rules'), ...VARIABLE, '--sign-key', key];
  const ended = await runNetmoth(['rules', 'compile', ...other, '-o', two, '--json']);
  const { digest } = decodeBundle(readFileSync(one));
  expect(JSON.parse(ended.stdout)).toMatchObject({ digest, loaded: 2, failed: 0, faults: [] });
  verifySignature(readFileSync(two), [publicKey]);
});

test('a broken rule is named, the others are in the bundle, exit 1', async () => {
  const output = join(dir, 'bad.bundle');
  const ended = await runNetmoth(['rules', 'compile', at('bad.rules'), ...VARIABLE, '-o', output]);
  expect(ended.status).toBe(1);
  expect(ended.stdout).toMatch(/^bad\.rules:2:40 RULE_KEYWORD_UNKNOWN/);
  expect(decodeBundle(readFileSync(output)).rules.map(({ sid }) => sid)).toEqual([3]);
});

test('what cannot be written, or no key: said with its code, nothing is left behind', async () => {
  const output = join(dir, 'none', 'x.bundle');
  const ended = await runNetmoth(['rules', 'compile', at('a.rules'), ...VARIABLE, '-o', output]);
  expect(ended.status).toBe(74);
  expect(ended.stderr).toContain('[NM_OUTPUT_WRITE]');
  const noKey = ['--sign-key', at('a.rules'), '-o', join(dir, 'y.bundle')];
  const refused = await runNetmoth(['rules', 'compile', at('a.rules'), ...VARIABLE, ...noKey]);
  expect(refused.status).toBe(64);
  expect(readdirSync(dir)).not.toContain('y.bundle');
});

test('lists: known formats, their own facts, faults with their place', async () => {
  const output = join(dir, 'lists.bundle');
  writeFileSync(at('feed.csv'), 'domain,malware\nbad.example,Emotet\ncom,x\n');
  writeFileSync(at('plain.txt'), '1.2.3.4\n');
  const lists = [
    '--list',
    `${at('feed.csv')},name=feed,confidence=90,severity=1`,
    '--list',
    at('plain.txt'),
  ];
  const ended = await runNetmoth(['rules', 'compile', ...lists, '-o', output]);
  expect(ended.status).toBe(1);
  expect(ended.stdout).toContain('feed.csv:3:1 LIST_TOO_BROAD "com"');
  expect(ended.stdout).toContain('list feed (csv): 1 entries, 1 failed, 0 not applicable');
  const { indicators } = decodeBundle(readFileSync(output));
  expect(indicators.tables.map(({ kind, keys }) => [kind, keys.length])).toEqual([
    ['ipv4', 1],
    ['domain', 1],
  ]);
  const emotet = {
    list: 'feed',
    source: 'feed.csv',
    category: 'Emotet',
    confidence: 90,
    severity: 1,
  };
  expect(indicators.metas).toContainEqual(expect.objectContaining(emotet));
  for (const wrong of [
    'x.csv,kind=1',
    'x.csv,confidence=101',
    'x.csv,format=xml',
    'x,expires=soon',
  ]) {
    const refused = await runNetmoth(['rules', 'compile', '--list', wrong, '-o', output]);
    expect(refused.status).toBe(64);
  }
});
