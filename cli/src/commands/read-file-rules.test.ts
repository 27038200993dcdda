/** Keywords on files and frames of HTTP/1: rules that must alert once, and rules that must not. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { alertsOf } from '../testing/alerts-of.ts';
import { expectCase, type KeywordCase } from '../testing/expect-case.ts';
import { conversation } from '../testing/packets.ts';

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
