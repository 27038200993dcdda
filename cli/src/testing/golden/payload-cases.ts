/** Contents, what rules say of themselves and what they remember: on datagrams and on a stream nobody parses. */
import { conversation, datagram, datagrams } from '../packets.ts';
import type { GoldenGroup } from './golden.ts';

/** Once the word of a case, so that a rule meets one datagram. */
const TEXT = 'Moth and lamp: 0x10 16 |b64:aGVsbG8=| end';
const DATAGRAM = datagram(9, TEXT);
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const STREAM = conversation(9, [
  { from: 'client', text: 'one two three' },
  { from: 'server', text: 'four five six' },
]);
const TWO = datagrams(9, [
  { from: 'client', text: 'first light' },
  { from: 'client', text: 'second light' },
]);

export const PAYLOAD_GOLDEN: readonly GoldenGroup[] = [
  {
    name: 'contents',
    protocol: 'udp',
    capture: DATAGRAM,
    lists: {
      'whole.lst': `${base64(TEXT)}\n`,
      'other.lst': `${base64('other')}\n`,
      'rep.lst': `${base64(TEXT)},50\n`,
    },
    cases: [
      ['content', 'content:"Moth";', 'content:"moth";'],
      ['nocase', 'content:"moth"; nocase;', 'content:"bat"; nocase;'],
      ['rawbytes', 'content:"lamp"; rawbytes;', 'content:"Lamp"; rawbytes;'],
      ['startswith', 'content:"Moth"; startswith;', 'content:"lamp"; startswith;'],
      ['endswith', 'content:"end"; endswith;', 'content:"Moth"; endswith;'],
      ['depth', 'content:"Moth"; depth:4;', 'content:"and"; depth:4;'],
      ['offset', 'content:"and"; offset:5;', 'content:"Moth"; offset:1;'],
      [
        'distance',
        'content:"Moth"; content:"and"; distance:1;',
        'content:"and"; content:"Moth"; distance:0;',
      ],
      [
        'within',
        'content:"Moth"; content:"and"; within:4;',
        'content:"Moth"; content:"lamp"; within:4;',
      ],
      [
        'fast_pattern',
        'content:"Moth"; content:"lamp"; fast_pattern;',
        'content:"bat"; content:"lamp"; fast_pattern;',
      ],
      [
        'fast_pattern:only',
        'content:"lamp"; fast_pattern:only;',
        'content:"bats"; fast_pattern:only;',
      ],
      [
        'fast_pattern, chopped',
        'content:"Moth and"; fast_pattern:1,4;',
        'content:"Moth or"; fast_pattern:1,4;',
      ],
      ['prefilter', 'dsize:>0; content:"Moth"; prefilter;', 'dsize:>0; content:"bat"; prefilter;'],
      ['pcre', 'pcre:"/m[o]th/i";', 'pcre:"/m[o]th/";'],
      ['isdataat', 'content:"lamp"; isdataat:5,relative;', 'isdataat:100;'],
      ['bsize', 'pkt_data; bsize:41;', 'pkt_data; bsize:<41;'],
      [
        'byte_test',
        'content:"0x"; byte_test:2,=,16,0,relative,string,hex;',
        'content:"0x"; byte_test:2,=,10,0,relative,string,hex;',
      ],
      [
        'byte_jump',
        'byte_jump:2,18,string,dec; content:"|7c|"; distance:0;',
        'byte_jump:2,20,string,dec; content:"Moth"; distance:0;',
      ],
      [
        'byte_extract',
        'byte_extract:2,20,n,string,dec; content:"b64"; offset:n;',
        'byte_extract:2,20,n,string,dec; content:"0x"; offset:n;',
      ],
      [
        'byte_math',
        'byte_math:bytes 2, offset 20, oper -, rvalue 11, result n, string dec; content:"and"; offset:n;',
        'byte_math:bytes 2, offset 20, oper -, rvalue 10, result n, string dec; content:"and"; offset:n;',
      ],
      [
        'base64_decode, base64_data',
        'content:"b64|3a|"; base64_decode:bytes 8, relative; base64_data; content:"hello";',
        'content:"b64|3a|"; base64_decode:bytes 8, relative; base64_data; content:"aGVs";',
      ],
      ['pkt_data', 'pkt_data; content:"lamp";', 'pkt_data; content:"beetle";'],
      ['entropy', 'pkt_data; entropy:value > 3;', 'pkt_data; entropy:value > 7.5;'],
      ['dsize', 'dsize:41;', 'dsize:<41;'],
      [
        'dataset',
        'pkt_data; dataset:isset,whole,type string,load whole.lst;',
        'pkt_data; dataset:isset,other,type string,load other.lst;',
      ],
      [
        'datarep',
        'pkt_data; datarep:rep,>,10,type string,load rep.lst;',
        'pkt_data; datarep:rep,>,99,type string,load rep.lst;',
      ],
    ],
  },
  {
    name: 'values beyond every buffer',
    protocol: 'udp',
    capture: datagram(9, 'AB\x7f\xff\xff\xff\xff\xff\xff\xff AB zzzz'),
    cases: [
      [
        'byte_extract',
        'content:"AB"; byte_extract:8,2,x; content:"AB"; distance:0; isdataat:!x,relative;',
        'content:"AB"; byte_extract:8,2,x; content:"AB"; distance:x;',
      ],
      [
        'within',
        'content:"AB"; byte_extract:8,2,x; content:"AB"; within:x;',
        'content:"AB"; byte_extract:8,2,x; content:"zzzz"; offset:x;',
      ],
      [
        'byte_test',
        'byte_extract:8,2,x; byte_test:8,=,x,2;',
        'byte_extract:8,2,x; byte_test:1,=,0x41,x;',
      ],
    ],
  },
  {
    name: 'what rules say of themselves',
    protocol: 'udp',
    capture: DATAGRAM,
    cases: [
      [
        'msg, sid',
        'msg:"of its own"; content:"Moth"; sid:11;',
        'msg:"of its own"; content:"bat"; sid:12;',
      ],
      ['rev, gid', 'content:"Moth"; gid:1; rev:7;', 'content:"bat"; gid:1; rev:7;'],
      [
        'classtype',
        'content:"Moth"; classtype:trojan-activity;',
        'content:"bat"; classtype:trojan-activity;',
      ],
      ['priority', 'content:"Moth"; priority:2;', 'content:"bat"; priority:2;'],
      [
        'reference',
        'content:"Moth"; reference:url,moth.example;',
        'content:"bat"; reference:url,moth.example;',
      ],
      ['metadata', 'content:"Moth"; metadata:wings two;', 'content:"bat"; metadata:wings two;'],
      [
        'requires',
        'requires:version >= 7.0.0; content:"Moth";',
        'requires:version >= 99.0.0; content:"Moth";',
      ],
      ['target', 'content:"Moth"; target:dest_ip;', 'content:"bat"; target:dest_ip;'],
      ['noalert', 'content:"Moth"; flowbits:set,silent;', 'content:"Moth"; noalert;'],
      ['alert', 'content:"Moth"; alert;', 'content:"Moth"; alert; noalert;'],
      ['tag', 'content:"Moth"; tag:session,1,packets;', 'content:"bat"; tag:session,1,packets;'],
    ],
  },
  {
    name: 'rates, bits and variables',
    protocol: 'udp',
    capture: TWO,
    setup: [
      'content:"first"; flowbits:set,f; noalert;',
      'content:"first"; hostbits:set,h,src; noalert;',
      'content:"first"; xbits:set,x,track ip_pair; noalert;',
      'content:"first"; flowint:i,=,3; noalert;',
    ],
    cases: [
      [
        'threshold',
        'content:"light"; threshold:type limit, track by_src, count 1, seconds 60;',
        'content:"light"; threshold:type threshold, track by_src, count 3, seconds 60;',
      ],
      [
        'detection_filter',
        'content:"light"; detection_filter:track by_src, count 1, seconds 60;',
        'content:"light"; detection_filter:track by_src, count 2, seconds 60;',
      ],
      ['flowbits', 'content:"second"; flowbits:isset,f;', 'content:"second"; flowbits:isnotset,f;'],
      [
        'hostbits',
        'content:"second"; hostbits:isset,h,src;',
        'content:"second"; hostbits:isset,h,dst;',
      ],
      [
        'xbits',
        'content:"second"; xbits:isset,x,track ip_pair;',
        'content:"second"; xbits:isnotset,x,track ip_pair;',
      ],
      ['flowint', 'content:"second"; flowint:i,==,3;', 'content:"second"; flowint:i,>,3;'],
    ],
  },
  {
    name: 'captured values',
    protocol: 'udp',
    capture: TWO,
    setup: [
      'content:"first"; pcre:"/(?P<flow_word>first)/"; noalert;',
      'content:"second"; pcre:"/(?P<pkt_seen>second)/"; noalert;',
    ],
    cases: [
      [
        'flowvar',
        'content:"second"; flowvar:word,"first";',
        'content:"second"; flowvar:word,"second";',
      ],
      [
        'pktvar',
        'content:"second"; pktvar:seen,"second";',
        'content:"second"; pktvar:seen,"first";',
      ],
    ],
  },
  {
    name: 'streams',
    protocol: 'tcp',
    capture: STREAM,
    cases: [
      ['flow', 'flow:established,to_server; content:"two";', 'flow:to_client; content:"two";'],
      [
        'flow, stateless',
        'flow:stateless,only_stream; content:"five";',
        'flow:stateless,no_stream; content:"fives";',
      ],
      [
        'stream_size',
        'stream_size:client,=,14; content:"two";',
        'stream_size:client,>,1000; content:"two";',
      ],
      [
        'tcp.hdr',
        'flags:S; tcp.hdr; content:"|9c 40 00 09|"; startswith;',
        'tcp.hdr; content:"|9c 41|"; startswith;',
      ],
      ['flags', 'flags:S;', 'flags:SR;'],
      ['seq', 'seq:1000; flags:S;', 'seq:999;'],
      ['ack', 'ack:1001; flags:SA;', 'ack:1000;'],
      ['window', 'window:65535; flags:S;', 'window:1;'],
    ],
  },
];
