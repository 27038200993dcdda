/**
 * What rules remember beyond one flow: rates, suppressions, bits of hosts. Golden cases, and the same
 * alerts for any number of workers.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineConfigFrom, read } from '#native/index.ts';
import { loadRules } from '#signatures/check-rules.ts';
import { compile } from '#signatures/compile/compile.ts';
import { readThresholds } from '#signatures/compile/threshold-config.ts';
import { datasetFileKey } from '#signatures/datasets/dataset-uses.ts';
import { type Datagram, datagramsOfHosts } from '../testing/packets.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netmoth-state-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Case {
  readonly rules: string;
  readonly thresholds?: string;
  readonly packets: readonly Datagram[];
  readonly workers?: number;
  /** Files of datasets, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Lines of alerts: signature, source, and number of the packet. */
async function alertsOf({ rules, thresholds = '', packets, workers = 1, files = {} }: Case) {
  const loaded = loadRules([{ name: 'test.rules', text: rules }], {});
  const config = readThresholds('threshold.config', thresholds);
  expect([...loaded.faults, ...config.faults]).toEqual([]);
  const compiled = compile({
    sources: [],
    variables: {},
    loaded,
    thresholds: config.entries,
    datasetFiles: new Map(
      Object.entries(files).map(([path, text]) => [
        datasetFileKey({ rules: 'test.rules', path }),
        text,
      ]),
    ),
  });
  expect(compiled.manifest.faults.first).toEqual([]);
  const [path, bundlePath, evePath] = ['c.pcap', 'r.bundle', 'e.ndjson'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await writeFile(path, datagramsOfHosts(packets));
  await writeFile(bundlePath, compiled.bytes);
  const engine = engineConfigFrom({ workers });
  const summary = await read({ path, evePath, bundlePath, engine });
  expect(summary.rulesNotMatched).toEqual([]);
  const events = (await readFile(evePath, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const alerts = events
    .filter(({ event_type }) => event_type === 'alert')
    .map(({ alert, src_ip, pcap_cnt }) => `${alert.signature_id} ${src_ip} ${pcap_cnt}`);
  const { detect } = events.find(({ event_type }) => event_type === 'stats').stats;
  return { alerts, detect };
}

const A = [10, 0, 0, 1];
const B = [10, 0, 0, 2];
const S = [10, 9, 9, 9];
const sent = (from: readonly number[], text: string, atMs?: number): Datagram => ({
  from,
  to: S,
  port: 7000,
  text,
  ...(atMs !== undefined && { atMs }),
});
const seconds = (times: readonly number[], from = A) =>
  times.map((at) => sent(from, 'x', at * 1000));
const rule = (options: string, sid = 1) =>
  `alert udp any any -> any 7000 (msg:"m"; content:"x"; ${options} sid:${sid};)`;

describe('rates', () => {
  test.each<[string, string, readonly number[], readonly number[]]>([
    ['limit', 'type limit, track by_src, count 2, seconds 10', [0, 1, 2, 3, 11, 12], [1, 2, 5, 6]],
    [
      'threshold',
      'type threshold, track by_src, count 3, seconds 10',
      [0, 1, 2, 3, 4, 5, 20, 21, 22],
      [3, 6, 9],
    ],
    ['both', 'type both, track by_dst, count 2, seconds 10', [0, 1, 2, 3, 30, 31], [2, 6]],
    [
      'backoff',
      'type backoff, track by_flow, count 1, multiplier 3',
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [1, 3, 9],
    ],
  ])('%s', async (_name, threshold, times, packets) => {
    const { alerts, detect } = await alertsOf({
      rules: rule(`threshold:${threshold};`),
      packets: seconds(times),
    });
    expect(alerts).toEqual(packets.map((number) => `1 10.0.0.1 ${number}`));
    expect(detect.alerts_suppressed).toBe(times.length - packets.length);
  });

  test('detection_filter: the matches beyond so many, each host for itself', async () => {
    const { alerts } = await alertsOf({
      rules: rule('detection_filter:track by_src, count 2, seconds 60;'),
      packets: [...seconds([0, 1, 2, 3]), ...seconds([4, 5, 6], B)],
    });
    expect(alerts).toEqual(['1 10.0.0.1 3', '1 10.0.0.1 4', '1 10.0.0.2 7']);
  });
});

describe('threshold.config', () => {
  const packets = [...seconds([0, 1]), ...seconds([2, 3], B)];
  test.each<[string, string, string, string[]]>([
    ['suppress always', '', 'suppress gen_id 1, sig_id 1', []],
    ['suppress a source', '', 'suppress gen_id 1, sig_id 1, track by_src, ip 10.0.0.1', ['3', '4']],
    [
      'suppress what is sent to',
      '',
      'suppress gen_id 1, sig_id 1, track by_dst, ip 10.9.0.0/16',
      [],
    ],
    [
      'suppress either',
      '',
      'suppress gen_id 1, sig_id 1, track by_either, ip [10.0.0.2,10.5.5.5]',
      ['1', '2'],
    ],
    ['another signature', '', 'suppress gen_id 1, sig_id 2', ['1', '2', '3', '4']],
    ['every signature', '', 'suppress gen_id 0, sig_id 0, track by_src, ip !10.0.0.1', ['1', '2']],
    [
      'a threshold',
      '',
      'threshold gen_id 1, sig_id 1, type limit, track by_src, count 1, seconds 60',
      ['1', '3'],
    ],
    [
      'instead of the own one of the rule',
      'threshold:type limit, track by_dst, count 1, seconds 60;',
      'event_filter gen_id 1, sig_id 1, type limit, track by_src, count 1, seconds 60',
      ['1', '3'],
    ],
    [
      'one for all yields to the own one of the rule',
      'threshold:type limit, track by_dst, count 1, seconds 60;',
      'event_filter gen_id 1, sig_id 0, type limit, track by_src, count 1, seconds 60',
      ['1'],
    ],
    [
      'a rate_filter changes actions, and here are none',
      '',
      'rate_filter gen_id 1, sig_id 1, track by_src, count 1, seconds 60, new_action drop, timeout 9',
      ['1', '2', '3', '4'],
    ],
  ])('%s', async (_name, options, thresholds, numbers) => {
    const { alerts } = await alertsOf({ rules: rule(options), thresholds, packets });
    expect(alerts.map((line) => line.split(' ')[2])).toEqual(numbers);
  });
});

describe('bits of hosts', () => {
  const set = 'alert udp any any -> any 7000 (msg:"set"; content:"set"; noalert;';
  const ask = 'alert udp any any -> any 7000 (msg:"ask"; content:"ask";';
  test.each<[string, string, string, readonly Datagram[], readonly string[]]>([
    [
      'xbits of a source, until they expire',
      'xbits:set,b,track ip_src,expire 5;',
      'xbits:isset,b,track ip_src;',
      [
        sent(A, 'ask', 0),
        sent(A, 'set', 1000),
        sent(A, 'ask', 2000),
        sent(B, 'ask', 3000),
        sent(A, 'ask', 6500),
      ],
      ['3'],
    ],
    [
      'xbits of a pair',
      'xbits:set,b,track ip_pair;',
      'xbits:isset,b,track ip_pair;',
      [sent(A, 'set'), { from: S, to: A, port: 7000, text: 'ask' }, sent(B, 'ask')],
      ['2'],
    ],
    [
      'xbits toggled',
      'xbits:toggle,b,track ip_dst;',
      'xbits:isset,b,track ip_dst;',
      [sent(A, 'set'), sent(B, 'ask'), sent(A, 'set'), sent(B, 'ask')],
      ['2'],
    ],
    [
      'hostbits of the destination',
      'hostbits:set,b,dst;',
      'hostbits:isnotset,b,dst;',
      [sent(A, 'ask'), sent(A, 'set'), sent(B, 'ask')],
      ['1'],
    ],
  ])('%s', async (_name, effect, condition, packets, numbers) => {
    const rules = `${set} ${effect} sid:1;)\n${ask} ${condition} sid:2;)`;
    const { alerts } = await alertsOf({ rules, packets });
    expect(alerts.map((line) => line.split(' ')[2])).toEqual(numbers);
  });
});

test('captured values of a packet', async () => {
  const rules = [
    'alert udp any any -> any 7000 (msg:"take"; pcre:"/user=(?P<pkt_user>\\w+)/"; sid:1;)',
    'alert udp any any -> any 7000 (msg:"take"; pcre:"/name=(\\w+)/,pkt:name"; sid:3;)',
    'alert udp any any -> any 7000 (msg:"ask"; content:"x"; pktvar:user,moth; sid:2;)',
    'alert udp any any -> any 7000 (msg:"ask"; content:"x"; pktvar:name,moth; sid:4;)',
  ].join('\n');
  const packets = ['x user=moth', 'x user=bat', 'x', 'x name=moth'].map((text) => sent(A, text));
  const { alerts } = await alertsOf({ rules, packets });
  expect(alerts).toEqual([
    '1 10.0.0.1 1',
    '2 10.0.0.1 1',
    '1 10.0.0.1 2',
    '3 10.0.0.1 4',
    '4 10.0.0.1 4',
  ]);
});

describe('datasets', () => {
  const query = (name: string): string =>
    ['\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00']
      .concat(name.split('.').map((label) => String.fromCharCode(label.length) + label))
      .concat(['\x00\x00\x01\x00\x01'])
      .join('');
  const asked = (name: string, from = A): Datagram => ({
    from,
    to: S,
    port: 53,
    text: query(name),
  });
  const rule = (options: string, sid: number) =>
    `alert dns any any -> any any (msg:"d"; dns.query; ${options} sid:${sid};)`;
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test('what a file lists', async () => {
    const rules = [
      rule('dataset:isset,bad,type string,load bad.lst;', 1),
      rule('dataset:isnotset,bad;', 2),
      rule('to_sha256; dataset:isset,hashes,type sha256,load hashes.lst;', 3),
      rule('datarep:rep,>,50,type string,load rep.csv;', 4),
    ].join('\n');
    const hash = createHash('sha256').update('c.example').digest('hex');
    const files = {
      'bad.lst': `# names\n${base64('a.example')}\n`,
      'hashes.lst': `${hash}\n`,
      'rep.csv': `${base64('a.example')},50\n${base64('b.example')},51\n`,
    };
    const packets = ['a.example', 'b.example', 'c.example'].map((name) => asked(name));
    const { alerts } = await alertsOf({ rules, files, packets });
    expect(alerts.map((line) => line.split(' ')[0]).join(' ')).toBe('1 2 4 2 3');
  });

  test('what rules set and unset', async () => {
    const rules = [
      rule('content:"new"; dataset:set,seen,type string;', 1),
      rule('content:"old"; dataset:isset,seen;', 2),
      rule('content:"bye"; dataset:unset,seen;', 3),
    ].join('\n');
    const names = ['new.old.bye', 'new.old.bye', 'new.a', 'new.a', 'old.b'];
    const { alerts } = await alertsOf({ rules, packets: names.map((name) => asked(name)) });
    // Set, found and taken away again, each time anew; the second name is new once.
    expect(alerts).toEqual(
      ['1', '2', '3', '1', '2', '3', '1'].map(
        (sid, at) => `${sid} 10.0.0.1 ${[1, 1, 1, 2, 2, 2, 3][at]}`,
      ),
    );
  });
});

test('any number of workers find the same', async () => {
  const rules = [
    rule('threshold:type limit, track by_dst, count 3, seconds 2;', 1),
    rule('threshold:type threshold, track by_rule, count 7, seconds 60;', 2),
    rule('detection_filter:track by_src, count 4, seconds 3;', 3),
    'alert udp any any -> any any (msg:"s"; content:"s"; xbits:set,b,track ip_dst,expire 1; noalert; sid:4;)',
    'alert udp any any -> any any (msg:"a"; content:"a"; xbits:isset,b,track ip_dst; sid:5;)',
    'alert udp any any -> any any (msg:"t"; content:"t"; hostbits:toggle,c,dst; noalert; sid:6;)',
    'alert udp any any -> any any (msg:"u"; content:"a"; hostbits:isset,c,dst; sid:7;)',
  ].join('\n');
  // Hosts in a fixed disorder; flows of all of them are spread over the workers.
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(seed / 2 ** 15) % below;
  };
  const packets = Array.from({ length: 1200 }, (_, i) => ({
    from: [10, 0, next(4), next(50)],
    to: [10, 9, 9, next(5)],
    port: 7000 + next(3),
    text: ['x', 's', 'a', 't', 'x a'][next(5)] ?? '',
    atMs: i * 3,
  }));
  const one = await alertsOf({ rules, packets });
  expect(one.alerts.length).toBeGreaterThan(200);
  for (const workers of [2, 3, 4]) {
    const { alerts, detect } = await alertsOf({ rules, packets, workers });
    expect([...alerts].sort()).toEqual([...one.alerts].sort());
    expect(detect).toEqual(one.detect);
  }
});
