/**
 * One mail by SMTP (RFC 5321): plain to a relay of the house (smtp://), or over TLS from the first byte (smtps://,
 * RFC 8314), with AUTH PLAIN where the URL has a user, which is refused without TLS.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

const kPorts = { 'smtp:': 25, 'smtps:': 465 } as const;

export async function sendMail(address: string, mail: Mail, timeoutMs: number): Promise<void> {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'smtps:';
  const port = Number(url.port || kPorts[isTls ? 'smtps:' : 'smtp:']);
  if (!isTls && url.username !== '') throw new Error('a password is sent over smtps:// alone');
  const socket: Socket = isTls
    ? connectTls({ host, port, servername: host })
    : connect({ host, port });
  socket.setTimeout(timeoutMs, () =>
    socket.destroy(new Error('the mail server did not answer in time')),
  );
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect');
    await talk(socket, url, mail);
  } finally {
    socket.destroy();
  }
}

async function talk(
  socket: Socket,
  { username, password }: URL,
  { from, to, text }: Mail,
): Promise<void> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const expect = async (code: number): Promise<void> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the mail server hung up');
      const line = String(value);
      if (!line.startsWith(String(code)))
        throw new Error(`the mail server said: ${line.slice(0, 200)}`);
      // 250-: more lines follow.
      if (line[3] !== '-') return;
    }
  };
  const say = async (line: string, code: number): Promise<void> => {
    socket.write(`${line}\r\n`);
    await expect(code);
  };
  await expect(220);
  await say('EHLO netmoth', 250);
  if (username !== '') {
    const login = `\0${decodeURIComponent(username)}\0${decodeURIComponent(password)}`;
    await say(`AUTH PLAIN ${Buffer.from(login).toString('base64')}`, 235);
  }
  await say(`MAIL FROM:<${from}>`, 250);
  for (const each of to) await say(`RCPT TO:<${each}>`, 250);
  await say('DATA', 354);
  // A line that begins with a dot gets another one, RFC 5321 section 4.5.2.
  await say(`${text.replace(/^\./gm, '..')}\r\n.`, 250);
  socket.write('QUIT\r\n');
}
