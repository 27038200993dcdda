/** DNS, mDNS, DHCP, SNMP, FTP's data, files and HTTP/2, written out octet by octet. */
import { createHash } from 'node:crypto';
import { joined } from '../frames.ts';
import { conversation, datagrams } from '../packets.ts';
import { HTTP2 } from '../protocol-traffic.ts';
import type { GoldenCase, GoldenGroup } from './golden.ts';

const u16 = (value: number) => String.fromCharCode(value >> 8, value & 0xff);
const u32 = (value: number) => u16(value >>> 16) + u16(value & 0xffff);
const byte = String.fromCharCode;

/** RFC 1035: a question, and an answer with a record in each section. */
function dnsMessages(): [string, string] {
  const name = (text: string) =>
    `${text
      .split('.')
      .map((label) => byte(label.length) + label)
      .join('')}\0`;
  const question = `${name('lamp.example')}${u16(16)}${u16(1)}`;
  const record = (owner: string) =>
    `${name(owner)}${u16(1)}${u16(1)}${u32(60)}${u16(4)}${byte(10, 1, 2, 3)}`;
  const head = (flags: number, counts: readonly number[]) =>
    u16(7) + u16(flags) + counts.map(u16).join('');
  return [
    head(0x0100, [1, 0, 0, 0]) + question,
    head(0x8183, [1, 1, 1, 1]) +
      question +
      ['moth.example', 'wing.example', 'dust.example'].map(record).join(''),
  ];
}
const [QUESTION, ANSWER] = dnsMessages();
const messages = (port: number) =>
  datagrams(port, [
    { from: 'client', text: QUESTION },
    { from: 'server', text: ANSWER },
  ]);

const rrnames = (protocol: string): GoldenCase[] =>
  [
    ['answers', 'moth'],
    ['authorities', 'wing'],
    ['additionals', 'dust'],
  ].map(([section, owner]): GoldenCase => {
    const name = `${protocol}.${section}.rrname`;
    return [name, `${name}; content:"${owner}.example";`, `${name}; content:"lamp";`];
  });

/** RFC 2131 and 2132: an ACK with its times. */
const DHCP_ACK = `\x02\x01\x06\0${u32(0x1234)}\0\0\0\0\0\0\0\0${byte(10, 0, 0, 9)}${'\0'.repeat(8)}\x02\0\0\0\0\x01${'\0'.repeat(10)}${'\0'.repeat(192)}\x63\x82\x53\x63\x35\x01\x05\x36\x04${byte(10, 0, 0, 2)}\x33\x04${u32(3_600)}\x3a\x04${u32(1_800)}\x3b\x04${u32(3_150)}\xff`;

const tlv = (tag: number, content: string) => byte(tag, content.length) + content;
const integer = (value: number) => tlv(2, byte(value));
/** RFC 3412 and 3414: version 3 with a user's name. */
const SNMP_V3 = tlv(
  0x30,
  integer(3) +
    tlv(0x30, integer(1) + tlv(2, '\x05\xdc') + tlv(4, '\x04') + integer(3)) +
    tlv(
      4,
      tlv(
        0x30,
        tlv(4, 'engine') + integer(1) + integer(1) + tlv(4, 'moth') + tlv(4, '') + tlv(4, ''),
      ),
    ) +
    tlv(
      0x30,
      tlv(4, 'engine') +
        tlv(4, '') +
        tlv(
          0xa0,
          integer(1) + integer(0) + integer(0) + tlv(0x30, tlv(0x30, '\x06\x02\x2b\x06\x05\0')),
        ),
    ),
);

/** RFC 959: the client asks where to, and fetches. */
const FTP_FETCH = joined(
  conversation(21, [
    { from: 'server', text: '220 ready\r\n' },
    { from: 'client', text: 'PASV\r\n' },
    { from: 'server', text: '227 Entering Passive Mode (10,0,0,2,8,1)\r\n' },
    { from: 'client', text: 'RETR wings.txt\r\n' },
    { from: 'server', text: '150 here it comes\r\n' },
  ]),
  conversation(2_049, [{ from: 'server', text: 'all about wings\n' }]),
);

const digests = ['md5', 'sha1', 'sha256'] as const;
const of = (kind: string, text: string) => createHash(kind).update(text).digest('hex');

export const SERVICE_GOLDEN: readonly GoldenGroup[] = [
  {
    name: 'dns',
    protocol: 'dns',
    capture: messages(53),
    cases: [
      [
        'dns.query',
        'flow:to_server; dns.query; content:"lamp.example"; bsize:12;',
        'dns.query; content:"moth";',
      ],
      [
        'dns.query.name',
        'flow:to_server; dns.query.name; content:"lamp";',
        'dns.query.name; content:"moth";',
      ],
      [
        'dns.queries.rrname',
        'flow:to_server; dns.queries.rrname; content:"lamp";',
        'dns.queries.rrname; content:"moth";',
      ],
      [
        'dns.answer.name',
        'dns.answer.name; content:"moth.example";',
        'dns.answer.name; content:"beetle";',
      ],
      ...rrnames('dns'),
      [
        'dns.response.rrname',
        'dns.response.rrname; content:"wing";',
        'dns.response.rrname; content:"beetle";',
      ],
      ['dns.opcode', 'flow:to_server; dns.opcode:0;', 'dns.opcode:5;'],
      ['dns.rcode', 'dns.rcode:3;', 'flow:to_client; dns.rcode:0;'],
      ['dns.rrtype', 'flow:to_server; dns.rrtype:16;', 'dns.rrtype:28;'],
    ],
  },
  {
    name: 'mdns',
    protocol: 'mdns',
    capture: messages(5_353),
    cases: [
      [
        'mdns.queries.rrname',
        'flow:to_server; mdns.queries.rrname; content:"lamp";',
        'mdns.queries.rrname; content:"moth";',
      ],
      ...rrnames('mdns'),
      [
        'mdns.response.rrname',
        'mdns.response.rrname; content:"wing";',
        'mdns.response.rrname; content:"beetle";',
      ],
    ],
  },
  {
    name: 'dhcp',
    protocol: 'dhcp',
    capture: datagrams(67, [{ from: 'server', text: DHCP_ACK }]),
    cases: [
      ['dhcp.leasetime', 'dhcp.leasetime:3600;', 'dhcp.leasetime:>3600;'],
      ['dhcp.renewal_time', 'dhcp.renewal_time:1800;', 'dhcp.renewal_time:<1800;'],
      ['dhcp.rebinding_time', 'dhcp.rebinding_time:3150;', 'dhcp.rebinding_time:3151;'],
    ],
  },
  {
    name: 'snmp, version 3',
    protocol: 'snmp',
    capture: datagrams(161, [{ from: 'client', text: SNMP_V3 }]),
    cases: [['snmp.usm', 'snmp.usm; content:"moth"; bsize:4;', 'snmp.usm; content:"bat";']],
  },
  {
    name: 'ftp data',
    protocol: 'ftp-data',
    capture: FTP_FETCH,
    cases: [
      [
        'ftpdata_command',
        'ftpdata_command:retr; content:"wings";',
        'ftpdata_command:stor; content:"wings";',
      ],
    ],
  },
  {
    name: 'digests of files',
    protocol: 'http',
    capture: conversation(80, [
      { from: 'client', text: 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n' },
      { from: 'server', text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlight' },
    ]),
    lists: Object.fromEntries(
      digests.flatMap((kind) => [
        [`${kind}.yes`, `${of(kind, 'light')}\n`],
        [`${kind}.no`, `${of(kind, 'dark')}\n`],
      ]),
    ),
    cases: digests.map(
      (kind): GoldenCase => [
        `file${kind}`,
        `flow:to_client; file${kind}:${kind}.yes;`,
        `flow:to_client; file${kind}:${kind}.no;`,
      ],
    ),
  },
  {
    name: 'http2',
    protocol: 'http2',
    capture: HTTP2,
    cases: [
      [
        'http2.header',
        'flow:to_server; http2.header; content:"x-moth|3a 20|wing";',
        'http2.header; content:"x-bat";',
      ],
    ],
  },
];
