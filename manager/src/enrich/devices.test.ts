// What tells devices apart: tables without contradictions, facts to findings, findings to conclusions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DHCP_FINGERPRINTS } from './data/dhcp-fingerprints.ts';
import { SYN_SIGNATURES } from './data/syn-signatures.ts';
import { conclude } from './device-conclusion.ts';
import {
  DeviceFindings,
  findingsOfDhcp,
  findingsOfName,
  findingsOfServices,
} from './device-findings.ts';
import type { Evidence, Finding } from './evidence.ts';
import { GeoFile } from './geo-file.ts';
import { parseIp } from './ip-address.ts';
import { osOfSyn } from './os-of-syn.ts';
import { specialRange } from './special-networks.ts';
import { agentFacts } from './user-agent.ts';
import { isLocallyAdministered, VendorBook } from './vendor-book.ts';

const shared = join(import.meta.dirname, '../../../../shared/conformance/data');
const seen = (finding: Finding): Evidence => ({ ...finding, firstSeen: '', lastSeen: '' });
const os = (source: string, value: string, confidence: number): Evidence =>
  seen({ attribute: 'os', source, value, detail: '', confidence });

describe('signatures of SYNs', () => {
  test('there are at least 60, and no two are the same', () => {
    const keys = SYN_SIGNATURES.map(({ ttl, window, scale, options }) =>
      JSON.stringify([ttl, window, scale ?? 'none', options]),
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThanOrEqual(60);
  });

  test.each([
    ['Linux', { ttl: 58, window: 64_240, mss: 1460, scale: 7, options: [2, 4, 8, 1, 3] }],
    ['Linux', { ttl: 64, window: 44 * 1380, mss: 1380, scale: 10, options: [2, 4, 8, 1, 3] }],
    ['Windows', { ttl: 120, window: 64_240, mss: 1460, scale: 8, options: [2, 1, 3, 1, 1, 4] }],
    ['Apple', { ttl: 64, window: 65_535, mss: 1460, scale: 6, options: [2, 1, 3, 1, 1, 8, 4] }],
    ['Android', { ttl: 60, window: 65_535, mss: 1400, scale: 8, options: [2, 4, 8, 1, 3] }],
    ['FreeBSD', { ttl: 64, window: 65_535, mss: 1460, scale: 6, options: [2, 1, 3, 4, 8] }],
    ['scanner', { ttl: 50, window: 1024, mss: 1460, scale: undefined, options: [2] }],
  ])('%s', (name, syn) => {
    expect(osOfSyn(syn)?.os).toBe(name);
  });

  test('an unknown window of a known stack is less sure', () => {
    const syn = { ttl: 64, mss: 1460, scale: 7, options: [2, 4, 8, 1, 3] };
    const known = osOfSyn({ ...syn, window: 64_240 })?.confidence ?? 0;
    expect(osOfSyn({ ...syn, window: 12_345 })?.confidence).toBeLessThan(known);
  });

  test('what no system sends is of none', () => {
    expect(osOfSyn({ ttl: 20, window: 1, mss: 0, scale: 99, options: [9, 9] })).toBeUndefined();
  });

  test.each([null, 7, { ttl: 'x' }, { ttl: 64, window: 1, options: null }, { ttl: Number.NaN }])(
    'malformed: %j',
    (syn) => expect(new DeviceFindings().ofSyn({ syn })).toEqual([]),
  );
});

test('no order of DHCP options stands twice', () => {
  const orders = DHCP_FINGERPRINTS.map(({ parameters }) => parameters);
  expect(new Set(orders).size).toBe(orders.length);
});

test('a DHCP request names its client, its system and its kind', () => {
  const dhcp = { type: 'request', hostname: 'Annas-iPhone' };
  const found = findingsOfDhcp(dhcp, [1, 121, 3, 6, 15, 119, 252]);
  const values = found.map(({ attribute, value }) => `${attribute} ${value}`);
  expect(values).toEqual([
    'hostname Annas-iPhone',
    'type phone',
    'identity Annas-iPhone',
    'os iOS',
  ]);
});

test.each([
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X)',
    { os: 'iOS', type: 'phone', detail: '17' },
  ],
  [
    'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit Mobile Safari',
    { os: 'Android', type: 'phone', detail: '14' },
  ],
  ['Mozilla/5.0 (Windows NT 6.1; Win64; x64)', { os: 'Windows', type: 'laptop', detail: '7' }],
  ['Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0)', { type: 'TV' }],
  ['curl/8.0', undefined],
])('user agent %s', (agent, facts) => {
  expect(agentFacts(agent)).toEqual(facts);
});

test('an announced service says the kind, a question for it does not', () => {
  const answers = [{ rrname: 'HP LaserJet._ipp._tcp.local', rrtype: 'SRV' }];
  expect(findingsOfServices({ type: 'response', answers })[0]?.value).toBe('printer');
  expect(findingsOfServices({ type: 'request', answers })).toEqual([]);
  expect(findingsOfServices({ type: 'response', answers: [null, 7, {}] })).toEqual([]);
});

test('findings are text that PostgreSQL takes, and bounded', () => {
  const [found] = findingsOfName('dhcp.hostname', `a\0\ud800${'x'.repeat(1_000)}`, 90);
  expect(found?.value.isWellFormed()).toBe(true);
  expect(found?.value).not.toContain('\0');
  expect(found?.value.length).toBeLessThanOrEqual(200);
});

describe('conclude', () => {
  test('sources that agree are surer than one, the same source twice is not', () => {
    const one = conclude([os('tcp.syn', 'Windows', 70)], undefined).os?.confidence ?? 0;
    const two = conclude(
      [os('tcp.syn', 'Windows', 70), os('http.user_agent', 'Windows', 60)],
      undefined,
    );
    const same = conclude([os('tcp.syn', 'Windows', 70), os('tcp.syn', 'Windows', 60)], undefined);
    expect(two.os?.confidence).toBe(88);
    expect(same.os?.confidence).toBe(one);
  });

  test('Linux supports Android, not the other way round', () => {
    const { os: found, type } = conclude(
      [os('tcp.syn', 'Linux', 70), os('http.user_agent', 'Android', 60)],
      undefined,
    );
    expect(found?.value).toBe('Android');
    expect(type?.value).toBe('phone');
  });

  test('a person goes before all evidence', () => {
    const evidence = [...findingsOfName('dhcp.hostname', 'desktop-abcdef1', 90)].map(seen);
    const { hostname, type } = conclude(evidence, { label: 'Till 3', type: 'IoT' });
    expect([hostname?.value, type?.value, type?.confidence]).toEqual(['Till 3', 'IoT', 100]);
  });

  test('nothing is concluded of nothing, and NaN is no evidence', () => {
    expect(conclude([], undefined)).toEqual({});
    expect(conclude([os('tcp.syn', 'Linux', Number.NaN)], undefined).os?.confidence).toBe(0);
  });
});

describe('vendors', () => {
  test('the listing of the IEEE and a table of prefixes, the longest prefix first', () => {
    const text = [
      '28-6F-B9   (hex)\t\tNokia Shanghai Bell Co., Ltd.',
      '286FB9     (base 16)\t\tNokia Shanghai Bell Co., Ltd.',
      '00:1B:C5\tIEEERegi\tIEEE Registration Authority',
      '00:1B:C5:00:00:00/36\tConverging\tConverging Systems Inc.',
      'nonsense',
    ].join('\n');
    const book = new VendorBook(text);
    expect(book.of('28:6f:b9:00:00:01')).toBe('Nokia Shanghai Bell Co., Ltd.');
    expect(book.of('00:1b:c5:00:00:99')).toBe('Converging Systems Inc.');
    expect(book.of('00:1b:c5:ff:00:99')).toBe('IEEE Registration Authority');
    expect(book.of('00:00:00:00:00:01')).toBeUndefined();
    expect(book.size).toBe(3);
  });

  test('a real table', () => {
    const book = VendorBook.read(join(shared, 'oui/manuf.gz'));
    expect(book.size).toBeGreaterThan(30_000);
    expect(book.of('00:00:0c:01:02:03')).toMatch(/Cisco/);
  });

  test('an address that software chose has no maker', () => {
    expect(isLocallyAdministered('da:a1:19:00:00:01')).toBe(true);
    expect(new VendorBook('DA-A1-19   (hex)\t\tGoogle').of('da:a1:19:00:00:01')).toBeUndefined();
  });
});

test.each([
  ['10.1.2.3', 'private'],
  ['100.64.0.1', 'carrier_grade_nat'],
  ['239.1.1.1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['198.51.100.7', 'documentation'],
  ['fe80::1', 'link_local'],
  ['::1', 'loopback'],
  ['8.8.8.8', null],
  ['2a00::1', null],
])('%s is %s', (ip, name) => {
  expect(specialRange(parseIp(ip) ?? new Uint8Array())).toBe(name);
});

describe('databases of addresses', () => {
  test.each(readBroken())('%s is refused, or answers without throwing', async (file) => {
    const opened = await GeoFile.open(join(shared, 'mmdb', file)).catch(() => undefined);
    for (const ip of ['1.1.1.1', '81.2.69.142', '2001:220::', '::1.1.1.1', '255.255.255.255']) {
      expect(() => opened?.placeOf(ip)).not.toThrow();
    }
  });
});

function readBroken(): readonly string[] {
  const listing = readFileSync(join(shared, 'mmdb/SOURCE.txt'), 'utf8');
  expect(listing).not.toBe('');
  return [
    'MaxMind-DB-test-broken-pointers-24.mmdb',
    'MaxMind-DB-test-broken-search-tree-24.mmdb',
    'GeoIP2-City-Test-Broken-Double-Format.mmdb',
    'GeoIP2-City-Test-Invalid-Node-Count.mmdb',
    'LICENSE-MIT',
  ];
}
