/**
 * One mail by SMTP (RFC 5321): plain to a relay of the house (smtp://), or over TLS from the first byte (smtps://,
 * RFC 8314), with AUTH PLAIN where the URL has a user, which is refused without TLS.
 *
 * Invariant: ends within its time, however slowly the other side speaks; of that at most kMaxAnswerBytes are read.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { loginOf } from './channel-target.ts';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

const kPorts = { 'smtp:': 25, 'smtps:': 465 } as const;
/** Of a whole conversation; RFC 5321 section 4.5.3.1.5 gives a reply line 512. */
const kMaxAnswerBytes = 65_536;
const kLoginTaken = 235;

export async function sendMail(address: string, mail: Mail, timeoutMs: number): Promise<void> {
  const { url, user, password } = loginOf(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'smtps:';
  const port = Number(url.port || kPorts[isTls ? 'smtps:' : 'smtp:']);
  if (!isTls && user !== '') throw new Error('a password is sent over smtps:// alone');
  const socket: Socket = isTls
    ? connectTls({ host, port, servername: host })
    : connect({ host, port });
  // Told to whoever waits for it; between two waits it must not end the process.
  socket.on('error', () => undefined);
  // Of the whole, not of a silence: who says a line every second would hold us for ever.
  const overdue = setTimeout(
    () => socket.destroy(new Error('the mail server did not answer in time')),
    timeoutMs,
  );
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect');
    await talk(socket, { user, password }, mail);
  } finally {
    clearTimeout(overdue);
    socket.destroy();
  }
}

/** Lines as they come; throws what ends the socket. */
async function* linesOf(socket: Socket): AsyncGenerator<string, never> {
  let rest = '';
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > kMaxAnswerBytes) throw new Error('the mail server says too much');
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  throw new Error('the mail server hung up');
}

/** Of an answer that is not the one wanted: what it says of a login may quote it. */
const shown = (code: number): number => (code === kLoginTaken ? 3 : 200);

async function talk(
  socket: Socket,
  { user, password }: { readonly user: string; readonly password: string },
  { from, to, text }: Mail,
): Promise<void> {
  const lines = linesOf(socket);
  const expect = async (code: number): Promise<void> => {
    for (;;) {
      const { value: line } = await lines.next();
      if (!line.startsWith(String(code)))
        throw new Error(`the mail server said: ${line.slice(0, shown(code)).trim()}`);
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
  if (user !== '') {
    const login = Buffer.from(`\0${user}\0${password}`).toString('base64');
    await say(`AUTH PLAIN ${login}`, kLoginTaken);
  }
  await say(`MAIL FROM:<${from}>`, 250);
  for (const each of to) await say(`RCPT TO:<${each}>`, 250);
  await say('DATA', 354);
  // A line that begins with a dot gets another one, RFC 5321 section 4.5.2.
  await say(`${text.replace(/^\./gm, '..')}\r\n.`, 250);
  socket.write('QUIT\r\n');
}
