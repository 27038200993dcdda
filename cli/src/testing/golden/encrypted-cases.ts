/** TLS with a certificate made for it, and Google's QUIC, whose first message is readable. */
import { createHash } from 'node:crypto';
import { datagrams } from '../packets.ts';
import { tlsConversation } from '../tls-traffic.ts';
import type { GoldenCase, GoldenGroup } from './golden.ts';

const TLS: readonly GoldenCase[] = [
  ['tls.sni', 'tls.sni; content:"moth.example"; bsize:12;', 'tls.sni; content:"bat";'],
  [
    'tls.cert_subject',
    'tls.cert_subject; content:"O=Netmoth";',
    'tls.cert_subject; content:"O=Bat";',
  ],
  [
    'tls.cert_issuer',
    'tls.cert_issuer; content:"CN=moth.example";',
    'tls.cert_issuer; content:"CN=bat";',
  ],
  [
    'tls.cert_serial',
    'tls.cert_serial; content:"0A:1B:2C:3D:4E:5F:60:71";',
    'tls.cert_serial; content:"0a";',
  ],
  [
    'tls.cert_fingerprint',
    'tls.cert_fingerprint; content:"ec:b8:04:f9:3e"; startswith;',
    'tls.cert_fingerprint; content:"EC";',
  ],
  [
    'tls.fingerprint',
    'tls.fingerprint:"ec:b8:04:f9:3e:8b:fe:4a:40:da:b2:9e:da:d1:69:f2:e6:78:78:e4";',
    'tls.fingerprint:"ec:b8";',
  ],
  ['tls.subject', 'tls.subject:"Netmoth";', 'tls.subject:"bat";'],
  ['tls.issuerdn', 'tls.issuerdn:"C=DE";', 'tls.issuerdn:"C=FR";'],
  [
    'tls.subjectaltname',
    'tls.subjectaltname; content:"bat.example";',
    'tls.subjectaltname; content:"owl";',
  ],
  [
    'tls.subjectaltname, several',
    'tls.subjectaltname; content:"moth"; tls.subjectaltname; content:"bat";',
    'tls.subjectaltname; content:"moth"; content:"bat";',
  ],
  [
    'tls.certs',
    'flow:to_client; tls.certs; content:"|30 82|"; startswith;',
    'tls.certs; content:"nothing";',
  ],
  ['tls.cert_chain_len', 'tls.cert_chain_len:1;', 'tls.cert_chain_len:>1;'],
  [
    'tls.alpn',
    'flow:to_server; tls.alpn; content:"bat/1";',
    'flow:to_client; tls.alpn; content:"bat/1";',
  ],
  ['tls.random', 'flow:to_server; tls.random; bsize:32;', 'tls.random; bsize:31;'],
  ['tls.random_time', 'flow:to_server; tls.random_time; bsize:4;', 'tls.random_time; bsize:32;'],
  [
    'tls.random_bytes',
    'flow:to_client; tls.random_bytes; bsize:28;',
    'tls.random_bytes; bsize:32;',
  ],
  ['tls.version', 'tls.version:1.2;', 'tls.version:1.3;'],
  ['ssl_version', 'flow:to_client; ssl_version:tls1.2;', 'ssl_version:!tls1.2;'],
  [
    'ssl_version, several',
    'flow:to_client; ssl_version:sslv3,tls1.2;',
    'ssl_version:sslv3,!tls1.2;',
  ],
  ['ssl_state', 'ssl_state:client_hello;', 'flow:to_server; ssl_state:server_hello;'],
  ['tls_cert_notbefore', 'tls_cert_notbefore:2020-01-01<>2020-02;', 'tls_cert_notbefore:<2020;'],
  ['tls_cert_notafter', 'tls_cert_notafter:2021-03-04;', 'tls_cert_notafter:>2021-03-05;'],
  ['tls_cert_expired', 'tls_cert_expired;', 'tls_cert_valid;'],
  ['ja3.hash', 'ja3.hash; bsize:32;', 'ja3.hash; bsize:31;'],
  [
    'ja3.string',
    'ja3.string; content:"771,"; startswith;',
    'ja3.string; content:"772,"; startswith;',
  ],
  ['ja3s.hash', 'ja3s.hash; bsize:32;', 'ja3s.hash; bsize:31;'],
  [
    'ja3s.string',
    'ja3s.string; content:"771,"; startswith;',
    'ja3s.string; content:"772,"; startswith;',
  ],
  ['ja4.hash', 'ja4.hash; content:"t12d"; startswith;', 'ja4.hash; content:"t13d"; startswith;'],
  [
    'frame tls.pdu',
    'flow:to_server; frame:pdu; content:"|17 03 03|"; startswith;',
    'frame:tls.pdu; content:"|15 03 03|"; startswith;',
  ],
  [
    'frame tls.hdr',
    'flow:to_server; frame:tls.hdr; content:"|14 03 03|"; bsize:5;',
    'frame:tls.hdr; content:"moth";',
  ],
  [
    'frame tls.data',
    'flow:to_server; frame:tls.data; content:"|01|"; startswith; content:"moth.example";',
    'frame:tls.data; content:"|16 03|"; startswith;',
  ],
];

/** The same at another time, in seconds since 1970. */
function movedTo(capture: Buffer, seconds: number): Buffer {
  const moved = Buffer.from(capture);
  for (let at = 24; at < moved.length; at += 16 + moved.readUInt32LE(at + 8)) {
    moved.writeUInt32LE(seconds, at);
  }
  return moved;
}

/** gQUIC Q043: flags, connection id, version, packet number, a digest, a STREAM frame with the CHLO. */
function gquicHello(): string {
  const values = [
    ['SNI\0', 'moth.example'],
    ['VER\0', 'Q043'],
    ['UAID', 'moth/1'],
  ] as const;
  const u32 = (value: number) => String.fromCharCode(value & 255, value >> 8, 0, 0);
  let end = 0;
  const entries = values.map(([tag, value]) => {
    end += value.length;
    return tag + u32(end);
  });
  const chlo = `CHLO${String.fromCharCode(values.length)}\0\0\0${entries.join('')}${values.map(([, value]) => value).join('')}`;
  return `\x09connectnQ043\x01${'d'.repeat(12)}\xa0\x01${chlo}${'\0'.repeat(1_200)}`;
}
/** An Initial packet of version 1 (RFC 9000 §17.2.2) in which nothing can be read but its header, of 18 octets. */
const INITIAL = `\xc0\0\0\0\x01\x08connectn\0\0\x44\x9e${'wing'.padEnd(1_182, '.')}`;
const QUIC_FRAMES: readonly GoldenCase[] = [
  [
    'frame quic.pdu',
    'frame:quic.pdu; content:"|c0 00 00 00 01 08|connectn"; startswith; bsize:1200;',
    'frame:quic.pdu; content:"wing"; startswith;',
  ],
  ['frame quic.hdr', 'frame:hdr; content:"connectn"; bsize:18;', 'frame:hdr; content:"wing";'],
  [
    'frame quic.data',
    'frame:quic.data; content:"wing"; startswith; bsize:1182;',
    'frame:quic.data; content:"connectn";',
  ],
];
const CYU = '43,SNI-VER-UAID';

const QUIC: readonly GoldenCase[] = [
  ['quic.sni', 'quic.sni; content:"moth.example"; bsize:12;', 'quic.sni; content:"bat";'],
  ['quic.ua', 'quic.ua; content:"moth/1";', 'quic.ua; content:"bat";'],
  ['quic.version', 'quic.version; content:"Q043";', 'quic.version; content:"Q046";'],
  ['quic.cyu.string', `quic.cyu.string; content:"${CYU}";`, 'quic.cyu.string; content:"46,";'],
  [
    'quic.cyu.hash',
    `quic.cyu.hash; content:"${createHash('md5').update(CYU).digest('hex')}";`,
    'quic.cyu.hash; bsize:31;',
  ],
];

export const ENCRYPTED_GOLDEN = async (): Promise<readonly GoldenGroup[]> => [
  { name: 'tls', protocol: 'tls', capture: await tlsConversation(), cases: TLS },
  {
    name: 'tls, while the certificate was valid',
    protocol: 'tls',
    capture: movedTo(await tlsConversation(), 1_600_000_000),
    cases: [['tls_cert_valid', 'tls_cert_valid;', 'tls_cert_expired;']],
  },
  {
    name: 'quic',
    protocol: 'quic',
    capture: datagrams(443, [{ from: 'client', text: gquicHello() }]),
    cases: QUIC,
  },
  {
    name: 'quic, frames',
    protocol: 'quic',
    capture: datagrams(443, [{ from: 'client', text: INITIAL }]),
    cases: QUIC_FRAMES,
  },
];
