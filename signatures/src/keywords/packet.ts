/** Keywords on headers of packets, on flows and on what decoders noticed. */
import { choice, fields, integer, none, number, shape, text, words } from '../grammar.ts';
import { FRAME, frame } from './frames.ts';
import type { Keyword } from './keyword.ts';
import {
  appLayerProtocol,
  decodeEvent,
  flow,
  fragmentBits,
  geoip,
  ipProto,
  l3Proto,
  sized,
  tcpFlags,
  vlanId,
} from './resolve-packet.ts';

const U8 = 255;
const U16 = 65_535;
const U32 = 4_294_967_295;

const FLOW_WORDS = [
  'to_client',
  'to_server',
  'from_client',
  'from_server',
  'established',
  'not_established',
  'stateless',
  'only_stream',
  'no_stream',
  'only_frag',
  'no_frag',
];
const EVENT = text('an event name', /^[\w.-]+$/);
const NUMBERS: readonly (readonly [string, number])[] = [
  ['ttl', U8],
  ['id', U16],
  ['tos', U8],
  ['itype', U8],
  ['icode', U8],
  ['icmp_id', U16],
  ['icmp_seq', U16],
  ['seq|tcp.seq', U32],
  ['ack|tcp.ack', U32],
  ['window|tcp.window', U16],
  ['icmpv6.mtu', U32],
  ['tcp.mss', U16],
  ['tcp.wscale', U8],
  ['flow.age', U32],
  ['flow.pkts_toclient', U32],
  ['flow.pkts_toserver', U32],
  ['flow.bytes_toclient', Number.MAX_SAFE_INTEGER],
  ['flow.bytes_toserver', Number.MAX_SAFE_INTEGER],
  ['vlan.layers', 3],
];

export const PACKET: readonly Keyword[] = [
  ...NUMBERS.map(([row, max]): Keyword => {
    const [name = '', ...aliases] = row.split('|');
    const grammar = number({ max });
    return { name, kind: 'packet', grammar, ...(aliases.length > 0 && { aliases }) };
  }),
  { name: 'flow', resolve: flow, kind: 'packet', grammar: words(FLOW_WORDS), once: true },
  {
    name: 'flags',
    resolve: tcpFlags,
    kind: 'packet',
    aliases: ['tcp.flags'],
    grammar: fields({
      positional: [
        shape('TCP flags (FSRPAUEC0, 12, with + * !)', /^[+*!]?\s*[FSRPAUEC012]+[+*]?$/i),
        shape('TCP flags to ignore', /^!?[FSRPAUEC12]+$/i),
      ],
      atLeast: 1,
    }),
  },
  {
    name: 'fragbits',
    resolve: fragmentBits,
    kind: 'packet',
    grammar: text('IP flags (MDR)', /^[+*!]?\s*[MDR]+$/),
  },
  { name: 'fragoffset', kind: 'packet', grammar: number({ max: U16 }) },
  {
    name: 'ip_proto',
    resolve: ipProto,
    kind: 'packet',
    grammar: number({ max: U8, names: /^!?[A-Za-z][\w-]*$/ }),
  },
  {
    name: 'ipopts',
    kind: 'packet',
    grammar: words(['rr', 'eol', 'nop', 'ts', 'sec', 'esec', 'lsrr', 'ssrr', 'satid', 'any']),
  },
  { name: 'sameip', kind: 'packet', grammar: none },
  {
    name: 'geoip',
    kind: 'packet',
    resolve: geoip,
    grammar: text('[any|src|dst|both,]COUNTRY,…'),
  },
  {
    name: 'l3_proto',
    kind: 'packet',
    resolve: l3Proto,
    grammar: words(['ip4', 'ipv4', 'ip6', 'ipv6']),
  },
  {
    name: 'stream_size',
    resolve: sized,
    kind: 'packet',
    grammar: fields({
      positional: [
        choice('server', 'client', 'both', 'either'),
        choice('<', '>', '=', '!=', '<=', '>='),
        integer(0, U32),
      ],
    }),
  },
  {
    name: 'flow.pkts',
    resolve: sized,
    kind: 'packet',
    grammar: fields({
      positional: [
        choice('toserver', 'toclient', 'both', 'either'),
        shape('a comparison', /^(<|>|=|!|<=|>=)?\s*\d+(-\d+)?$/),
      ],
    }),
  },
  {
    name: 'flow.bytes',
    resolve: sized,
    kind: 'packet',
    grammar: fields({
      positional: [
        choice('toserver', 'toclient', 'both', 'either'),
        shape('a comparison', /^(<|>|=|!|<=|>=)?\s*\d+(-\d+)?$/),
      ],
    }),
  },
  {
    name: 'flow.elephant',
    kind: 'packet',
    grammar: words(['toserver', 'toclient', 'both', 'either']),
    refused: 'flows are not measured for that; flow.bytes and flow.age say it in numbers',
  },
  {
    name: 'vlan.id',
    resolve: vlanId,
    kind: 'packet',
    grammar: text('ID[,LAYER]', /^[\w<>=!-]+\s*(,\s*[\w-]+)?$/),
  },
  { name: 'app-layer-event', kind: 'field', grammar: EVENT },
  {
    name: 'app-layer-protocol',
    resolve: appLayerProtocol,
    kind: 'field',
    grammar: text('PROTOCOL[,MODE]', /^[\w-]+\s*(,\s*\w+)?$/),
  },
  {
    name: 'app-layer-state',
    kind: 'field',
    grammar: text('a state'),
    refused: 'transactions are looked at when their message is complete, not state by state',
  },
  { name: 'decode-event', kind: 'packet', grammar: EVENT },
  { name: 'stream-event', kind: 'packet', grammar: EVENT },
  { name: 'engine-event', kind: 'packet', grammar: EVENT, resolve: decodeEvent },
  { name: 'frame', kind: 'buffer', grammar: FRAME, resolve: frame },
  { name: 'pkt_data', kind: 'buffer', grammar: none },
  ...[
    'ipv4-csum',
    'tcpv4-csum',
    'tcpv6-csum',
    'udpv4-csum',
    'udpv6-csum',
    'icmpv4-csum',
    'icmpv6-csum',
    'igmpv4-csum',
  ].map((name): Keyword => ({ name, kind: 'packet', grammar: words(['valid', 'invalid']) })),
];
