/** Lists as publishers write them: what is taken, what is not, and where a fault stands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conformanceData } from '../testing/conformance-data.ts';
import { indicatorOf } from './indicator-value.ts';
import { IndicatorCollector, type Indicators, LIST_SID_BASE, listSid } from './indicators.ts';
import { ListFaults, ListSink, type ListSpec, MAX_LIST_FAULTS } from './list-loader.ts';
import { readJsonList } from './read-json.ts';
import { MAX_LINE, secondsOf, TextListReader } from './read-text.ts';

const SPEC: ListSpec = {
  name: 'l',
  source: 'l.txt',
  category: 'bad',
  confidence: 50,
  severity: 2,
  expires: 0,
};

function read(text: string, spec: Partial<ListSpec> = {}) {
  const collector = new IndicatorCollector();
  const faults = new ListFaults();
  const sink = new ListSink({ ...SPEC, ...spec }, collector, faults);
  const summary = text.startsWith('{') ? readJsonList(text, sink) : readLines(text, sink);
  return { summary, faults, rows: rowsOf(collector.result()), collector };
}

function readLines(text: string, sink: ListSink) {
  const reader = new TextListReader(sink);
  reader.push(text);
  return reader.end();
}

/** `kind key category confidence` of every row, keys readable. */
function rowsOf({ tables, metas }: Indicators): string[] {
  return tables.flatMap(({ kind, keys, metas: places }) =>
    keys.map((key, i) => {
      const text = /^[ -~]*$/.test(key) ? key : Buffer.from(key, 'latin1').toString('hex');
      const meta = metas[places[i] ?? 0];
      return `${kind} ${text} ${meta?.category} ${meta?.confidence}`;
    }),
  );
}

describe('one value', () => {
  test.each([
    ['1.2.3.4', 'ipv4', '0102030401020304'],
    ['10.1.0.0/16', 'ipv4', '0a0100000a01ffff'],
    ['1.2.3.4-1.2.3.9', 'ipv4', '0102030401020309'],
    ['1.2.3.4:443', 'ipv4-port', '0102030401bb'],
    ['[::1]:80', 'ipv6-port', `${'0'.repeat(31)}10050`],
    ['2001:db8::/32', 'ipv6', `20010db8${'0'.repeat(24)}20010db8${'f'.repeat(24)}`],
    ['*.Example.COM.', 'domain', Buffer.from('com.example.').toString('hex')],
    ['bücher.example', 'domain', Buffer.from('example.xn--bcher-kva.').toString('hex')],
    ['http://User@Host.Example/A?b#c', 'url', Buffer.from('host.example/A?b').toString('hex')],
    ['http://host.example:80/', 'url', Buffer.from('host.example/').toString('hex')],
    ['host.example:80/', 'url', Buffer.from('host.example/').toString('hex')],
    ['HTTPS://host.example:443/', 'url', Buffer.from('host.example/').toString('hex')],
    ['http://host.example:443/', 'url', Buffer.from('host.example:443/').toString('hex')],
    ['somebody.github.io', 'domain', Buffer.from('io.github.somebody.').toString('hex')],
    ['www.ck', 'domain', Buffer.from('ck.www.').toString('hex')],
    ['AA'.repeat(20), 'certificate-sha1', 'aa'.repeat(20)],
    ['bb'.repeat(32), 'file-sha256', 'bb'.repeat(32)],
    ['t13d1516h2_8daaf6152771_e5627efa2ab1', 'ja4', undefined],
  ])('%s', (text, kind, hex) => {
    const found = indicatorOf(text);
    expect(found.kind).toBe(kind);
    const key = found.kind === undefined ? '' : Buffer.from(found.key, 'latin1').toString('hex');
    expect(key).toBe(hex ?? Buffer.from(text).toString('hex'));
  });
  test.each([
    ['com', 'LIST_TOO_BROAD'],
    ['co.uk', 'LIST_TOO_BROAD'],
    ['GitHub.io.', 'LIST_TOO_BROAD'],
    ['anything.ck', 'LIST_TOO_BROAD'],
    ['公司.cn', 'LIST_TOO_BROAD'],
    ['0.0.0.0/0', 'LIST_TOO_BROAD'],
    ['2000::/3', 'LIST_TOO_BROAD'],
    ['1.2.3.400', 'LIST_ENTRY'],
    ['1.2.3.4/33', 'LIST_ENTRY'],
    ['1.2.3.4:99999', 'LIST_ENTRY'],
    ['a b', 'LIST_ENTRY'],
    ['-', 'LIST_ENTRY'],
    [`${'a'.repeat(64)}.example`, 'LIST_ENTRY'],
  ])('%s is refused', (text, code) => {
    expect(indicatorOf(text)).toMatchObject({ kind: undefined, code });
  });
  test('a list may say what its digests are of', () => {
    expect(indicatorOf('cc'.repeat(16), 'ja3').kind).toBe('ja3');
    expect(indicatorOf('cc'.repeat(32), 'certificate-sha256').kind).toBe('certificate-sha256');
    expect(indicatorOf('cc'.repeat(20), 'ja3').kind).toBeUndefined();
  });
  test('any text: an indicator of the right width or a problem', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.ipV6()), (text) => {
        const found = indicatorOf(text);
        if (found.kind === 'ipv6') expect(found.key).toHaveLength(32);
      }),
      { numRuns: 2000 },
    );
  });
});

test('a name is the same in any case, with and without what names may have around them', () => {
  const unit = fc.constantFrom('a', 'z', '0', '9', '-', '_', '.', 'co', 'uk');
  const name = fc.string({ unit, maxLength: 12 });
  fc.assert(
    fc.property(name, (text) => {
      const { kind, ...rest } = indicatorOf(text, 'domain');
      // Neither is written as keys are, so both take the longer way.
      for (const other of [text.toUpperCase(), `*.${text}`]) {
        if (other === text || other.startsWith('*..')) continue;
        const found = indicatorOf(other, 'domain');
        expect(found.kind).toBe(kind);
        if (kind !== undefined) expect(found).toEqual({ kind, ...rest });
      }
    }),
    { numRuns: 2000 },
  );
});

describe('formats', () => {
  test.each<[string, string, string[]]>([
    [
      'plain, with comments',
      '# c\n1.2.3.4 # why\n; x\nbad.example\n',
      ['ipv4 0102030401020304 bad 50', 'domain example.bad. bad 50'],
    ],
    [
      'ipsum: the count is confidence',
      '# IPsum\n1.2.3.4\t7\n1.2.3.5\t12\n',
      ['ipv4 0102030401020304 bad 70', 'ipv4 0102030501020305 bad 100'],
    ],
    [
      'Feodo Tracker',
      '# Feodo\n"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"\n"2022-06-04 21:24:53","162.243.103.246","8080","offline","2023-11-10","Emotet"\n',
      ['ipv4-port a2f367f61f90 Emotet 50'],
    ],
    [
      'SSLBL, columns in the comment',
      `# Listingdate,SHA1,Listingreason\n2026-01-01 00:00:00,${'ab'.repeat(20)},X C&C\n`,
      [`certificate-sha1 ${'ab'.repeat(20)} X C&C 50`],
    ],
    [
      'SSLBL JA3',
      `# ja3_md5,Firstseen,Lastseen,Listingreason\n${'b3'.repeat(16)},2017-07-14 18:08:15,2019-07-27 20:42:54,Adware\n`,
      [`ja3 ${'b3'.repeat(16)} Adware 50`],
    ],
    [
      'CSV with quotes',
      'value,category,confidence\n"x.example","a, ""b""",99\n',
      ['domain example.x. a, "b" 99'],
    ],
    [
      'hosts',
      '127.0.0.1 localhost\n0.0.0.0 ads.example trk.example # two\n',
      ['domain example.ads. bad 50', 'domain example.trk. bad 50'],
    ],
    [
      'hosts as most people have them: comments before, names of the machine itself',
      '# Title: all, hosts, domain\n# url, domain\n\n127.0.0.1 localhost\n255.255.255.255 broadcasthost\n::1 ip6-localhost\nfe80::1%lo0 localhost\n0.0.0.0 0.0.0.0\n# domain, ip\n0.0.0.0 ads.example\n',
      ['domain example.ads. bad 50'],
    ],
    [
      'filters after a comment of another kind',
      '# Title: filters\n||ads.example^\n##.banner\n',
      ['domain example.ads. bad 50'],
    ],
    [
      'columns named in a comment and in the first row, where they differ',
      '# Firstseen,DstIP,DstPort,LastOnline,Malware\n"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"\n"2026-06-04","192.0.2.7","8080","offline","2026-11-10","Emotet"\n',
      ['ipv4-port c00002071f90 Emotet 50'],
    ],
    [
      'Adblock: only what names a site',
      '[Adblock Plus 2.0]\n! c\n||ads.example^\n||trk.example^$third-party\n||x.example^$script\n@@||ok.example^\nexample.org##.ad\n/banner/*\n||y.example/path\n',
      ['domain example.ads. bad 50', 'domain example.trk. bad 50'],
    ],
    [
      'MISP',
      JSON.stringify({
        Event: {
          Attribute: [
            { type: 'ip-dst|port', value: '1.2.3.4|443', to_ids: true, category: 'Network' },
            { type: 'domain', value: 'no.example', to_ids: false },
            { type: 'mutex', value: 'x' },
          ],
          Object: [{ Attribute: [{ type: 'filename|md5', value: `a|${'aa'.repeat(16)}` }] }],
        },
      }),
      ['ipv4-port 0102030401bb Network 50', `file-md5 ${'aa'.repeat(16)} bad 50`],
    ],
    [
      'STIX 2.1',
      JSON.stringify({
        type: 'bundle',
        objects: [
          { type: 'identity' },
          {
            type: 'indicator',
            pattern: "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
            confidence: 80,
            indicator_types: ['c2'],
          },
          { type: 'indicator', pattern: `[file:hashes.'SHA-256' = '${'cd'.repeat(32)}']` },
          { type: 'indicator', pattern: "[ipv4-addr:value = '1.2.3.4' AND x:y = 'z']" },
        ],
      }),
      [
        `file-sha256 ${'cd'.repeat(32)} bad 50`,
        'domain example.a. c2 80',
        'domain example.b. c2 80',
      ],
    ],
  ])('%s', (_name, text, rows) => {
    const { rows: found, faults } = read(text);
    expect(faults.faults).toEqual([]);
    expect(found).toEqual(rows);
  });
  test('what names no indicator is counted', () => {
    expect(read('||a.example^\n||b.example^$script\nx##y\n').summary).toEqual({
      name: 'l',
      format: 'adblock',
      entries: 1,
      failed: 0,
      notApplicable: 2,
    });
  });
  test('broken documents and columns', () => {
    for (const text of ['{', '{"a":1}', `{"type":"bundle","objects":[{"type":"indicator"}]}`]) {
      expect(read(text).summary).toMatchObject({ entries: 0, failed: 1 });
    }
    const { faults } = read('a,b\n1,2\n', { format: 'csv' });
    expect(faults.faults.map(({ code }) => code)).toEqual(['LIST_FORMAT']);
  });
  test('times are UTC on every machine', () => {
    expect(secondsOf('2026-01-01')).toBe(1_767_225_600);
    expect(secondsOf('2026-01-01 00:00:00')).toBe(1_767_225_600);
    expect(secondsOf('2026-01-01T01:00:00+01:00')).toBe(1_767_225_600);
    expect(secondsOf('tomorrow')).toBeUndefined();
  });
});

test('faults name their place; in pieces of any size the same list', () => {
  const text = '1.2.3.4\n  1.2.3.400\nok.example\n';
  const whole = read(text);
  expect(whole.faults.faults).toMatchObject([
    { file: 'l.txt', line: 2, column: 3, code: 'LIST_ENTRY' },
  ]);
  const collector = new IndicatorCollector();
  const reader = new TextListReader(new ListSink(SPEC, collector, new ListFaults()));
  for (const char of text) reader.push(char);
  expect(reader.end()).toEqual(whole.summary);
  expect(rowsOf(collector.result())).toEqual(whole.rows);
});

test('a million bad lines: counted, not kept', () => {
  const { faults, summary } = read('?\n'.repeat(1_000_000));
  expect(summary).toMatchObject({ entries: 0, failed: 1_000_000 });
  expect(faults.faults).toHaveLength(MAX_LIST_FAULTS);
  expect(faults.omitted).toBe(1_000_000 - MAX_LIST_FAULTS);
  const long = read(`${'a'.repeat(3_000_000)}\nok.example\n`);
  expect(long.summary).toMatchObject({ entries: 1, failed: 1 });
  expect(long.faults.faults[0]?.message).toContain(String(MAX_LINE));
});

describe('sets', () => {
  const set = (...lines: string[]) => read(lines.join('\n')).rows.map((row) => row.split(' ')[1]);
  test('nested networks are cut: each address has its most specific entry', () => {
    expect(set('10.0.0.0/24', '10.0.0.8/30', '10.0.0.9')).toEqual([
      '0a0000000a000007',
      '0a0000080a000008',
      '0a0000090a000009',
      '0a00000a0a00000b',
      '0a00000c0a0000ff',
    ]);
    expect(set('10.0.0.0-10.0.0.5', '10.0.0.3-10.0.0.9')).toEqual([
      '0a0000000a000002',
      '0a0000030a000009',
    ]);
    expect(set('10.0.0.0/30', '10.0.0.0', '10.0.0.3')).toEqual([
      '0a0000000a000000',
      '0a0000010a000002',
      '0a0000030a000003',
    ]);
  });
  test('cut networks agree with the list, address by address', () => {
    const range = fc
      .tuple(fc.nat(40), fc.nat(40))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (ranges) => {
        const rows = set(...ranges.map(([a, b]) => `9.0.0.${a}-9.0.0.${b}`)).map((key = '') => [
          Number.parseInt(key.slice(6, 8), 16),
          Number.parseInt(key.slice(14), 16),
        ]);
        for (let address = 0; address <= 41; address += 1) {
          const inList = ranges.some(([low, high]) => low <= address && address <= high);
          const hits = rows.filter(([low = 0, high = 0]) => low <= address && address <= high);
          expect(hits).toHaveLength(inList ? 1 : 0);
        }
      }),
    );
  });
  test('an entry stands once, with the more confident word on it', () => {
    const { rows, collector } = read(
      'value,category,confidence\nx.example,a,10\nx.example,b,90\nx.example,c,20\n',
    );
    expect(rows).toEqual(['domain example.x. b 90']);
    expect(collector.duplicates).toBe(2);
  });
  test('sids are stable, in their range, apart for list, kind and category', () => {
    expect(listSid('feodo', 'ipv4-port', 'Emotet')).toBe(listSid('feodo', 'ipv4-port', 'Emotet'));
    const sids = [
      listSid('a', 'domain', 'x'),
      listSid('b', 'domain', 'x'),
      listSid('a', 'url', 'x'),
      listSid('a', 'domain', 'y'),
    ];
    expect(new Set(sids).size).toBe(4);
    for (const sid of sids) {
      expect(sid).toBeGreaterThanOrEqual(LIST_SID_BASE);
      expect(sid).toBeLessThan(4_000_000_000);
    }
  });
});

const feeds = conformanceData();
test.skipIf(feeds === undefined)('the real samples load whole', () => {
  const sample = (name: string) =>
    read(readFileSync(join(feeds ?? '', 'feeds', name), 'utf8')).summary;
  expect(sample('sslbl-sample.csv')).toMatchObject({ format: 'csv', entries: 1000, failed: 0 });
  expect(sample('ipsum-level5.txt')).toMatchObject({ format: 'plain', entries: 1413, failed: 0 });
  const ipsum = sample('ipsum-sample.txt');
  expect(ipsum.failed).toBe(0);
  expect(ipsum.entries).toBeGreaterThan(1900);
});
