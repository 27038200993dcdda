/**
 * Rules, lists and bundles that nobody should write: what is wrong is said with its place, what is sound is kept, and memory
 * does not grow with the input: programs run with a heap that the input would not fit into, and end by themselves.
 */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { garbage } from '../testing/garbage.ts';
import { conversation } from '../testing/packets.ts';
import { type Ended, runNetmoth } from '../testing/run-netmoth.ts';

const MiB = 1024 * 1024;
const GIB = 1024 * MiB;
/** Of JavaScript objects; without a bound a file of a gigabyte would end the program with a signal. */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=192' };
const SOUND = 'alert udp any any -> any any (msg:"sound"; content:"x"; sid:1;)\n';
const TIMEOUT_MS = 300_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-bad-rules-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const netmoth = (...args: string[]) => runNetmoth(args, { env: SMALL_HEAP });

function expectNoCrash(ended: Ended): void {
  expect(ended.status).not.toBeNull();
  expect(ended.stderr).not.toMatch(/^\s+at |heap|FATAL/m);
}

test('a gigabyte without an end of line', { timeout: TIMEOUT_MS }, async () => {
  const huge = file('huge.rules', SOUND);
  truncateSync(huge, GIB);
  const ended = await netmoth('rules', 'check', huge);
  expectNoCrash(ended);
  expect(ended.status).toBe(1);
  expect(ended.stdout).toMatch(/huge\.rules:2:1 RULE_TOO_LONG .*65536/);
  expect(ended.stdout).toMatch(/^1 loaded, 1 failed, 0 disabled$/m);
});

test('lists and configuration files of a gigabyte', { timeout: TIMEOUT_MS }, async () => {
  const huge = file('huge.txt', '192.0.2.1\n');
  truncateSync(huge, GIB);
  const rules = file('one.rules', SOUND);
  const out = join(dir, 'out.bundle');
  for (const [args, told] of [
    [['rules', 'check', '--list', `${huge},format=plain`], /huge\.txt/],
    [['rules', 'compile', rules, '-o', out, '--threshold', huge], /huge\.txt.*67108864/],
    [['rules', 'compile', rules, '-o', out, '--classification', huge], /huge\.txt.*67108864/],
    [['read', '/dev/null', '--eve', '/dev/null', '--bundle', huge], /huge\.txt.*BUNDLE_/],
  ] as const) {
    const ended = await netmoth(...args);
    expectNoCrash(ended);
    expect(ended.status, args.join(' ')).toBeGreaterThan(0);
    expect(ended.stdout + ended.stderr).toMatch(told);
  }
});

test('a JSON document of a gigabyte is read up to its bound', { timeout: TIMEOUT_MS }, async () => {
  const json = file('huge.json', '{"type":"bundle","objects":[');
  truncateSync(json, GIB);
  // Read whole, so up to the bound it needs memory.
  const ended = await runNetmoth(['rules', 'check', '--list', `${json},format=stix`]);
  expectNoCrash(ended);
  expect(ended.status).toBe(66);
  expect(ended.stderr).toMatch(/huge\.json.*larger than 268435456 bytes/);
});

test('a content of a megabyte', async () => {
  const content = 'a'.repeat(MiB);
  const path = file(
    'long.rules',
    `alert ip any any -> any any (content:"${content}"; sid:2;)\n${SOUND}`,
  );
  const ended = await netmoth('rules', 'check', path);
  expect(ended).toMatchObject({ status: 1 });
  expect(ended.stdout).toMatch(/long\.rules:1:1 RULE_TOO_LONG .*65536/);
  expect(ended.stdout.length).toBeLessThan(1_000);
  expect(ended.stdout).toMatch(/^1 loaded, 1 failed/m);
});

test('a pcre whose steps double with every octet: named, and given up by its limit', async () => {
  const path = file(
    'slow.rules',
    `alert tcp any any -> any any (msg:"slow"; content:"a"; pcre:"/^(a+)+$/"; sid:3;)\n${SOUND.replace('udp', 'tcp')}`,
  );
  const checked = await netmoth('rules', 'check', path);
  expect(checked.stdout).toMatch(/slow\.rules:1:\d+ RULE_PCRE_BACKTRACKING/);
  const text = `${'a'.repeat(1_200)}!x`;
  const capture = file('slow.pcap', conversation(9, [{ from: 'client', text }]));
  const tested = await netmoth('rules', 'test', path, capture, '--expect', 'sid=1');
  expect(tested.stdout).toMatch(/^passed/m);
});

test('100,000 flowbits: all load, a flow remembers so many as there is room for', {
  timeout: TIMEOUT_MS,
}, async () => {
  const count = 100_000;
  const rules = Array.from(
    { length: count },
    (_, at) =>
      `alert udp any any -> any any (msg:"m"; flowbits:set,bit${at}; noalert; sid:${at + 10};)`,
  );
  const path = file('bits.rules', `${rules.join('\n')}\n${SOUND}`);
  const bundle = join(dir, 'bits.bundle');
  const ended = await runNetmoth(['rules', 'compile', path, '-o', bundle]);
  expectNoCrash(ended);
  expect(ended.status).toBe(0);
  const capture = join(import.meta.dirname, '../../../samples/first-look.pcap');
  const eve = join(dir, 'bits.ndjson');
  const read = await netmoth('read', capture, '--eve', eve, '--bundle', bundle);
  expectNoCrash(read);
  expect(read.status).toBe(0);
});

test('a list with a million bad lines: 10,000 are told, the others counted', {
  timeout: TIMEOUT_MS,
}, async () => {
  const path = file('bad.txt', `192.0.2.1\n${'not an address at all!\n'.repeat(1_000_000)}`);
  const ended = await netmoth('rules', 'check', '--list', `${path},format=plain`);
  expectNoCrash(ended);
  expect(ended.status).toBe(1);
  expect(ended.stdout.split('\n').filter((line) => line.includes('LIST_ENTRY'))).toHaveLength(
    10_000,
  );
  expect(ended.stdout).toMatch(/990,?000 more faults/);
});

test('octets that mean nothing, as rules, lists, configuration and bundle', {
  timeout: TIMEOUT_MS,
}, async () => {
  const path = file('garbage.rules', garbage(2 * MiB));
  const rules = file('sound.rules', SOUND);
  const capture = file('empty.pcap', conversation(9, []));
  const out = join(dir, 'out.bundle');
  for (const [args, told] of [
    [['rules', 'check', path], /garbage\.rules:\d+:\d+ RULE_/],
    [['rules', 'check', rules, '--list', path], /garbage\.rules.*LIST_/],
    [['rules', 'compile', rules, '-o', out, '--threshold', path], /garbage\.rules:\d+/],
    [['read', capture, '--eve', '/dev/null', '--bundle', path], /garbage\.rules.*BUNDLE_MAGIC/],
    [['rules', 'explain', '1', path], /garbage|1/],
  ] as const) {
    const ended = await netmoth(...args);
    expectNoCrash(ended);
    expect(ended.status, args.join(' ')).toBeGreaterThan(0);
    expect(ended.stdout + ended.stderr).toMatch(told);
  }
});

test('a bundle of a newer version', async () => {
  const rules = file('newer.rules', SOUND);
  const bundle = join(dir, 'newer.bundle');
  expect((await netmoth('rules', 'compile', rules, '-o', bundle)).status).toBe(0);
  const capture = file('newer.pcap', conversation(9, []));
  for (const [at, code] of [
    [8, 'BUNDLE_VERSION'],
    [10, 'BUNDLE_ENGINE'],
  ] as const) {
    const newer = readFileSync(bundle);
    newer.writeUInt16LE(99, at);
    const path = file(`newer-${at}.bundle`, newer);
    const ended = await netmoth('read', capture, '--eve', '/dev/null', '--bundle', path);
    expect(ended.stderr).toMatch(new RegExp(`newer-${at}\\.bundle.*${code}`));
    expect(ended.status).toBe(65);
  }
});
