/** The table of keywords: each name once, each family read and refused as it should be. */
import { describe, expect, test } from 'vitest';
import { checkRules } from '../check-rules.ts';
import { KEYWORD_NAMES, KEYWORDS, keywordOf } from './table.ts';

test('a name stands once, and buffers named by old forms exist', () => {
  expect(new Set(KEYWORD_NAMES).size).toBe(
    KEYWORDS.reduce((sum, { aliases }) => sum + 1 + (aliases?.length ?? 0), 0),
  );
  for (const { buffer } of KEYWORDS) {
    if (buffer !== undefined) expect(keywordOf(buffer)?.kind).toBe('buffer');
  }
});

function codes(options: string, header = 'alert ip any any -> any any'): string[] {
  const text = `${header} (msg:"x"; ${options} sid:1;)`;
  return checkRules([{ name: 'x', text }]).faults.map(({ code }) => code);
}

describe.each([
  [
    'meta',
    ['rev:2; gid:3; priority:1; classtype:a-b;', 'reference:url,a.b/?c=1\\;d,e;', 'noalert;'],
  ],
  [
    'meta',
    [
      'target:src_ip;',
      'metadata:a b, c d;',
      'requires:version >= 7.0.0;',
      'tag:host,5,seconds,src;',
    ],
  ],
  ['threshold', ['threshold:type limit, track by_src, seconds 60, count 1;']],
  ['threshold', ['detection_filter:track by_dst, count 3, seconds 2;']],
  ['state', ['flowbits:set,a.b;', 'flowbits:noalert;', 'xbits:isset,a,track ip_pair,expire 5;']],
  ['state', ['flowint:n,+,1;', 'flowint:n,notset;', 'hostbits:set,a,src;', 'flowbits:isset,a|b;']],
  [
    'packet',
    ['dsize:>5;', 'dsize:5<>9;', 'ttl:!64;', 'flags:S,12;', 'flags:*SA;', 'fragbits:!DM;'],
  ],
  ['packet', ['itype:8; icode:0;', 'ip_proto:!TCP;', 'flow:established,to_server;', 'sameip;']],
  ['packet', ['stream_size:client,<,50;', 'ipopts:lsrr;', 'tos:0x10;', 'window:1-2;']],
  ['byte', ['byte_test:4,!&,0x80,0,relative,little;', 'byte_test:0,=,0,0,string,dec;']],
  ['byte', ['byte_jump:2,-4,relative,post_offset -1,multiplier 2,from_beginning;']],
  ['byte', ['byte_math:bytes 2,offset 0,oper +,rvalue 1,result r; content:"a"; depth:r;']],
  ['byte', ['byte_extract:2,0,v,little; byte_test:2,>,v,4; isdataat:!v,relative;']],
  ['content', ['content:!"a|0d 0a|\\;\\"\\:\\\\"; nocase; depth:9; offset:2; fast_pattern:0,2;']],
  ['content', ['content:"a"; content:"b"; distance:-1; within:4;', 'content:"a"; startswith;']],
  ['buffers', ['dns.query; dotprefix; content:".x"; endswith;', 'tls.sni; bsize:1; content:"x";']],
  ['buffers', ['http.header; xor:0d0a; to_sha256; content:"a";', 'content:"a"; http_uri;']],
  ['buffers', ['frame:smtp.command_line; content:"x";', 'dns.opcode:!4;', 'urilen:<5,raw;']],
  ['pcre', ['pcre:"/a[]b(]+(?:c|d)/Ri";', 'pcre:!"/^x\\/y/U";', 'pcre:"/(.*)/, flow:name";']],
])('%s', (_family, accepted) => {
  test.each(accepted)('%s', (options) => {
    const errors = codes(options).filter((code) => code !== 'RULE_RELATIVE_FIRST');
    expect(errors).toEqual([]);
  });
});

describe('wrong arguments', () => {
  test.each([
    'rev:x;',
    'sid:4294967296;',
    'priority:256;',
    'msg:bare;',
    'reference:url;',
    'target:both;',
    'noalert:1;',
    'threshold:type limit, track by_src;',
    'threshold:type often, track by_src, count 1;',
    'detection_filter:track by_src, track by_dst, count 1, seconds 1;',
    'flowbits:sett,a;',
    'xbits:set,a,track src;',
    'flowint:n,*,1;',
    'dsize:70000;',
    'dsize:9<>5;',
    'dsize:<5<>9;',
    'flags:X;',
    'flow:establish;',
    'ttl:-1;',
    'byte_test:4,?,1,0;',
    'byte_test:4,>,1;',
    'byte_jump:4;',
    'byte_extract:4,0;',
    'byte_math:bytes 2,offset 0,oper %,rvalue 1,result r;',
    'content:"";',
    'content:"|0|";',
    'content:"|zz|";',
    'content:"|00";',
    'content:"a\\x";',
    'content:a;',
    'isdataat:;',
    'xor:0;',
    'urilen:5,other;',
    'pcre:"abc";',
    'pcre:"/a/k";',
    'pcre:"/(a/";',
    'pcre:"/a)/";',
    'pcre:"/[a/";',
    'pcre:"/a/UH";',
    'pcre:"//";',
    'stream_size:all,<,5;',
    'dotprefix:1;',
    'tls.sni:"x";',
    'filesize:large;',
    'http2.window:wide;',
    'mqtt.flags:dup,gone;',
    'tls_cert_notafter:2015-13;',
    'http2.settings:SETTINGS_NONE=1;',
    'krb5.ticket_encryption:rot13;',
    'frame:tls.none; content:"a";',
  ])('%s', (options) => {
    expect(codes(options)).toContain('RULE_ARGUMENT');
  });
});

test.each(['lua:x.lua;', 'content:"a"; replace:"b";', 'filestore;', 'bypass;'])(
  'refused with its reason: %s',
  (options) => {
    const text = `alert ip any any -> any any (msg:"x"; ${options} sid:1;)`;
    const { faults, loaded } = checkRules([{ name: 'x', text }]);
    expect(faults.map(({ code }) => code)).toEqual(['RULE_KEYWORD_REFUSED']);
    expect(faults[0]?.message).toMatch(/is refused: .{15,}/);
    expect(loaded).toBe(0);
  },
);

test.each([
  ['nocase;', 'RULE_CONTENT_MISSING'],
  ['content:"abc"; depth:2;', 'RULE_RANGE_CONTRADICTION'],
  ['content:"a"; content:"abc"; within:2;', 'RULE_RANGE_CONTRADICTION'],
  ['content:"a"; content:"b"; distance:1; offset:1;', 'RULE_RANGE_CONTRADICTION'],
  ['content:"a"; startswith; offset:1;', 'RULE_RANGE_CONTRADICTION'],
  ['http.method; bsize:2; content:"GET";', 'RULE_RANGE_CONTRADICTION'],
  ['content:"a"; distance:1;', 'RULE_RELATIVE_FIRST'],
  ['pcre:"/a/R";', 'RULE_RELATIVE_FIRST'],
  ['content:"a"; http.uri; content:"b"; within:5;', 'RULE_RELATIVE_FIRST'],
  ['content:"a"; depth:len;', 'RULE_BYTE_VARIABLE_UNKNOWN'],
  ['dns.query; content:"a"; http.uri; content:"b";', 'RULE_BUFFER_PROTOCOL'],
  ['http.uri;', 'RULE_BUFFER_UNUSED'],
  ['pcre:"/^(a+)+$/";', 'RULE_PCRE_BACKTRACKING'],
  ['pcre:"/((x*)y){2,}/";', 'RULE_PCRE_BACKTRACKING'],
  ['flow:to_server; flow:to_client;', 'RULE_KEYWORD_REPEATED'],
  ['contnet:"a";', 'RULE_KEYWORD_UNKNOWN'],
])('between options: %s', (options, code) => {
  expect(codes(options)).toEqual([code]);
});

test.each(['(a+)b', '(a+)++', '[(a+)+]', '\\(a+\\)+', '(ab)+c*', '(a+){2}', '(a|b)*'])(
  'pcre without nested repetition: /%s/',
  (pattern) => {
    expect(codes(`pcre:"/${pattern}/";`)).toEqual([]);
  },
);

test('a buffer of another protocol than the header', () => {
  const dns = 'alert dns any any -> any any';
  expect(codes('http.uri; content:"a";', dns)).toEqual(['RULE_BUFFER_PROTOCOL']);
  expect(codes('http.uri; content:"a";', 'alert udp any any -> any any')).toEqual([
    'RULE_BUFFER_PROTOCOL',
  ]);
  expect(codes('dns.query; content:"a";', dns)).toEqual([]);
});
