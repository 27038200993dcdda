/**
 * A finding in the forms in which it is told. Pure, and golden-tested (message.test.ts).
 *
 * Sources: Alertmanager API v2 (POST /api/v2/alerts), Slack incoming webhooks, RFC 5424 (syslog), Common Event Format
 * (ArcSight CEF 25), RFC 5322 (mail).
 *
 * Invariant: a line stays a line: what a name on the wire holds never ends a header, a CEF field or a syslog message.
 */
import { createHmac } from 'node:crypto';

export interface Message {
  /** Of the notification: the same when it is sent again. */
  readonly id: string;
  readonly finding: string;
  readonly kind: string;
  readonly subject: string;
  readonly about: string;
  readonly score: number;
  readonly summary: string;
  readonly time: string;
  readonly lastTime: string;
}

const kCritical = 80;
const kWarning = 50;
const kMaxCef = 10;

export function severityOf(score: number): 'critical' | 'warning' | 'info' {
  return score >= kCritical ? 'critical' : score >= kWarning ? 'warning' : 'info';
}

export function webhookBody(message: Message): string {
  const { lastTime, ...rest } = message;
  return JSON.stringify({
    type: 'netmoth.finding',
    ...rest,
    severity: severityOf(message.score),
    last_time: lastTime,
  });
}

/** Of the body as it is sent; the receiver computes the same with its copy of the secret. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

export function slackBody(message: Message): string {
  const text = `*${message.kind}* (${message.score}) ${message.summary}`;
  // Slack's own escapes; the rest is plain text to it.
  return JSON.stringify({
    text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  });
}

export function alertmanagerBody(message: Message): string {
  const { kind, subject, about, score, summary, time } = message;
  return JSON.stringify([
    {
      labels: { alertname: `netmoth_${kind}`, severity: severityOf(score), device: subject, about },
      annotations: { summary, score: String(score) },
      startsAt: time,
    },
  ]);
}

const oneLine = (text: string): string => text.replace(/[\r\n\0]+/g, ' ');
const cefHeader = (text: string): string => oneLine(text).replace(/[\\|]/g, (each) => `\\${each}`);
const cefValue = (text: string): string => oneLine(text).replace(/[\\=]/g, (each) => `\\${each}`);

export function cefLine(message: Message, version: string): string {
  const { id, kind, subject, about, score, summary, time } = message;
  const severity = Math.round((score / 100) * kMaxCef);
  const head = [
    'CEF:0',
    'Netmoth',
    'netmoth',
    cefHeader(version),
    cefHeader(kind),
    cefHeader(kind),
    severity,
  ];
  const fields = [
    ['src', subject],
    ['externalId', id],
    ['start', String(Date.parse(time))],
    ['cs1Label', 'about'],
    ['cs1', about],
    ['msg', summary],
  ].map(([name = '', value = '']) => `${name}=${cefValue(value)}`);
  return `${head.join('|')}|${fields.join(' ')}`;
}

/** Facility 4 (security), severity by score. */
export function syslogLine(
  message: Message,
  of: { readonly version: string; readonly host: string },
): string {
  const severity = { critical: 2, warning: 4, info: 6 }[severityOf(message.score)];
  const cef = cefLine(message, of.version);
  return `<${4 * 8 + severity}>1 ${message.lastTime} ${of.host} netmoth - ${message.kind} - ${cef}`;
}

export function mailText(
  message: Message,
  of: { readonly from: string; readonly to: readonly string[] },
): string {
  const subject = oneLine(`[netmoth] ${message.kind} of ${message.subject} (${message.score})`);
  const body = [
    message.summary,
    '',
    `First: ${message.time}`,
    `Last: ${message.lastTime}`,
    `About: ${message.about}`,
  ];
  return [
    ...[
      `From: ${of.from}`,
      `To: ${of.to.join(', ')}`,
      `Subject: ${subject.replace(/[^\x20-\x7e]/g, '?')}`,
    ],
    ...[`Date: ${new Date(message.lastTime).toUTCString()}`, `Message-ID: <${message.id}@netmoth>`],
    ...[
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
    ],
    Buffer.from(body.map(oneLine).join('\r\n'))
      .toString('base64')
      .replace(/(.{76})/g, '$1\r\n'),
  ].join('\r\n');
}
