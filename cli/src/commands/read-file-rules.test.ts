/** Keywords on files, frames of HTTP/1 and TLS: rules that must alert once, and rules that must not. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { alertsOf } from '../testing/alerts-of.ts';
import { expectCase, type KeywordCase } from '../testing/expect-case.ts';
import { conversation } from '../testing/packets.ts';
import { tlsConversation } from '../testing/tls-traffic.ts';

describe('tls', () => {
  let capture: Buffer;
  beforeAll(async () => {
    capture = await tlsConversation();
  });
  test.each<KeywordCase>([
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
    ['ssl_version', 'flow:to_client; ssl_version:sslv3,tls1.2;', 'ssl_version:!tls1.2;'],
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
  ])('%s', async (...one) => expectCase('tls', one, capture));
});

const REQUEST = 'POST /up?x=1 HTTP/1.1\r\nHost: lamp\r\nContent-Length: 5\r\n\r\nwings';
const ANSWER =
  'HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename="a.txt"\r\nContent-Length: 5\r\n\r\nhello';
const PAGE = conversation(80, [
  { from: 'client', text: REQUEST },
  { from: 'server', text: ANSWER },
]);

describe('http1', () => {
  test.each<KeywordCase>([
    [
      'frame http1.request',
      `frame:request; content:"POST /up"; startswith; content:"wings"; endswith; bsize:${REQUEST.length};`,
      'frame:http1.request; content:"200 OK";',
    ],
    [
      'frame http1.response',
      `frame:http1.response; content:"hello"; endswith; bsize:${ANSWER.length};`,
      'frame:http1.response; content:"POST";',
    ],
    [
      'file.data of an answer',
      'flow:to_client; file.data; content:"hello"; bsize:5;',
      'flow:to_client; file.data; content:"wings";',
    ],
    [
      'file.data of a request',
      'flow:to_server; file.data; content:"wings"; bsize:5;',
      'flow:to_server; file.data; content:"hello";',
    ],
    ['file.name', 'file.name; content:"a.txt"; bsize:5;', 'file.name; content:"b.txt";'],
    [
      'filesize with the request',
      'flow:to_server; http.method; content:"POST"; filesize:<6;',
      'flow:to_server; http.method; content:"POST"; filesize:>5;',
    ],
    ['!filename', 'flow:to_client; filename:!"b.txt";', 'flow:to_client; filename:!"a.txt";'],
    ['filemagic', 'flow:to_client; filemagic:"ASCII text";', 'filemagic:"PDF";'],
  ])('%s', async (...one) => expectCase('http1', one, PAGE));

  test.each(['md5', 'sha1', 'sha256'])('file%s, of a list beside the rules', async (kind) => {
    const digest = createHash(kind).update('hello').digest('hex').toUpperCase();
    const other = createHash(kind).update('x').digest('hex');
    const lists = new Map([
      ['good', `# ours\n${other}  x\n${digest}  hello.txt\n`],
      ['bad', `${other}\n`],
    ]);
    const rules = [
      `alert http any any -> any any (flow:to_client; file${kind}:good; sid:1;)`,
      `alert http any any -> any any (flow:to_client; file${kind}:bad; sid:2;)`,
      `alert http any any -> any any (flow:to_client; file${kind}:!bad; sid:3;)`,
      `alert http any any -> any any (flow:to_client; file${kind}:none; sid:4;)`,
    ].join('\n');
    const alerts = await alertsOf(rules, PAGE, { readList: (name) => lists.get(name) });
    expect(alerts).toMatchObject({ ids: [1, 3], notMatched: [] });
    expect(alerts.faults).toEqual([`file${kind}: there is no file "none" beside the rules`]);
  });

  test('an alert tells the files its transaction carried in its direction', async () => {
    const rules = [
      'alert http any any -> any any (flow:to_server; http.method; content:"POST"; sid:1;)',
      'alert http any any -> any any (flow:to_client; http.stat_code; content:"200"; sid:2;)',
    ].join('\n');
    const { events } = await alertsOf(rules, PAGE);
    expect(events).toMatchObject([
      {
        files: [
          { filename: '/up', state: 'CLOSED', gaps: false, stored: false, size: 5, tx_id: 0 },
        ],
      },
      { files: [{ filename: 'a.txt', size: 5, tx_id: 0 }] },
    ]);
  });
});

/** One mail with two attachments, and one form with two files: their names, sizes and texts. */
const TWO = [
  { name: 'small.txt', text: 'moth' },
  { name: 'large.exe', text: 'lamp'.repeat(10) },
] as const;

function parts(boundary: string, head: (name: string) => string): string {
  const each = TWO.map(({ name, text }) => `--${boundary}\r\n${head(name)}\r\n\r\n${text}\r\n`);
  return `${each.join('')}--${boundary}--\r\n`;
}

const MAIL = [
  'From: a@x.example',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=cut',
  '',
  parts(
    'cut',
    (name) =>
      `Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="${name}"`,
  ),
  '.',
  '',
].join('\r\n');
const SMTP_TWO = conversation(25, [
  { from: 'server', text: '220 x ESMTP\r\n' },
  { from: 'client', text: 'EHLO x\r\n' },
  { from: 'server', text: '250 x\r\n' },
  { from: 'client', text: 'MAIL FROM:<a@x.example>\r\n' },
  { from: 'server', text: '250 ok\r\n' },
  { from: 'client', text: 'RCPT TO:<b@x.example>\r\n' },
  { from: 'server', text: '250 ok\r\n' },
  { from: 'client', text: 'DATA\r\n' },
  { from: 'server', text: '354 go\r\n' },
  { from: 'client', text: MAIL },
  { from: 'server', text: '250 ok\r\n' },
  { from: 'client', text: 'QUIT\r\n' },
  { from: 'server', text: '221 bye\r\n' },
]);

const FORM = parts('cut', (name) => `Content-Disposition: form-data; name="f"; filename="${name}"`);
const FORM_TWO = conversation(80, [
  {
    from: 'client',
    text: `POST /up HTTP/1.1\r\nHost: lamp\r\nContent-Type: multipart/form-data; boundary=cut\r\nContent-Length: ${FORM.length}\r\n\r\n${FORM}`,
  },
  { from: 'server', text: 'HTTP/1.1 204 No Content\r\n\r\n' },
]);

describe.each([
  ['smtp', SMTP_TWO],
  ['http', FORM_TWO],
])('%s: what a rule asks of files it asks of one file', (protocol, capture) => {
  test.each<KeywordCase>([
    [
      'name and size',
      'file.name; content:"small"; filesize:4;',
      'file.name; content:"large"; filesize:4;',
    ],
    ['end of name and size', 'fileext:"exe"; filesize:>39;', 'fileext:"exe"; filesize:<39;'],
    [
      'name and content',
      'file.name; content:"large"; file.data; content:"lamp"; startswith;',
      'file.name; content:"small"; file.data; content:"lamp"; startswith;',
    ],
    [
      'content and size, the other way round',
      'filesize:4; file.data; content:"moth";',
      'filesize:40; file.data; content:"moth";',
    ],
    ['what a name is not', 'filename:!"large"; filesize:4;', 'filename:!"large"; filesize:40;'],
    [
      'magic, name, size',
      'filemagic:"ASCII"; filename:"large"; filesize:40;',
      'filemagic:"ASCII"; filename:"large"; filesize:4;',
    ],
  ])('%s', async (...one) => expectCase(protocol, one, capture));

  test.each(['md5', 'sha256'])('digest (%s) and name', async (kind) => {
    const digest = createHash(kind).update('moth').digest('hex');
    const rules = [
      `alert ${protocol} any any -> any any (file${kind}:list; file.name; content:"small"; sid:1;)`,
      `alert ${protocol} any any -> any any (file${kind}:list; file.name; content:"large"; sid:2;)`,
      `alert ${protocol} any any -> any any (file${kind}:!list; fileext:"exe"; filesize:40; sid:3;)`,
    ].join('\n');
    const alerts = await alertsOf(rules, capture, { readList: () => `${digest}\n` });
    expect(alerts).toMatchObject({ faults: [], notMatched: [], ids: [1, 3] });
  });
});
