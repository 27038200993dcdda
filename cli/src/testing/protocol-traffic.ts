/**
 * Conversations of application protocols, written out octet by octet, for tests of what rules see of
 * them. Texts are latin1: a character is an octet.
 */
import { conversation, datagrams, type Segment } from './packets.ts';

const client = (text: string): Segment => ({ from: 'client', text });
const server = (text: string): Segment => ({ from: 'server', text });
const u16 = (value: number) => String.fromCharCode(value >> 8, value & 0xff);
const u24 = (value: number) => String.fromCharCode(value >> 16) + u16(value & 0xffff);
const u32 = (value: number) => u16(value >>> 16) + u16(value & 0xffff);

/** RFC 4253: banners, KEXINIT with its ten lists, NEWKEYS. */
export const SSH = (() => {
  const packet = (payload: string) => `${u32(payload.length + 5)}\x04${payload}\0\0\0\0`;
  const kexinit = (lists: readonly string[]) =>
    packet(
      `\x14${'c'.repeat(16)}${lists.map((list) => u32(list.length) + list).join('')}\0\0\0\0\0`,
    );
  const lists = (mac: string) => ['kex', 'key', 'aes', 'aes', mac, mac, 'none', 'none', '', ''];
  return conversation(22, [
    server('SSH-2.0-OpenSSH_9.6 Debian\r\n'),
    client('SSH-2.0-moth_1.0\r\n'),
    client(kexinit(lists('md5'))),
    server(kexinit(lists('sha'))),
    client(packet('\x15')),
    server(packet('\x15')),
  ]);
})();

export const FTP = conversation(21, [
  server('220 ready\r\n'),
  client('USER bob\r\n'),
  server('331 password please\r\n'),
  client('PASS swordfish\r\n'),
  server('230-welcome\r\n230 in\r\n'),
  client('PORT 10,0,0,9,4,1\r\n'),
  server('200 fine\r\n'),
  client('EPRT |1|10.0.0.1|2049|\r\n'),
  server('200 fine too\r\n'),
  client('QUIT\r\n'),
  server('221 bye\r\n'),
]);

const MAIL = [
  'Received: from a by b',
  'Received: from c by d',
  'From: Moth <moth@a.example>',
  'To: bat@b.example, owl@b.example',
  'Cc: cat@b.example',
  'Subject: Night flight',
  'Date: Sat, 21 Nov 2026 19:00:00 +0000',
  'Message-ID: <1@a.example>',
  'X-Mailer: wings 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'see http://lamp.example/on now',
  '--b',
  'Content-Type: application/octet-stream',
  'Content-Disposition: attachment; filename="Dust.PDF"',
  'Content-Transfer-Encoding: base64',
  '',
  'JVBERi0xLjQgZHVzdAo=',
  '--b--',
  '.',
  '',
].join('\r\n');

export const SMTP = conversation(25, [
  server('220 mail\r\n'),
  client('EHLO moth.example\r\n'),
  server('250 hello\r\n'),
  client('MAIL FROM:<moth@a.example>\r\n'),
  server('250 ok\r\n'),
  client('RCPT TO:<bat@b.example>\r\n'),
  server('250 ok\r\n'),
  client('RCPT TO:<owl@b.example>\r\n'),
  server('250 ok\r\n'),
  client('DATA\r\n'),
  server('354 go\r\n'),
  client(MAIL),
  server('250 taken\r\n'),
  client('QUIT\r\n'),
  server('221 bye\r\n'),
]);

const SDP = [
  'v=0',
  'o=moth 1 2 IN IP4 10.0.0.1',
  's=Night call',
  'i=about lamps',
  'u=http://lamp.example',
  'e=moth@a.example',
  'p=+1 555',
  'c=IN IP4 10.0.0.1',
  'b=AS:64',
  't=1 2',
  'r=7d 1h 0',
  'z=1 -1h',
  'k=prompt',
  'a=sendrecv',
  'm=audio 4000 RTP/AVP 0',
  'i=voice',
  'c=IN IP4 10.0.0.3',
  'k=clear:x',
  '',
].join('\r\n');

export const SIP = datagrams(5060, [
  client(
    [
      'INVITE sip:bat@b.example SIP/2.0',
      'Via: SIP/2.0/UDP 10.0.0.1',
      'f: "Moth" <sip:moth@a.example>',
      'To: <sip:bat@b.example>',
      'User-Agent: wings',
      'Content-Type: application/sdp',
      `Content-Length: ${SDP.length}`,
      '',
      SDP,
    ].join('\r\n'),
  ),
  server(
    [
      'SIP/2.0 180 Ringing',
      'Via: SIP/2.0/UDP 10.0.0.1',
      'From: <sip:moth@a.example>',
      't: <sip:bat@b.example>',
      'l: 0',
      '',
      '',
    ].join('\r\n'),
  ),
]);

/** OASIS MQTT 5: login with a will, subscription, publication. */
export const MQTT = (() => {
  const text = (value: string) => u16(value.length) + value;
  const packet = (first: number, body: string) => String.fromCharCode(first, body.length) + body;
  const connect = `${text('MQTT')}\x05\xc6\0\x3c\0${text('moth-1')}\0${text('wills')}${text('gone')}${text('bob')}${text('swordfish')}`;
  return conversation(1883, [
    client(packet(0x10, connect)),
    server(packet(0x20, '\x01\0\0')),
    client(packet(0x82, `${u16(7)}\0${text('lamps/#')}\x01${text('moon')}\0`)),
    server(packet(0x90, `${u16(7)}\0\x01\x80`)),
    client(packet(0x3b, `${text('lamps/1')}${u16(8)}\0on`)),
    server(packet(0x40, u16(8))),
    client(packet(0xa2, `${u16(9)}\0${text('moon')}`)),
    server(packet(0xb0, `${u16(9)}\0\x11`)),
    client(packet(0xe0, '')),
  ]);
})();

/** ITU-T X.690: tag, length, content. */
const tlv = (tag: number, content: string) => {
  const { length } = content;
  return String.fromCharCode(tag, ...(length < 128 ? [length] : [0x81, length])) + content;
};
const integer = (value: number) => tlv(2, String.fromCharCode(value));
const context = (number: number, content: string) => tlv(0xa0 | number, content);

/** RFC 3416 in a v2c message: a question and its answer. */
export const SNMP = (() => {
  const pdu = (tag: number) =>
    tlv(tag, integer(1) + integer(0) + integer(0) + tlv(0x30, tlv(0x30, '\x06\x02\x2b\x06\x05\0')));
  const message = (tag: number) => tlv(0x30, integer(1) + tlv(4, 'private') + pdu(tag));
  return datagrams(161, [client(message(0xa0)), server(message(0xa2))]);
})();

/** RFC 4120: AS-REQ, refused, TGS-REP with RC4. */
export const KRB5 = (() => {
  const text = (value: string) => tlv(0x1b, value);
  const name = (...parts: readonly string[]) =>
    tlv(0x30, context(0, integer(1)) + context(1, tlv(0x30, parts.map(text).join(''))));
  const encrypted = (type: number) =>
    tlv(0x30, context(0, integer(type)) + context(2, tlv(4, 'xxxx')));
  const body = tlv(
    0x30,
    context(0, tlv(3, '\0\0\0\0\0')) +
      context(1, name('moth')) +
      context(2, text('A.EXAMPLE')) +
      context(3, name('krbtgt', 'A.EXAMPLE')),
  );
  const request = tlv(
    0x6a,
    tlv(0x30, context(1, integer(5)) + context(2, integer(10)) + context(4, body)),
  );
  const refused = tlv(
    0x7e,
    tlv(
      0x30,
      context(0, integer(5)) +
        context(1, integer(30)) +
        context(4, tlv(0x18, '20261121190000Z')) +
        context(5, integer(1)) +
        context(6, integer(25)) +
        context(9, text('A.EXAMPLE')) +
        context(10, name('krbtgt', 'A.EXAMPLE')),
    ),
  );
  const ticket = tlv(
    0x61,
    tlv(
      0x30,
      context(0, integer(5)) +
        context(1, text('A.EXAMPLE')) +
        context(2, name('http', 'lamp')) +
        context(3, encrypted(23)),
    ),
  );
  const reply = tlv(
    0x6d,
    tlv(
      0x30,
      context(0, integer(5)) +
        context(1, integer(13)) +
        context(3, text('A.EXAMPLE')) +
        context(4, name('moth')) +
        context(5, ticket) +
        context(6, encrypted(18)),
    ),
  );
  return datagrams(88, [client(request), server(refused), server(reply)]);
})();

/** RFC 5905: a client's question, a server's kiss of death. */
export const NTP = datagrams(123, [
  client(`\x23\0\x06\xec${'\0'.repeat(36)}${u32(0xee8a_0000)}${u32(0)}`),
  server(
    `\xe4\0\x06\xec${'\0'.repeat(8)}RATE${u32(0xee8a_0000)}${u32(0).repeat(3)}${u32(0xee8a_0000)}${u32(0)}${u32(0xee8a_0000)}${u32(1)}`,
  ),
]);

/** RFC 9113 with prior knowledge: settings, a window, a request, its answer, the end. */
export const HTTP2 = (() => {
  const frame = (type: number, flags: number, stream: number, payload: string) =>
    u24(payload.length) + String.fromCharCode(type, flags) + u32(stream) + payload;
  const literal = (name: string, value: string) =>
    `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`;
  const request = `\x3f\x81\x07\x82\x84\x86${literal(':authority', 'lamp.example')}${literal('x-moth', 'wing')}`;
  return conversation(80, [
    client(
      `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${frame(4, 0, 0, `${u16(2)}${u32(0)}${u16(4)}${u32(70_000)}`)}`,
    ),
    server(frame(4, 0, 0, '')),
    client(frame(8, 0, 0, u32(12_345))),
    client(frame(1, 0x25, 1, `${u32(0)}\x2a${request}`)),
    server(frame(1, 0x04, 1, '\x88') + frame(0, 0x01, 1, 'light')),
    server(frame(7, 0, 0, u32(1) + u32(11))),
  ]);
})();
