/**
 * Sends one message by one channel, or throws why not.
 *
 * Invariant: ends within kTimeoutMs, whatever the other side does; of what it answers nothing is kept but a status,
 * and by mail smtp.ts's bound.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { hostname } from 'node:os';
import { type ChannelTarget, loginOf } from './channel-target.ts';
import {
  alertmanagerBody,
  type Message,
  mailText,
  signatureOf,
  slackBody,
  syslogLine,
  webhookBody,
} from './message.ts';
import { sendMail } from './smtp.ts';

const kTimeoutMs = 10_000;
const kSyslogPort = 514;
const kMaxDatagram = 2_048;

export async function send(
  target: ChannelTarget,
  message: Message,
  version: string,
): Promise<void> {
  const { kind, url, settings } = target;
  switch (kind) {
    case 'webhook': {
      const body = webhookBody(message);
      const { secret } = settings;
      const signed = secret === undefined ? {} : { 'netmoth-signature': signatureOf(body, secret) };
      return post(url, body, { 'netmoth-delivery': message.id, ...signed });
    }
    case 'slack':
      return post(url, slackBody(message));
    case 'alertmanager':
      return post(`${url.replace(/\/$/, '')}/api/v2/alerts`, alertmanagerBody(message));
    case 'syslog':
      return syslog(url, syslogLine(message, { version, host: hostname() }));
    case 'email': {
      const { from = '', to = [] } = settings;
      return sendMail(url, { from, to, text: mailText(message, { from, to }) }, kTimeoutMs);
    }
  }
}

async function post(
  address: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<void> {
  // fetch refuses, and quotes, an address with a password in it.
  const { url, user, password } = loginOf(address);
  const login = Buffer.from(`${user}:${password}`).toString('base64');
  const authorization = user === '' && password === '' ? {} : { authorization: `Basic ${login}` };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
    body,
    // A redirect would carry the secret's signature, and the message, to somewhere else.
    redirect: 'error',
    signal: AbortSignal.timeout(kTimeoutMs),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

async function syslog(address: string, line: string): Promise<void> {
  const { protocol, hostname: host, port } = new URL(address);
  const to = { host: host.replace(/^\[|\]$/g, ''), port: Number(port || kSyslogPort) };
  const signal = AbortSignal.timeout(kTimeoutMs);
  if (protocol === 'syslog+tcp:') {
    const socket = connectTcp(to);
    try {
      await once(socket, 'connect', { signal });
      // Octet counting of RFC 6587: a message may hold anything.
      const bytes = Buffer.from(line);
      socket.end(Buffer.concat([Buffer.from(`${bytes.length} `), bytes]));
      socket.resume();
      await once(socket, 'close', { signal });
    } finally {
      socket.destroy();
    }
    return;
  }
  const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      // The name of the host may be looked up for longer than that.
      signal.addEventListener('abort', () => reject(signal.reason));
      socket.send(Buffer.from(line).subarray(0, kMaxDatagram), to.port, to.host, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  } finally {
    socket.close();
  }
}
