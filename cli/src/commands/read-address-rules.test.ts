/** Rules that ask for reputations and countries of addresses: golden cases through compiler and engine. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Countries } from '#signatures/addresses/countries.ts';
import { ReputationBook } from '#signatures/addresses/reputation-book.ts';
import { alertsOf } from '../testing/alerts-of.ts';
import { datagramsOfHosts } from '../testing/packets.ts';
import { runNetmoth } from '../testing/run-netmoth.ts';

const CATEGORIES = '1,CnC,command and control\n2,Good,known good\n';
const SCORES = '192.0.2.0/24,1,40\n192.0.2.9,1,90\n198.51.100.7,1,10\n192.0.2.9,2,120\n';
const HOME = [10, 0, 0, 1];
const WORST = [192, 0, 2, 9];
const BAD = [192, 0, 2, 8];
const UNKNOWN = [203, 0, 113, 5];
const LITTLE = [198, 51, 100, 7];

const book = () => {
  const reputations = new ReputationBook();
  reputations.addCategories('categories.txt', CATEGORIES);
  reputations.addScores('reputation.list', SCORES);
  return reputations;
};

const to = (host: readonly number[]) =>
  datagramsOfHosts([{ from: HOME, to: host, port: 9, text: 'x' }]);

const RULES: readonly (readonly [sid: number, options: string])[] = [
  [1, 'iprep:dst,CnC,>,30;'],
  [2, 'iprep:dst,CnC,>=,90;'],
  [3, 'iprep:any,CnC,<,30;'],
  [4, 'iprep:src,CnC,isset;'],
  [5, 'iprep:src,CnC,isnotset;'],
  [6, 'iprep:both,CnC,isset;'],
  [7, 'iprep:dst,CnC,isnotset;'],
  [8, 'iprep:dst,Good,=,120; iprep:dst,CnC,isset; content:"x";'],
  [9, 'flow:to_server; iprep:any,CnC,>,30;'],
];

test.each([
  [WORST, [1, 2, 5, 8, 9]],
  [BAD, [1, 5, 9]],
  [LITTLE, [3, 5]],
  [UNKNOWN, [5, 7]],
])('reputations: a packet to %j', async (host, expected) => {
  const rules = RULES.map(
    ([sid, options]) => `alert ip any any -> any any (msg:"x"; ${options} sid:${sid};)`,
  ).join('\n');
  const { ids, faults, notMatched } = await alertsOf(rules, to(host), {
    addresses: { reputations: book() },
  });
  expect([faults, notMatched]).toEqual([[], []]);
  expect([...ids].sort((a, b) => a - b)).toEqual(expected);
});

test('reputations of both ends', async () => {
  const rules = 'alert udp any any -> any any (msg:"x"; iprep:both,CnC,isset; sid:1;)';
  const capture = datagramsOfHosts([{ from: WORST, to: BAD, port: 9, text: 'x' }]);
  const options = { addresses: { reputations: book() } };
  expect(await alertsOf(rules, capture, options)).toMatchObject({ ids: [1], notMatched: [] });
});

/** As one that reads a database has them. */
const countries = {
  table: (codes: readonly string[], negated: boolean) => ({
    name: `geoip.${negated ? '!' : ''}${codes.join(',')}`,
    v4: [{ low: '\xc0\0\x02\0', high: '\xc0\0\x02\xff', score: 1 }],
    v6: [],
  }),
} as unknown as Countries;

test('countries', async () => {
  const rules = [
    'alert ip any any -> any any (msg:"x"; geoip:dst,SE,NO; sid:1;)',
    'alert ip any any -> any any (msg:"x"; geoip:src,SE; sid:2;)',
    'alert ip any any -> any any (msg:"x"; geoip:SE; sid:3;)',
    'alert ip any any -> any any (msg:"x"; geoip:both,SE; sid:4;)',
    'alert ip any any -> any any (msg:"x"; geoip:dst,!DE; sid:5;)',
  ].join('\n');
  const { ids, faults, notMatched } = await alertsOf(rules, to(BAD), { addresses: { countries } });
  expect([faults, notMatched]).toEqual([[], []]);
  expect([...ids].sort((a, b) => a - b)).toEqual([1, 3, 5]);
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmoth-addresses-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('--iprep takes a folder as Suricata has it', async () => {
  const file = (name: string) => join(folder, name);
  await writeFile(file('categories.txt'), CATEGORIES);
  await writeFile(file('badhosts.list'), SCORES);
  const rule = 'alert ip any any -> any any (msg:"x"; iprep:dst,CnC,>,30; sid:1; rev:1;)';
  await writeFile(file('local.rules'), rule);
  await writeFile(file('c.pcap'), to(BAD));
  const read = ['read', file('c.pcap'), '--eve', file('e.ndjson'), '--rules', file('local.rules')];
  const { stderr } = await runNetmoth([...read, '--iprep', folder, '--quiet']);
  expect(stderr).toBe('');
  expect(await readFile(file('e.ndjson'), 'utf8')).toContain('"signature_id":1,');
  const explained = await runNetmoth([
    'rules',
    'explain',
    '1',
    file('local.rules'),
    '--iprep',
    folder,
  ]);
  expect(explained.stdout).toContain('the reputation of the destination in CnC: 31 or more');
  const without = await runNetmoth(['rules', 'check', file('local.rules')]);
  expect(without.stdout).toContain('no categories.txt');
});
