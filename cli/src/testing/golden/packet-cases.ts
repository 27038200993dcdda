/** What headers of packets and flows say. */
import { capture, ethernet, icmp, ipv4, ipv6, summedUdp, tagged, tcp, udp } from '../frames.ts';
import { conversation } from '../packets.ts';
import type { GoldenGroup } from './golden.ts';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN = 0x8100;
const v4 = (given: Parameters<typeof ipv4>[0]) => ethernet(IPV4, ipv4(given));
const echo = '\0\x4d\0\x05ping';
const SYN = 2;
const SYN_ACK = 0x12;

const DATAGRAM = capture(
  v4({ protocol: 17, payload: summedUdp(4_000, 9, 'packet'), ttl: 33, tos: 8, id: 4_660 }),
);
const RPC = '\0\0\0\x01\0\0\0\0\0\0\0\x02\0\x01\x86\xa0\0\0\0\x02\0\0\0\x03';

export const PACKET_GOLDEN: readonly GoldenGroup[] = [
  {
    name: 'ipv4 and udp',
    protocol: 'udp',
    capture: DATAGRAM,
    cases: [
      ['ttl', 'ttl:33;', 'ttl:>33;'],
      ['tos', 'tos:8;', 'tos:!8;'],
      ['id', 'id:4660;', 'id:4661;'],
      ['ip_proto', 'ip_proto:udp;', 'ip_proto:!17;'],
      ['fragbits', 'fragbits:!M;', 'fragbits:D;'],
      ['fragoffset', 'fragoffset:<1;', 'fragoffset:>0;'],
      [
        'ipv4.hdr',
        'ipv4.hdr; content:"|12 34|"; offset:4; depth:2;',
        'ipv4.hdr; content:"|12 35|";',
      ],
      [
        'udp.hdr',
        'udp.hdr; content:"|0f a0 00 09|"; startswith;',
        'udp.hdr; content:"|0f a1|"; startswith;',
      ],
      [
        'ether.hdr',
        'ether.hdr; content:"|08 00|"; endswith;',
        'ether.hdr; content:"|86 dd|"; endswith;',
      ],
      ['ip.src', 'ip.src; content:"|0a 00 00 01|";', 'ip.src; content:"|0a 00 00 02|";'],
      ['ip.dst', 'ip.dst; content:"|0a 00 00 02|";', 'ip.dst; content:"|0a 00 00 01|";'],
      ['ipv4-csum', 'ipv4-csum:valid; dsize:6;', 'ipv4-csum:invalid;'],
      ['udpv4-csum', 'udpv4-csum:valid;', 'udpv4-csum:invalid;'],
      ['flow.pkts', 'flow.pkts:toserver,1; dsize:6;', 'flow.pkts:either,>1; dsize:6;'],
      ['flow.pkts_toserver', 'flow.pkts_toserver:1; dsize:6;', 'flow.pkts_toserver:>1; dsize:6;'],
      ['flow.pkts_toclient', 'flow.pkts_toclient:<1; dsize:6;', 'flow.pkts_toclient:>0; dsize:6;'],
      ['flow.bytes', 'flow.bytes:toserver,>40; dsize:6;', 'flow.bytes:toserver,>4000; dsize:6;'],
      [
        'flow.bytes_toserver',
        'flow.bytes_toserver:>40; dsize:6;',
        'flow.bytes_toserver:<40; dsize:6;',
      ],
      [
        'flow.bytes_toclient',
        'flow.bytes_toclient:<1; dsize:6;',
        'flow.bytes_toclient:>0; dsize:6;',
      ],
      ['flow.age', 'flow.age:<1; dsize:6;', 'flow.age:>1; dsize:6;'],
      ['vlan.layers', 'vlan.layers:0; dsize:6;', 'vlan.layers:1; dsize:6;'],
    ],
  },
  {
    name: 'rpc',
    protocol: 'udp',
    capture: capture(v4({ protocol: 17, payload: summedUdp(4_000, 111, RPC + '\0'.repeat(16)) })),
    cases: [['rpc', 'rpc:100000,2,3;', 'rpc:100000,2,4;']],
  },
  {
    name: 'icmp',
    protocol: 'icmp',
    capture: capture(v4({ protocol: 1, payload: icmp(8, 0, echo) })),
    cases: [
      ['itype', 'itype:8;', 'itype:0;'],
      ['icode', 'icode:0;', 'icode:>0;'],
      ['icmp_id', 'icmp_id:77;', 'icmp_id:78;'],
      ['icmp_seq', 'icmp_seq:5;', 'icmp_seq:6;'],
      [
        'icmpv4.hdr',
        'icmpv4.hdr; content:"|08 00|"; startswith;',
        'icmpv4.hdr; content:"|00 00|"; startswith;',
      ],
      ['icmpv4-csum', 'icmpv4-csum:valid;', 'icmpv4-csum:invalid;'],
    ],
  },
  {
    name: 'icmpv6',
    protocol: 'icmp',
    capture: capture(
      ethernet(IPV6, ipv6(58, icmp(2, 0, `\0\0\x05\0${'\x60'.padEnd(48, '\0')}`), 2)),
    ),
    cases: [
      ['icmpv6.mtu', 'icmpv6.mtu:1280;', 'icmpv6.mtu:<1280;'],
      [
        'icmpv6.hdr',
        'icmpv6.hdr; content:"|02 00|"; startswith;',
        'icmpv6.hdr; content:"|03|"; startswith;',
      ],
      ['ipv6.hdr', 'ipv6.hdr; content:"|20 01 0d b8|";', 'ipv6.hdr; content:"|20 02|";'],
      ['icmpv6-csum', 'icmpv6-csum:valid;', 'icmpv6-csum:invalid;'],
    ],
  },
  {
    name: 'udp over ipv6',
    protocol: 'udp',
    capture: capture(ethernet(IPV6, ipv6(17, udp(4_000, 9, 'packet'), 6))),
    cases: [['udpv6-csum', 'udpv6-csum:valid;', 'udpv6-csum:invalid;']],
  },
  {
    name: 'tcp over ipv6',
    protocol: 'tcp',
    capture: capture(ethernet(IPV6, ipv6(6, tcp(4_000, 9, { flags: SYN }), 16))),
    cases: [['tcpv6-csum', 'tcpv6-csum:valid;', 'tcpv6-csum:invalid;']],
  },
  {
    name: 'igmp',
    protocol: 'ip',
    capture: capture(v4({ protocol: 2, payload: icmp(0x11, 100, '\0\0\0\0') })),
    cases: [['igmpv4-csum', 'igmpv4-csum:valid;', 'igmpv4-csum:invalid;']],
  },
  {
    name: 'options and fragments',
    protocol: 'ip',
    capture: capture(
      v4({ protocol: 17, payload: udp(1, 2, 'x'), options: '\x01\x07\x03\x04' }),
      v4({ protocol: 253, payload: Buffer.from('part'), fragment: 0x2000, id: 9 }),
      v4({ protocol: 253, payload: Buffer.from('next'), fragment: 0x2004, id: 10 }),
      v4({ protocol: 253, payload: Buffer.from('self'), destination: [10, 0, 0, 1] }),
    ),
    cases: [
      ['ipopts', 'ipopts:rr;', 'ipopts:ts;'],
      ['fragbits', 'fragbits:M; id:9;', 'fragbits:D;'],
      ['fragoffset', 'fragoffset:4;', 'fragoffset:>4;'],
      ['sameip', 'sameip;', 'sameip; ip_proto:udp;'],
    ],
  },
  {
    name: 'vlan',
    protocol: 'udp',
    capture: capture(
      ethernet(
        VLAN,
        tagged(12, VLAN, tagged(34, IPV4, ipv4({ protocol: 17, payload: summedUdp(1, 2, 'xyz') }))),
      ),
    ),
    cases: [
      ['vlan.id', 'vlan.id:12; dsize:3;', 'vlan.id:56; dsize:3;'],
      ['vlan.layers', 'vlan.layers:2; dsize:3;', 'vlan.layers:<2; dsize:3;'],
    ],
  },
  {
    name: 'tcp options',
    protocol: 'tcp',
    capture: capture(
      v4({
        protocol: 6,
        payload: tcp(4_000, 9, {
          flags: SYN,
          sequence: 7,
          options: '\x02\x04\x05\x78\x01\x03\x03\x07',
        }),
      }),
    ),
    cases: [
      ['tcp.mss', 'tcp.mss:1400;', 'tcp.mss:>1400;'],
      ['tcp.wscale', 'tcp.wscale:7;', 'tcp.wscale:<7;'],
      ['tcpv4-csum', 'tcpv4-csum:valid;', 'tcpv4-csum:invalid;'],
    ],
  },
  {
    name: 'events of decoder and stream',
    protocol: 'ip',
    capture: capture(
      v4({ protocol: 17, payload: udp(1, 2, 'short'), totalLength: 200 }),
      v4({ protocol: 6, payload: tcp(4_000, 9, { flags: SYN, sequence: 7 }) }),
      v4({
        protocol: 6,
        source: [10, 0, 0, 2],
        destination: [10, 0, 0, 1],
        payload: tcp(9, 4_000, { flags: SYN_ACK, sequence: 70, acknowledged: 900 }, true),
      }),
    ),
    cases: [
      ['decode-event', 'decode-event:ipv4.trunc_pkt;', 'decode-event:ipv6.trunc_pkt;'],
      ['engine-event', 'engine-event:ipv4.trunc_pkt;', 'engine-event:ipv4.opt_invalid;'],
      ['stream-event', 'stream-event:3whs_synack_with_wrong_ack;', 'stream-event:fin_syn;'],
    ],
  },
  {
    name: 'events of applications',
    protocol: 'tcp',
    capture: conversation(80, [
      { from: 'client', text: 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n' },
      { from: 'server', text: 'HTTP/1.1 204 No Content\r\n\r\n' },
    ]),
    cases: [
      [
        'app-layer-protocol',
        'flow:to_server; app-layer-protocol:http; content:"GET";',
        'flow:to_server; app-layer-protocol:dns; content:"GET";',
      ],
    ],
  },
  {
    name: 'events of http',
    protocol: 'http',
    capture: conversation(80, [
      { from: 'client', text: 'GET / HTTP/1.1\r\nAccept: a\r\n\r\n' },
      { from: 'server', text: 'HTTP/1.1 204 No Content\r\n\r\n' },
    ]),
    cases: [
      [
        'app-layer-event',
        'app-layer-event:http.missing_host_header;',
        'app-layer-event:http.ambiguous_host;',
      ],
    ],
  },
];
