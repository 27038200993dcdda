// The forms of a message, golden; and what somebody on the wire made up never leaves its field.
import { expect, test } from 'vitest';
import { cefLine, type Message, mailText, severityOf, slackBody, syslogLine } from './message.ts';

const message: Message = {
  ...{
    id: '7',
    finding: '1',
    kind: 'beacon',
    subject: '10.0.0.5',
    about: 'tls a=b|c\\d.net',
    score: 93,
  },
  ...{ summary: 'calls <home>\r\nBcc: x@y.example', time: '2026-11-20T15:00:00.000000Z' },
  lastTime: '2026-11-20T16:00:00.000000Z',
};

test('CEF escapes what ends a field', () => {
  expect(cefLine(message, '1|2')).toBe(
    'CEF:0|Netmoth|netmoth|1\\|2|beacon|beacon|9|src=10.0.0.5 externalId=7 start=1795186800000 cs1Label=about cs1=tls a\\=b|c\\\\d.net msg=calls <home> Bcc: x@y.example',
  );
});

test('syslog is one line, with facility and severity', () => {
  const line = syslogLine(message, { version: '1', host: 'here' });
  expect(line.startsWith('<34>1 2026-11-20T16:00:00.000000Z here netmoth - beacon - CEF:0|')).toBe(
    true,
  );
  expect(line).not.toMatch(/[\r\n]/);
});

test('a mail has the headers that we gave it, and no others', () => {
  const [head = ''] = mailText(
    { ...message, kind: 'beacon\r\nBcc: z@y.example' },
    { from: 'a@b.example', to: ['c@d.example'] },
  ).split('\r\n\r\n');
  expect(head.split('\r\n').map((line) => line.split(':')[0])).toEqual([
    ...['From', 'To', 'Subject', 'Date', 'Message-ID', 'MIME-Version', 'Content-Type'],
    'Content-Transfer-Encoding',
  ]);
});

test("Slack's own marks are escaped", () => {
  expect(JSON.parse(slackBody(message)).text).toContain('&lt;home&gt;');
});

test('severities by score', () => {
  expect([0, 49, 50, 79, 80, 100].map(severityOf)).toEqual([
    ...['info', 'info', 'warning', 'warning', 'critical', 'critical'],
  ]);
});
