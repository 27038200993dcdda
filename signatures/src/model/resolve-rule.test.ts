/** What rules mean, by hand-made expectations: headers, buffers, matchers, states, prefilters. */
import { describe, expect, test } from 'vitest';
import { loadRules } from '../check-rules.ts';
import { readClassifications } from '../config-files.ts';
import { type FieldTest, OPEN_END, type RuleModel } from './rule-model.ts';

const HEAD = 'alert tcp any any -> any any';

function load(text: string, variables: Record<string, string> = {}) {
  return loadRules([{ name: 'x', text }], variables);
}

function model(options: string, head = HEAD, variables: Record<string, string> = {}): RuleModel {
  const { models, faults } = load(`${head} (msg:"m"; ${options} sid:1;)`, variables);
  const [only] = models;
  if (only === undefined) throw new Error(faults.map(({ message }) => message).join());
  return only;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const number = (value: number) => ({ type: 'number', value });
/** Buffers with what is looked for in each. */
function shape({ inspections }: RuleModel): string[] {
  return inspections.map(({ buffer, side, transforms, matchers }) => {
    const names = transforms.map(({ name }) => `|${name}`).join('');
    const what = matchers.map((m) => (m.type === 'content' ? text(m.pattern) : m.type)).join(' ');
    return `${buffer}${side === 'any' ? '' : `@${side}`}${names}: ${what}`;
  });
}

describe('headers', () => {
  const addresses = (source: string, variables = {}) =>
    model('', `alert ip ${source} any -> any any`, variables).heads[0]?.source;
  test('a network without an address of it, and negations alone', () => {
    expect(addresses('[10.0.0.0/30,!10.0.0.1]')?.v4).toEqual([
      { low: 0x0a000000, high: 0x0a000000 },
      { low: 0x0a000002, high: 0x0a000003 },
    ]);
    expect(addresses('!0.0.0.0/1')).toMatchObject({ v4: [{ low: 0x80000000, high: 0xffffffff }] });
    expect(addresses('[!10.0.0.0/255.0.0.0]')?.v4).toHaveLength(2);
    expect(addresses('!10.0.0.1')?.v6).toHaveLength(1);
    expect(addresses('1.2.3.4-1.2.3.9')?.v4).toEqual([{ low: 0x01020304, high: 0x01020309 }]);
  });
  test('IPv6 in all its spellings', () => {
    const first = (source: string) => {
      const [range] = addresses(source)?.v6 ?? [];
      return [range?.low, range?.high].map((bytes) => Buffer.from(bytes ?? []).toString('hex'));
    };
    expect(first('2001:db8::/32')).toEqual([
      '20010db8000000000000000000000000',
      '20010db8ffffffffffffffffffffffff',
    ]);
    expect(first('::ffff:1.2.3.4')[0]).toBe('00000000000000000000ffff01020304');
    expect(first('fe80::1:2')[0]).toBe('fe800000000000000000000000010002');
    expect(first('::')[0]).toBe('0'.repeat(32));
  });
  test('neighbours join, variables resolve, what is left empty is refused', () => {
    expect(addresses('[10.0.0.0/9,10.128.0.0/9]')?.v4).toHaveLength(1);
    expect(addresses('$A', { A: '!$B', B: '[::/0,1.0.0.0/8]' })).toMatchObject({
      v4: [{ low: 0, high: 0x00ffffff }, { low: 0x02000000 }],
      v6: [],
    });
    const all = '[0.0.0.0/0,::/0]';
    const { faults, models } = load(`alert ip !${all} any -> any any (msg:"m"; sid:1;)`);
    expect(models).toEqual([]);
    expect(faults.map(({ code }) => code)).toEqual(['RULE_ADDRESS']);
  });
  test('ports', () => {
    const ports = (spec: string) =>
      model('', `alert tcp any ${spec} -> any any`).heads[0]?.sourcePorts;
    expect(ports('[80:100,!99]')).toEqual([
      { low: 80, high: 98 },
      { low: 100, high: 100 },
    ]);
    expect(ports('1024:')).toEqual([{ low: 1024, high: 65535 }]);
    expect(ports('!:1023')).toEqual([{ low: 1024, high: 65535 }]);
  });
  test('both directions: two heads where they differ', () => {
    expect(model('', 'alert tcp any any <> any any').heads).toHaveLength(1);
    const [there, back] = model('', 'alert tcp 1.1.1.1 1 <> 2.2.2.2 2').heads;
    expect(back?.source).toEqual(there?.destination);
    expect(back?.destinationPorts).toEqual(there?.sourcePorts);
  });
  test.each([
    ['icmp', [1, 58], '', 0],
    ['ip6', [], '', 6],
    ['ssl', [6], 'tls', 0],
    ['dns', [6, 17], 'dns', 0],
    ['tcp-stream', [6], '', 0],
  ])('protocol %s', (name, transports, application, ipVersion) => {
    const [head] = model('', `alert ${name} any any -> any any`).heads;
    expect(head?.protocol).toMatchObject({ transports, application, ipVersion });
  });
});

describe('buffers', () => {
  test.each<[string, string[]]>([
    ['content:"a"; http.uri; content:"b"; content:"c";', ['payload: a', 'http.uri: b c']],
    [
      'http.uri; content:"b"; http.method; content:"G"; http.uri; content:"c";',
      ['http.uri: b c', 'http.method: G'],
    ],
    ['dns.query; content:"a"; dns.query; content:"b";', ['dns.query: a', 'dns.query: b']],
    [
      'content:"a"; http_uri; content:"b"; nocase; http_uri; content:"c";',
      ['payload: c', 'http.uri: a b'],
    ],
    [
      'content:"a"; pcre:"/x/U"; uricontent:"u"; urilen:>5;',
      ['payload: a', 'http.uri: pcre u bsize'],
    ],
    [
      'http.uri; to_lowercase; content:"a"; http.uri; content:"b";',
      ['http.uri|to_lowercase: a', 'http.uri: b'],
    ],
    ['file.data; content:"a"; pkt_data; content:"b";', ['file.data: a', 'payload: b']],
    ['file.data:to_client; content:"a";', ['file.data@to_client: a']],
    ['http_accept; content:"a";', ['http.accept: a']],
    ['frame:smb1.hdr; content:"a";', ['frame:smb.smb1.hdr: a']],
    ['urilen:5,raw;', ['http.uri.raw: bsize']],
  ])('%s', (options, expected) => {
    const head = options.startsWith('dns') ? 'alert dns any any -> any any' : HEAD;
    expect(shape(model(options, head))).toEqual(expected);
  });
  test('transforms carry their arguments', () => {
    const of = (spec: string) =>
      model(`http.uri; ${spec}; content:"a";`).inspections[0]?.transforms[0];
    expect(of('xor:"0d0a"')).toMatchObject({ bytes: Uint8Array.of(13, 10), numbers: [] });
    expect(of('xor:offset 4, extract 1 2')).toMatchObject({ numbers: [4, 1, 2] });
    expect(of('from_base64:offset 6, mode strict')).toMatchObject({ numbers: [0, 6, 2] });
    expect(of('gunzip:max-size 8k')).toMatchObject({ numbers: [8192] });
    expect(text(of('pcrexform:"a(b)"')?.bytes ?? new Uint8Array())).toBe('a(b)');
  });
});

describe('sides', () => {
  test.each([
    ['', true, true],
    ['flow:to_client;', false, true],
    ['http.uri; content:"a";', true, false],
    ['http.stat_code; content:"200";', false, true],
    ['http.header; content:"a";', true, true],
    ['flow:established,from_client; http.header; content:"a";', true, false],
  ])('%s', (options, toServer, toClient) => {
    expect(model(options).flow).toMatchObject({ toServer, toClient });
  });
  test('buffers of both sides never meet, except over a transaction', () => {
    const both = 'http.uri; content:"a"; http.stat_code; content:"200";';
    const codes = (head: string) =>
      load(`${head} (msg:"m"; ${both} sid:1;)`).faults.map(({ code }) => code);
    expect(codes('alert http any any -> any any')).toEqual(['RULE_SIDE_CONFLICT']);
    expect(codes('alert http any any => any any')).toEqual([]);
  });
});

describe('where a content without a buffer looks', () => {
  test.each([
    ['tcp', 'content:"a";', false, true],
    ['tcp', 'content:"a"; depth:4;', true, true],
    ['tcp', 'content:"a"; startswith;', true, true],
    ['tcp', 'content:"a"; dsize:4;', true, false],
    ['tcp', 'content:"a"; stream_size:client,<,5;', true, true],
    ['tcp-pkt', 'content:"a";', true, false],
    ['tcp-stream', 'content:"a"; offset:4;', false, true],
    ['tcp', 'content:"a"; flow:only_stream;', false, true],
    ['tcp', 'http.uri; content:"a";', true, false],
    ['ip', 'content:"a";', false, true],
    ['udp', 'content:"a"; depth:4;', false, false],
    ['dns', 'content:"a"; depth:4;', true, true],
  ])('%s %s', (protocol, options, packet, stream) => {
    expect(model(options, `alert ${protocol} any any -> any any`).payload).toEqual({
      packet,
      stream,
      datagram: !protocol.startsWith('tcp'),
    });
  });
});

describe('matchers', () => {
  const matchers = (options: string) => model(options).inspections.flatMap((i) => i.matchers);
  test('content', () => {
    expect(matchers('content:!"a|00|"; nocase; offset:1; depth:9; endswith;')).toMatchObject([
      { negated: true, nocase: true, endswith: true, offset: number(1), depth: number(9) },
    ]);
    expect(matchers('content:"abc"; startswith;')).toMatchObject([
      { offset: number(0), depth: number(3) },
    ]);
    expect(matchers('content:"a"; content:"b"; distance:-2; within:4;')[1]).toMatchObject({
      distance: number(-2),
      within: number(4),
    });
  });
  test('byte variables', () => {
    const all = matchers(
      'byte_extract:2,0,len,little; content:"a"; depth:len; byte_math:bytes 1,offset 0,oper <<,rvalue len,result r; byte_test:1,!=,r,0x10,relative,string,hex; isdataat:!len,relative; byte_jump:4,-2,relative,from_end,post_offset -1,multiplier 3;',
    );
    const variable = (index: number) => ({ type: 'variable', index });
    expect(all).toMatchObject([
      { type: 'byte_extract', variable: 0, value: { endian: 'little', bytes: number(2) } },
      { type: 'content', depth: variable(0) },
      { type: 'byte_math', operator: '<<', operand: variable(0), variable: 1 },
      {
        type: 'byte_test',
        negated: true,
        comparison: '=',
        against: variable(1),
        value: { base: 'hex', offset: number(16), relative: true },
      },
      { type: 'isdataat', negated: true, at: variable(0) },
      {
        type: 'byte_jump',
        from: 'end',
        multiplier: 3,
        postOffset: number(-1),
        value: { offset: number(-2) },
      },
    ]);
  });
  test('pcre', () => {
    expect(matchers('content:"a"; pcre:!"/a.c/RsiO";')[1]).toEqual({
      type: 'pcre',
      pattern: 'a.c',
      options: 0x28,
      relative: true,
      negated: true,
      unlimited: true,
      captures: [],
    });
  });
});

test('numbers: ranges are exclusive, masks stay masks', () => {
  const ttl = (spec: string) => {
    const [first] = model(`ttl:${spec};`).tests;
    return first?.type === 'number' ? first.test : undefined;
  };
  const ranges = (...pairs: readonly (readonly [number, number])[]) => ({
    type: 'ranges',
    ranges: pairs.map(([low, high]) => ({ low, high })),
  });
  expect(ttl('5')).toEqual(ranges([5, 5]));
  expect(ttl('!5')).toEqual(ranges([0, 4], [6, OPEN_END]));
  expect(ttl('<5')).toEqual(ranges([0, 4]));
  expect(ttl('<0')).toEqual(ranges());
  expect(ttl('5<>9')).toEqual(ranges([6, 8]));
  expect(ttl('!5-9')).toEqual(ranges([0, 5], [9, OPEN_END]));
  expect(ttl('&0xc0=0x80')).toEqual({ type: 'mask', mask: 0xc0, value: 0x80, negated: false });
  expect(load(`${HEAD} (msg:"m"; ttl:&0x0f=0x10; sid:1;)`).faults).toHaveLength(1);
});

test('tests on headers, flows and transactions', () => {
  const [flags, bits, vlan, size, protocol] = model(
    'flags:!SA+,CE; fragbits:*MD; vlan.id:>100,1; stream_size:both,>=,9; ip_proto:!udp;',
  ).tests;
  expect(flags).toEqual({
    type: 'bits',
    field: 'flags',
    bits: 0x12,
    ignored: 0xc0,
    mode: 'all',
    negated: true,
  });
  expect(bits).toMatchObject({ bits: 0x6000, mode: 'some' });
  expect(vlan).toMatchObject({ field: 'vlan.id.1', test: { ranges: [{ low: 101 }] } });
  expect(size).toMatchObject({ field: 'stream_size.both', test: { ranges: [{ low: 9 }] } });
  expect(protocol).toMatchObject({ test: { ranges: [{ high: 16 }, { low: 18 }] } });
  const which = (spec: string) =>
    model(`http2.window:${spec};`, 'alert http2 any any -> any any').tests[0];
  expect(which('>5,all')).toMatchObject({ which: { type: 'all' } });
  expect(which('>5,nb>1,1:-1')).toMatchObject({ which: { type: 'times', from: 1, to: -1 } });
  expect(which('123,oob_or 2')).toMatchObject({ which: { type: 'at-or-beyond', index: 2 } });
  expect(which('count>5')).toMatchObject({
    which: { type: 'count' },
    test: { ranges: [{ low: 6 }] },
  });
  const tls = model('tls.version:1.2; tls.subject:!"CN=a, O=b";', 'alert tls any any -> any any');
  expect(tls.tests).toMatchObject([
    { field: 'tls.version', words: ['1.2'] },
    { field: 'tls.subject', words: ['CN=a, O=b'], negated: true },
  ]);
});

test('states of a handshake that nobody follows are faults', () => {
  const faults = (state: string) =>
    load(`alert tls any any -> any any (msg:"m"; ssl_state:${state}; sid:1;)`).faults.map(
      ({ message }) => message,
    );
  expect(faults('!client_hello')).toEqual([]);
  expect(faults('client_hello|server_keyx')).toEqual([
    'ssl_state: "server_keyx" is not followed; known: client_hello, server_hello',
  ]);
});

test('lists of words and of flags, each with its own negation', () => {
  const tests = (options: string, protocol: string) =>
    model(options, `alert ${protocol} any any -> any any`).tests.map((one) =>
      one.type === 'words' ? `${one.negated ? '!' : ''}${one.words.join('|')}` : flagsOf(one),
    );
  const flagsOf = (one: FieldTest) =>
    one.type === 'bits' ? `${one.bits}/${0xff & ~one.ignored}` : one.type;
  expect(tests('mqtt.flags:dup,!retain;', 'mqtt')).toEqual(['8/9']);
  expect(tests('websocket.flags:!fin,comp;', 'websocket')).toEqual(['64/192']);
  expect(tests('websocket.flags:&0xc0=0x80;', 'websocket')).toEqual(['number']);
  expect(tests('ssl_version:tls1.0,tls1.1,!sslv3;', 'tls')).toEqual(['tls1.0|tls1.1', '!sslv3']);
  expect(tests('ftpdata_command:stor;', 'ftp-data')).toEqual(['stor']);
  const [protocol] = model('app-layer-protocol:!http,final;').tests;
  expect(protocol).toMatchObject({
    field: 'app-layer-protocol.final',
    words: ['http'],
    negated: true,
  });
  expect(model('hostbits:set,h,src,60;').effects).toMatchObject([{ subject: 'src', value: 60 }]);
});

test('memory: what is asked before a match and what is done after', () => {
  const { conditions, effects, noAlert } = model(
    'flowbits:isset,a|b; flowbits:set,c; flowbits:noalert; flowint:n,+,1; flowint:n,>,m; flowint:x,=,3; xbits:set,q,track ip_pair,expire 9; hostbits:isnotset,h,dst;',
  );
  expect(conditions.map(({ memory, operation }) => `${memory} ${operation}`)).toEqual([
    'flowbits isset',
    'flowint >',
    'hostbits isnotset',
  ]);
  expect(conditions[0]?.names).toEqual(['a', 'b']);
  expect(conditions[1]?.subject).toBe('m');
  expect(effects.map(({ memory, operation, value }) => `${memory} ${operation} ${value}`)).toEqual([
    'flowbits set 0',
    'flowint + 1',
    'flowint = 3',
    'xbits set 9',
  ]);
  expect(noAlert).toBe(true);
});

test('what a rule says of itself', () => {
  const classes = readClassifications('c', 'config classification: a-b,What it is, 2');
  const rule = `pass ${HEAD.slice(6)} (msg:"a\\"b"; classtype:a-b; reference:CVE,2020-1; metadata:k v w, q; target:src_ip; threshold:type limit, track by_src, count 1, seconds 5; tag:host,9,seconds,src; sid:7; rev:2; gid:3;)`;
  const { models } = loadRules(
    [{ name: 'f', text: `\n${rule}` }],
    {},
    {
      classifications: classes.entries,
      references: new Map([['cve', 'https://cve/']]),
    },
  );
  expect(models).toMatchObject([
    {
      action: 'pass',
      gid: 3,
      sid: 7,
      rev: 2,
      msg: 'a"b',
      category: 'What it is',
      priority: 2,
      references: [{ system: 'cve', id: '2020-1', url: 'https://cve/2020-1' }],
      metadata: [
        ['k', 'v w'],
        ['q', ''],
      ],
      target: 'src_ip',
      rate: { type: 'limit', track: 'by_src', count: 1, seconds: 5 },
      tags: [{ scope: 'host', amount: 9, unit: 'seconds', side: 'src' }],
      origin: { file: 'f', line: 2 },
    },
  ]);
});

describe('prefilter', () => {
  test.each([
    ['content:"abc"; content:"abcd";', 'abcd'],
    ['content:"abcdef"; http.uri; content:"ab";', 'ab'],
    ['content:"aaaa"; content:"abcd";', 'abcd'],
    ['content:"abcd"; content:"efgh";', 'abcd'],
    ['content:"abcd"; content:"ef"; fast_pattern;', 'ef'],
    ['content:"abcdef"; fast_pattern:2,3;', 'cde'],
    ['content:!"abcdef"; content:"a";', 'a'],
    ['http.method; content:"POST"; content:"a"; http.uri; content:"/";', '/'],
    ['content:!"abcdef";', undefined],
    ['dsize:>4;', undefined],
  ])('%s', (options, expected) => {
    const { prefilter } = model(options);
    expect(prefilter.type === 'pattern' ? text(prefilter.bytes) : undefined).toBe(expected);
  });
});
