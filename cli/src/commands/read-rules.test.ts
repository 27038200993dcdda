/** Rules and packets made here, alerts expected: one case a keyword, through the compiler and the engine. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineConfigFrom, read } from '#native/index.ts';
import { loadRules } from '#signatures/check-rules.ts';
import { compile } from '#signatures/compile/compile.ts';
import { ethernet, capture as frames, ipv4 } from '../testing/frames.ts';
import { conversation, datagram, type Segment } from '../testing/packets.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmoth-detect-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Signature ids in the order of their alerts. */
async function alertsOf(rules: string, capture: Buffer): Promise<number[]> {
  const loaded = loadRules([{ name: 'test.rules', text: rules }], {});
  expect(loaded.faults.filter(({ severity }) => severity === 'error')).toEqual([]);
  const compiled = compile({ sources: [], variables: {}, loaded, thresholds: [] });
  const [path, bundlePath, evePath] = ['c.pcap', 'r.bundle', 'e.ndjson'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await writeFile(path, capture);
  await writeFile(bundlePath, compiled.bytes);
  const summary = await read({ path, evePath, bundlePath, engine: engineConfigFrom() });
  expect(summary.rulesNotMatched).toEqual([]);
  const lines = (await readFile(evePath, 'utf8')).trim().split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .filter((event) => event.event_type === 'alert')
    .map((event) => event.alert.signature_id);
}

const request = (text: string): Segment => ({ from: 'client', text });
const response = (text: string): Segment => ({ from: 'server', text });
const PAGE = [
  request(
    'GET /a%20path/../file?q=1 HTTP/1.1\r\nHost: Www.Example.com\r\nUser-Agent: moth/1\r\nCookie: id=7\r\n\r\n',
  ),
  response('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello'),
];

/** Options of rules that must alert on PAGE, and of rules that must not. */
const HTTP: readonly (readonly [string, string, string])[] = [
  ['http.uri', 'http.uri; content:"/file?q=1"; startswith;', 'http.uri; content:"path";'],
  ['http.uri.raw', 'http.uri.raw; content:"a%20path";', 'http.uri.raw; content:"a path";'],
  ['http.method', 'http.method; content:"GET"; bsize:3;', 'http.method; content:"POST";'],
  ['http.host', 'http.host; content:"www.example.com";', 'http.host; content:"Www";'],
  [
    'http.user_agent',
    'http.user_agent; content:"moth"; nocase;',
    'http.user_agent; content:"bat";',
  ],
  [
    'http.cookie',
    'http.cookie; content:"id=7";',
    'http.header; content:"id=7"; http.method; content:"GET";',
  ],
  [
    'http.header',
    'flow:to_server; http.header; content:"User-Agent|3a 20|moth";',
    'flow:to_client; http.header; content:"moth";',
  ],
  [
    'http.header_names',
    'flow:to_server; http.header_names; content:"|0d 0a|Host|0d 0a|User-Agent|0d 0a|";',
    'flow:to_server; http.header_names; content:"Server";',
  ],
  [
    'http.request_line',
    'http.request_line; content:"HTTP/1.1"; endswith;',
    'http.request_line; content:"HTTP/1.0";',
  ],
  ['http.stat_code', 'http.stat_code; content:"200";', 'http.stat_code; content:"404";'],
  ['http.server', 'http.server; content:"x"; bsize:1;', 'http.server; content:"y";'],
  [
    'file.data',
    'flow:to_client; file.data; content:"hello"; startswith; endswith;',
    'flow:to_client; file.data; content:"world";',
  ],
  [
    'pcre',
    'http.uri; content:"file"; pcre:"/^\\?q=\\d$/R";',
    'http.uri; content:"file"; pcre:"/^q/R";',
  ],
  [
    'distance, within',
    'http.header; content:"moth"; content:"1"; distance:1; within:1;',
    'http.header; content:"moth"; content:"1"; distance:2; within:1;',
  ],
  [
    'negated content',
    'http.uri; content:"file"; content:!"evil";',
    'http.uri; content:"file"; content:!"q=";',
  ],
  [
    'isdataat',
    'http.user_agent; content:"moth"; isdataat:1,relative;',
    'http.user_agent; content:"moth"; isdataat:5,relative;',
  ],
  [
    'byte_test',
    'http.uri; content:"q="; byte_test:1,=,1,0,relative,string,dec;',
    'http.uri; content:"q="; byte_test:1,>,1,0,relative,string,dec;',
  ],
  [
    'to_lowercase',
    'http.host.raw; to_lowercase; content:"www.example";',
    'http.host.raw; content:"www.example";',
  ],
  [
    'dotprefix',
    'http.host; dotprefix; content:".example.com"; endswith;',
    'http.host; dotprefix; content:".ample.com"; endswith;',
  ],
  ['absent', 'http.referer; absent;', 'http.user_agent; absent;'],
];

describe('transactions of http', () => {
  test.each(HTTP)('%s', async (_name, yes, no) => {
    const rules = `alert http any any -> any any (${yes} sid:1;)\nalert http any any -> any any (${no} sid:2;)`;
    expect(await alertsOf(rules, conversation(80, PAGE))).toEqual([1]);
  });
});

/** The same on segments of a connection that no parser reads. */
const STREAM: readonly (readonly [string, string, string])[] = [
  ['content over segments', 'content:"one two";', 'content:"two one";'],
  ['depth', 'content:"one"; depth:3;', 'content:"two"; depth:3;'],
  ['offset', 'content:"two"; offset:4;', 'content:"one"; offset:1;'],
  [
    'flow established',
    'flow:established,to_server; content:"one";',
    'flow:established,to_client; content:"one";',
  ],
];
const UNKNOWN = [request('one '), request('two'), response('three')];

describe('streams', () => {
  test.each(STREAM)('%s', async (_name, yes, no) => {
    const rules = `alert tcp-stream any any -> any any (${yes} sid:1;)\nalert tcp-stream any any -> any any (${no} sid:2;)`;
    expect(await alertsOf(rules, conversation(9, UNKNOWN))).toEqual([1]);
  });
});

/** The same on one datagram "abcd" with TTL 64. */
const DATAGRAM: readonly (readonly [string, string, string])[] = [
  ['dsize', 'dsize:4;', 'dsize:>4;'],
  ['ttl', 'ttl:64;', 'ttl:<64;'],
  ['content', 'content:"bc";', 'content:"BC";'],
  ['nocase', 'content:"BC"; nocase;', 'content:"BD"; nocase;'],
  [
    'byte_jump',
    'byte_jump:0,0,from_beginning,post_offset 2; content:"cd"; distance:0;',
    'byte_jump:0,0,from_beginning,post_offset 3; content:"cd"; distance:0;',
  ],
  [
    'byte_extract',
    'byte_extract:1,0,v; byte_test:1,>,v,1;',
    'byte_extract:1,1,v; byte_test:1,>,v,0;',
  ],
  [
    'byte_math',
    'byte_math:bytes 1, offset 0, oper +, rvalue 1, result v; byte_test:1,=,v,1;',
    'byte_math:bytes 1, offset 0, oper -, rvalue 1, result v; byte_test:1,=,v,1;',
  ],
  ['ip_proto', 'ip_proto:17; content:"a";', 'ip_proto:6; content:"a";'],
  ['udp.hdr', 'udp.hdr; content:"|00 35|"; offset:2; depth:2;', 'udp.hdr; content:"|00 36|";'],
];

describe('packets', () => {
  test.each(DATAGRAM)('%s', async (_name, yes, no) => {
    const rules = `alert udp any any -> any 53 (${yes} sid:1;)\nalert udp any any -> any 53 (${no} sid:2;)`;
    expect(await alertsOf(rules, datagram(53, 'abcd'))).toEqual([1]);
  });
});

test('the limit of alerts is each packet’s own, of fragments too', async () => {
  const fragments = Array.from({ length: 20 }, (_, id) => {
    const payload = Buffer.from('part');
    return ethernet(0x0800, ipv4({ protocol: 253, payload, fragment: 0x2000, id }));
  });
  const rules = 'alert ip any any -> any any (fragbits:M; sid:1;)';
  expect(await alertsOf(rules, frames(...fragments))).toEqual(fragments.map(() => 1));
});

test('contents of one octet beside others are found far into a stream', async () => {
  const rules = ['a', 'x', 'yz'].map(
    (content, at) => `alert tcp any any -> any any (content:"${content}"; sid:${at + 1};)`,
  );
  const segments = [request(`${'a'.repeat(1_200)}!x${'-'.repeat(90)}yz`)];
  const ids = await alertsOf(rules.join('\n'), conversation(9, segments));
  expect([...ids].sort()).toEqual([1, 2, 3]);
});

describe('what rules do to each other', () => {
  test('a pass rule ends a packet', async () => {
    const rules =
      'alert udp any any -> any any (content:"a"; sid:1;)\npass udp any any -> any any (content:"b"; sid:2;)';
    expect(await alertsOf(rules, datagram(53, 'ab'))).toEqual([]);
  });
  test('flowbits are set before they are asked for', async () => {
    const rules = [
      'alert udp any any -> any any (content:"a"; flowbits:isset,x; sid:1;)',
      'alert udp any any -> any any (content:"b"; flowbits:set,x; noalert; sid:2;)',
      'alert udp any any -> any any (content:"b"; flowbits:isnotset,x; sid:3;)',
    ].join('\n');
    expect(await alertsOf(rules, datagram(53, 'ab'))).toEqual([1]);
  });
  test('priority decides the order', async () => {
    const rules =
      'alert udp any any -> any any (content:"a"; priority:3; sid:1;)\nalert udp any any -> any any (content:"a"; priority:1; sid:2;)';
    expect(await alertsOf(rules, datagram(53, 'a'))).toEqual([2, 1]);
  });
  test('a limit tells the first matches alone', async () => {
    const rules =
      'alert tcp-pkt any any -> any any (dsize:>0; threshold:type limit, track by_src, count 1, seconds 60; sid:1;)';
    expect(await alertsOf(rules, conversation(9, UNKNOWN.slice(0, 2)))).toEqual([1]);
  });
});
