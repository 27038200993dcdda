/** Reputations and countries: files read, networks made disjoint, what rules may ask. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type CountryResponse, Reader } from 'maxmind';
import { describe, expect, test } from 'vitest';
import { loadRules } from '../check-rules.ts';
import { faultText } from '../faults.ts';
import { networkKeys } from '../lists/address-key.ts';
import { conformanceData } from '../testing/conformance-data.ts';
import { disjoint, type ScoredRange } from './address-table.ts';
import { addressTables } from './address-tables.ts';
import { Countries } from './countries.ts';
import { ReputationBook } from './reputation-book.ts';

function network(text: string, score: number): ScoredRange {
  const [low = '', high = ''] = networkKeys(text) ?? [];
  return { low, high, score };
}

const scoreOf = (ranges: readonly ScoredRange[], key: string) =>
  ranges.find(({ low, high }) => low <= key && key <= high)?.score;

test.each([
  ['10.0.0.0/8', ['\x0a\0\0\0', '\x0a\xff\xff\xff']],
  ['10.1.2.3/30', ['\x0a\x01\x02\0', '\x0a\x01\x02\x03']],
  ['10.1.2.3', ['\x0a\x01\x02\x03', '\x0a\x01\x02\x03']],
  ['0.0.0.0/0', ['\0\0\0\0', '\xff\xff\xff\xff']],
  ['61::/9', [`\0${'\0'.repeat(15)}`, `\0\x7f${'\xff'.repeat(14)}`]],
  ['10.0.0.0/33', undefined],
  ['10.0.0', undefined],
  ['10.0.0.0/', undefined],
])('%s', (text, keys) => {
  expect(networkKeys(text)).toEqual(keys);
});

test('networks become ranges of which every address has its most specific one', () => {
  const nested = fc.record({
    bits: fc.integer({ min: 24, max: 32 }),
    last: fc.nat(255),
    score: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(nested, { maxLength: 12 }), (given) => {
      const networks = given.map(({ bits, last, score }) =>
        network(`255.255.255.${last}/${bits}`, score),
      );
      const ranges = disjoint(networks);
      for (const [at, { low, high }] of ranges.entries()) {
        expect(low <= high && (ranges[at - 1]?.high ?? '') < low).toBe(true);
      }
      for (let last = 0; last < 256; last += 1) {
        const key = `\xff\xff\xff${String.fromCharCode(last)}`;
        const around = networks
          .map((each, place) => ({ each, place }))
          .filter(({ each: { low, high } }) => low <= key && key <= high)
          .sort(({ each: a, place: p }, { each: b, place: q }) => sizeOf(a) - sizeOf(b) || q - p);
        expect(scoreOf(ranges, key)).toBe(around[0]?.each.score);
      }
    }),
  );
});

const sizeOf = ({ low, high }: ScoredRange) => high.charCodeAt(3) - low.charCodeAt(3);

test('files of reputations', () => {
  const book = new ReputationBook();
  const categories =
    '# comment\n1,BadHosts,Known bad hosts\n2, CnC ,x\n0,Zero,x\n61,More,x\nnonsense';
  expect(book.addCategories('categories.txt', categories).map(faultText)).toEqual([
    'categories.txt:4:1 CONFIG_LINE category 0: numbers go from 1 to 60',
    'categories.txt:5:1 CONFIG_LINE category 61: numbers go from 1 to 60',
    'categories.txt:6:1 CONFIG_LINE "nonsense" is no "NUMBER,NAME,DESCRIPTION"',
  ]);
  const scores = [
    '1.2.3.4,1,101',
    '1.2.3.4,2,7',
    ' 1.1.1.0/24, 1, 88',
    '1.1.1.7,1,5',
    '1.1.1.8,1,0',
    '2001:db8::/32,1,9',
    '1.1.1.300,1,5',
    '1.1.1.1,1,128',
    '1.1.1.1,61,5',
    '1.1.1.1,1',
  ];
  expect(book.addScores('reputation.list', scores.join('\n')).map(({ line }) => line)).toEqual([
    7, 8, 9, 10,
  ]);
  const { v4, v6 } = book.table('BadHosts');
  const at = (text: string) => scoreOf(v4, networkKeys(text)?.[0] ?? '');
  expect(['1.2.3.4', '1.1.1.6', '1.1.1.7', '1.1.1.8', '1.1.2.0'].map(at)).toEqual([
    101,
    88,
    5,
    88,
    undefined,
  ]);
  expect(v6).toEqual([network('2001:db8::/32', 9)]);
  expect(book.table('CnC').v4).toEqual([network('1.2.3.4', 7)]);
});

test('two books as one: numbers mean names of their own file', () => {
  const [one, other, both] = [new ReputationBook(), new ReputationBook(), new ReputationBook()];
  one.addCategories('a', '1,CnC,x');
  one.addScores('a', '1.1.1.1,1,5');
  other.addCategories('b', '1,Proxy,x\n2,CnC,x');
  other.addScores('b', '2.2.2.2,1,6\n3.3.3.3,2,7');
  both.take(one);
  both.take(other);
  expect(both.table('CnC').v4).toEqual([network('1.1.1.1', 5), network('3.3.3.3', 7)]);
  expect(both.table('Proxy').v4).toEqual([network('2.2.2.2', 6)]);
});

test('a rule asks for categories that there are', () => {
  const reputations = new ReputationBook();
  reputations.addCategories('categories.txt', '1,CnC,x');
  const rule = (options: string) => `alert ip any any -> any any (msg:"x"; ${options} sid:1;)`;
  const faultsOf = (options: string, known = true) =>
    loadRules(
      [{ name: 'r.rules', text: rule(options) }],
      {},
      known ? { addresses: { reputations } } : {},
    )
      .faults.map(faultText)
      .join();
  expect(faultsOf('iprep:dst,CnC,>,30;')).toBe('');
  expect(faultsOf('iprep:any,CnC,isnotset;')).toBe('');
  expect(faultsOf('iprep:dst,CNC,>,30;')).toBe(
    'r.rules:1:39 RULE_ARGUMENT iprep: categories.txt has no "CNC", did you mean "CnC"?',
  );
  expect(faultsOf('iprep:dst,CnC,>;')).toContain('SIDE,CATEGORY,OPERATOR,SCORE');
  expect(faultsOf('iprep:dst,CnC,isset,1;')).toContain('SIDE,CATEGORY,isset');
  expect(faultsOf('iprep:dst,CnC,<,0;')).toContain('no score is < 0');
  expect(faultsOf('iprep:dst,CnC,>,30;', false)).toContain('no categories.txt');
  expect(faultsOf('geoip:US;')).toContain('no database of countries');
  expect(faultsOf('geoip:src,US,!CA;')).toContain('all negated');
  expect(faultsOf('geoip:src;')).toContain('ISO 3166-1');
});

const data = conformanceData();

describe.skipIf(data === undefined)('databases of MaxMind', () => {
  const read = (name: string) => readFileSync(join(data ?? '', 'mmdb', name));

  test.each(['GeoLite2-Country-Test.mmdb', 'GeoIP2-Country-Test.mmdb', 'GeoLite2-City-Test.mmdb'])(
    '%s: every address has the country a look-up tells',
    (name) => {
      const bytes = read(name);
      const reader = new Reader<CountryResponse>(bytes);
      const countries = new Countries(bytes);
      const codes = ['GB', 'US', 'SE', 'CN', 'JP'];
      const tables = codes.map((code) => countries.table([code], false));
      const others = countries.table(codes, true);
      const texts = [
        ...tables.flatMap(({ v4 }) => v4.flatMap(({ low, high }) => [low, high]).map(dotted)),
        ...Array.from({ length: 2000 }, (_, i) => dotted(keyOf(i * 2_147_483))),
        ...tables.flatMap(({ v6 }) => v6.map(({ low }) => hex(low))),
      ];
      for (const text of texts) {
        const told = reader.get(text)?.country?.iso_code;
        const key = networkKeys(text)?.[0] ?? '';
        const ranges = key.length === 4 ? 'v4' : 'v6';
        const found = tables.flatMap((table, at) =>
          scoreOf(table[ranges], key) === undefined ? [] : [codes[at]],
        );
        expect(found).toEqual(codes.includes(told ?? '') ? [told] : []);
        const other = told !== undefined && !codes.includes(told);
        expect([text, scoreOf(others[ranges], key)]).toEqual([text, other ? 1 : undefined]);
      }
      expect(tables.some(({ v4 }) => v4.length > 0)).toBe(true);
    },
  );

  test('broken ones are refused, or end', () => {
    for (const name of [
      'MaxMind-DB-test-broken-pointers-24.mmdb',
      'MaxMind-DB-test-broken-search-tree-24.mmdb',
      'GeoIP2-City-Test-Invalid-Node-Count.mmdb',
    ]) {
      const whole = read(name);
      expect(() => settled(whole)).not.toThrow();
      expect(settled(whole.subarray(0, whole.length / 2))).toBe('refused');
    }
  });
});

function settled(bytes: Buffer): string {
  try {
    return new Countries(bytes) instanceof Countries ? 'read' : '';
  } catch {
    return 'refused';
  }
}

const keyOf = (value: number) =>
  String.fromCharCode(...[24, 16, 8, 0].map((shift) => (value >>> shift) & 255));
const dotted = (key: string) => [...key].map((char) => char.charCodeAt(0)).join('.');
const hex = (key: string) =>
  Buffer.from(key, 'latin1')
    .toString('hex')
    .replace(/(....)(?=.)/g, '$1:');

test('a bundle has the tables its rules ask for, and no others', () => {
  const reputations = new ReputationBook();
  reputations.addCategories('categories.txt', '1,CnC,x\n2,Bad,x');
  reputations.addScores('reputation.list', '1.1.1.1,1,5\n2.2.2.2,2,6');
  const text = [
    'alert ip any any -> any any (msg:"x"; iprep:dst,CnC,>,3; sid:1;)',
    'alert ip any any -> any any (msg:"x"; iprep:both,CnC,isset; sid:2;)',
  ].join('\n');
  const { models, faults } = loadRules([{ name: 'r', text }], {}, { addresses: { reputations } });
  expect(faults).toEqual([]);
  expect(addressTables(models, { reputations }).map(({ name }) => name)).toEqual(['iprep.CnC']);
});
