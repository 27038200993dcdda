// From a finding in PostgreSQL to whoever is told: signed, repeated until it is taken, silenced, never lost or doubled.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { found, part } from '../analysis/finding.ts';
import { tellFinal } from '../analysis/store-findings.ts';
import { type ApiBed, startApiBed } from '../api/testing/api-bed.ts';
import { AddressBook } from '../enrich/address-book.ts';
import { PRIVATE_NETWORKS, parseNetwork } from '../enrich/ip-address.ts';
import { AlertNotices, MAX_NOTICES, NOTICES_SQL, noticeArrays } from '../ingest/alert-notices.ts';
import { reasonOf } from './channel-target.ts';
import { signatureOf } from './message.ts';
import { Notifier } from './notifier.ts';
import { sendMail } from './smtp.ts';

const kSecret = 'a secret of theirs';
const kSeconds = Date.UTC(2026, 10, 20, 15) / 1_000;

let postgres: TestPostgres;
let bed: ApiBed;
let cookie: string;
let server: Server;
let url: string;
const taken: { path: string; body: string; headers: IncomingHttpHeaders }[] = [];
let answer = 200;

beforeAll(async () => {
  postgres = await startTestPostgres();
  bed = await startApiBed({ storeUrl: await postgres.createDatabase() });
  cookie = await bed.logIn();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      taken.push({ path: request.url ?? '', body, headers: request.headers });
      response.writeHead(answer).end('{}');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await bed[Symbol.asyncDispose]();
  await postgres.stop();
});
beforeEach(async () => {
  await bed.pool.query(
    'TRUNCATE findings, alert_notices, notification_channels, notifications, notification_silences CASCADE',
  );
  taken.length = 0;
  answer = 200;
});

async function request(method: string, path: string, body?: object): Promise<Response> {
  return bed.fetch(`/api/v1/notifications${path}`, {
    method,
    headers: { cookie, origin: bed.url, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

const channel = (name: string, body: object): Promise<Response> =>
  request('PUT', `/channels/${name}`, body);

function finding(kind: 'tor' | 'beacon', score: number, hour = 0) {
  return found({
    ...{ kind, subject: '10.0.0.5', about: `x${hour}` },
    ...{
      firstSeconds: kSeconds + hour * 86_400 * 2,
      lastSeconds: kSeconds + hour * 86_400 * 2 + 60,
    },
    summary: 'says what happened',
    parts: [part('a part', score, 'seen', 'expected')],
  });
}

const tell = (...findings: ReturnType<typeof finding>[]): Promise<unknown> =>
  bed.pool.withTransaction((client) =>
    tellFinal(client, { subject: '10.0.0.5', hour: 1 }, findings),
  );

/** Does it again and again until what is given back is called. */
function every(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  return () => clearInterval(timer);
}

function notifier(): Notifier {
  const log = pino({ level: 'silent' });
  return new Notifier({ pool: bed.pool, log, version: '1', firstRetryMs: 0 });
}

test('a finding is told once to each channel that wants it, signed where there is a secret', async () => {
  expect(
    (await channel('hook', { kind: 'webhook', url: `${url}/hook`, secret: kSecret })).status,
  ).toBe(204);
  await channel('chat', { kind: 'slack', url: `${url}/chat`, min_score: 90 });
  await channel('am', { kind: 'alertmanager', url, kinds: ['tor'] });
  await tell(finding('tor', 60), finding('beacon', 30));
  await tell(finding('tor', 60));
  await notifier().pass();
  await notifier().pass();
  expect(taken.map(({ path }) => path).sort()).toEqual(['/api/v2/alerts', '/hook']);
  const hook = taken.find(({ path }) => path === '/hook');
  expect(hook?.headers['netmoth-signature']).toBe(signatureOf(hook?.body ?? '', kSecret));
  expect(JSON.parse(hook?.body ?? '')).toMatchObject({
    kind: 'tor',
    subject: '10.0.0.5',
    score: 60,
  });
  const [alert] = JSON.parse(taken.find(({ path }) => path !== '/hook')?.body ?? '');
  expect(alert.labels).toEqual({
    alertname: 'netmoth_tor',
    severity: 'warning',
    device: '10.0.0.5',
    about: 'x0',
  });
});

test('what is refused comes again under the same id until it is taken, whoever sends it then', async () => {
  await channel('hook', { kind: 'webhook', url });
  await tell(finding('tor', 60));
  answer = 503;
  await notifier().pass();
  await notifier().pass();
  const listed = (await (await request('GET', '/channels')).json()) as { items: object[] };
  expect(listed.items).toMatchObject([{ name: 'hook', waiting: 1, last_error: 'answered 503' }]);
  answer = 200;
  await notifier().pass();
  await notifier().pass();
  expect(taken).toHaveLength(3);
  expect(new Set(taken.map(({ headers }) => headers['netmoth-delivery'])).size).toBe(1);
});

test('what is silenced is not told, and after the silence no more than before it', async () => {
  await channel('hook', { kind: 'webhook', url });
  const made = await request('POST', '/silences', { kind: 'tor', subject: '10.0.0.5', minutes: 5 });
  expect(made.status).toBe(201);
  await tell(finding('tor', 60), finding('beacon', 60));
  await notifier().pass();
  expect(taken.map(({ body }) => JSON.parse(body).kind)).toEqual(['beacon']);
  const { id } = (await made.json()) as { id: string };
  expect((await request('DELETE', `/silences/${id}`)).status).toBe(204);
  await notifier().pass();
  expect(taken).toHaveLength(1);
});

test('the test button says what came of it', async () => {
  await channel('hook', { kind: 'webhook', url });
  expect(await (await request('POST', '/channels/hook/test')).json()).toEqual({
    ok: true,
    message: 'sent',
  });
  answer = 404;
  expect(await (await request('POST', '/channels/hook/test')).json()).toEqual({
    ok: false,
    message: 'answered 404',
  });
  expect((await request('POST', '/channels/none/test')).status).toBe(404);
});

test('secrets go in and never come out; what cannot work is refused', async () => {
  await channel('mail', {
    kind: 'email',
    url: 'smtps://me:pass@mx.example',
    from: 'a@b.example',
    to: ['c@d.example'],
  });
  await channel('chat', {
    kind: 'slack',
    url: 'https://hooks.slack.example/services/T0/B0/secret',
  });
  await channel('hook', { kind: 'webhook', url: `${url}/x?key=secret`, secret: 'secret of ours' });
  await channel('odd', { kind: 'syslog', url: 'syslog://siem.example/%zz' });
  const listing = await request('GET', '/channels');
  expect(listing.status).toBe(200);
  const text = await listing.text();
  expect(text).not.toMatch(/secret|pass/);
  expect((await channel('bad', { kind: 'syslog', url: 'https://x.example' })).status).toBe(400);
  expect((await channel('bad', { kind: 'email', url: 'smtp://x.example' })).status).toBe(400);
});

test('a login of a webhook goes as a header, and no reason of a failure says it or its path', async () => {
  const login = url.replace('://', '://me:pass%25word@');
  await channel('hook', { kind: 'webhook', url: `${login}/hidden/path?key=token` });
  await tell(finding('tor', 60));
  await notifier().pass();
  expect(taken.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/hidden/path?key=token', `Basic ${Buffer.from('me:pass%word').toString('base64')}`],
  ]);
  // A port that fetch refuses, in words that quote the address.
  const bad = 'http://me:pass%25word@127.0.0.1:1/hidden/path?key=token';
  await channel('hook', { kind: 'webhook', url: bad });
  await bed.pool.query('UPDATE notifications SET sent_at = NULL, due_at = now()');
  await notifier().pass();
  const text = await (await request('GET', '/channels')).text();
  expect(JSON.parse(text).items[0].last_error).toEqual(expect.any(String));
  const tested = await (await request('POST', '/channels/hook/test')).text();
  expect(text + tested).not.toMatch(/pass|hidden|token/);
});

test('reasons are told without what is secret in them', () => {
  const target = {
    ...({ kind: 'webhook', url: 'https://me:p%40ss@host/hidden/path?key=1' } as const),
    settings: { secret: kSecret },
  };
  const quoted = `${target.url} https://host/hidden/path?key=1 /hidden/path p@ss p%40ss ${kSecret}`;
  const told = reasonOf(new TypeError(`cannot: ${quoted}`), target);
  expect(told).toMatch(/^cannot: /);
  expect(told).not.toMatch(/hidden|ss|secret|key/);
});

test.each([
  ['says a line ever again', (socket: Socket) => every(5, () => socket.write('250-and\r\n'))],
  ['never ends its line', (socket: Socket) => every(5, () => socket.write('2'))],
  ['says nothing', () => undefined],
])('a mail server that %s does not hold us', async (_what, answerWith) => {
  const relay = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume().write('220 relay\r\n');
    const stop = answerWith(socket);
    socket.on('close', () => stop?.());
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  const { port } = relay.address() as AddressInfo;
  const mail = { from: 'a@b.example', to: ['c@d.example'], text: 'x' };
  await expect(sendMail(`smtp://127.0.0.1:${port}`, mail, 300)).rejects.toThrow(
    'the mail server did not answer in time',
  );
  relay.close();
});

test('of what a mail server says so much is read and no more', async () => {
  const relay = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume().write('2'.repeat(100_000));
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  const { port } = relay.address() as AddressInfo;
  const mail = { from: 'a@b.example', to: ['c@d.example'], text: 'x' };
  await expect(sendMail(`smtp://127.0.0.1:${port}`, mail, 10_000)).rejects.toThrow('too much');
  relay.close();
});

test('syslog by UDP is one line of CEF', async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  await channel('siem', { kind: 'syslog', url: `syslog://127.0.0.1:${socket.address().port}` });
  await tell(finding('tor', 60));
  const arrived = once(socket, 'message');
  await notifier().pass();
  const [bytes] = (await arrived) as [Buffer];
  expect(bytes.toString()).toMatch(
    /^<36>1 .* netmoth - tor - CEF:0\|Netmoth\|netmoth\|1\|tor\|tor\|6\|src=10\.0\.0\.5 /,
  );
  expect(bytes.toString()).not.toContain('\n');
  socket.close();
});

test('mail goes to a relay by SMTP', async () => {
  const said: string[] = [];
  const relay = createTcpServer((socket) => {
    socket.write('220 relay\r\n');
    let inData = false;
    createInterface({ input: socket }).on('line', (line) => {
      said.push(line);
      if (inData && line !== '.') return;
      if (line.startsWith('EHLO')) socket.write('250-relay\r\n250 SIZE\r\n');
      else if (line === 'DATA') {
        inData = true;
        socket.write('354 go on\r\n');
      } else {
        inData = false;
        socket.write('250 ok\r\n');
      }
    });
    socket.on('error', () => undefined);
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  const { port } = relay.address() as AddressInfo;
  await channel('mail', {
    kind: 'email',
    url: `smtp://127.0.0.1:${port}`,
    from: 'a@b.example',
    to: ['c@d.example'],
  });
  await tell(finding('tor', 60));
  await notifier().pass();
  relay.close();
  expect(said).toContain('RCPT TO:<c@d.example>');
  expect(said).toContain('Subject: [netmoth] tor of 10.0.0.5 (60)');
  const body = Buffer.from(
    said.slice(said.indexOf('') + 1, said.indexOf('.')).join(''),
    'base64',
  ).toString();
  expect(body).toContain('says what happened');
  const [row] = (await bed.pool.query('SELECT sent_at FROM notifications')).rows;
  expect(row).toMatchObject({ sent_at: expect.anything() });
});

/** What ingest writes of alerts that are stored in one transaction. */
async function fired(...alerts: readonly { sid: number; severity: number; src?: string }[]) {
  const addresses = new AddressBook(PRIVATE_NETWORKS.map(parseNetwork).filter((each) => !!each));
  const notices = new AlertNotices();
  for (const { sid, severity, src = '10.0.0.5' } of alerts) {
    const alert = {
      gid: 1,
      signature_id: sid,
      severity,
      signature: `rule ${sid}`,
      category: 'bad',
    };
    const ends = { src: addresses.get(src), dest: addresses.get('93.1.1.1') };
    notices.see({ alert }, { seconds: kSeconds, micros: 0 }, ends);
  }
  await bed.pool.query(NOTICES_SQL, [...noticeArrays(notices.news())]);
}

test('an alert is told once a signature and device, by severity and kind, and again after a day', async () => {
  await channel('all', { kind: 'webhook', url: `${url}/all` });
  await channel('alerts', {
    kind: 'webhook',
    url: `${url}/alerts`,
    kinds: ['signature'],
    min_score: 80,
  });
  await channel('tor', { kind: 'webhook', url: `${url}/tor`, kinds: ['tor'] });
  await fired({ sid: 1, severity: 1 }, { sid: 1, severity: 1 }, { sid: 2, severity: 2 });
  await fired({ sid: 1, severity: 1 }, { sid: 3, severity: 3 });
  await notifier().pass();
  await notifier().pass();
  const told = taken.map(({ path, body }) => `${path} ${JSON.parse(body).about}`).sort();
  expect(told).toEqual(['/alerts 1:1', '/all 1:1', '/all 1:2']);
  expect(JSON.parse(taken.find(({ path }) => path === '/alerts')?.body ?? '')).toMatchObject({
    ...{ kind: 'signature', severity: 'critical', subject: '10.0.0.5', score: 90 },
    summary: 'rule 1 (bad): 10.0.0.5 and 93.1.1.1',
  });
  await bed.pool.query(
    "UPDATE alert_notices SET told_at = now() - interval '25 hours' WHERE sid = 1",
  );
  await fired({ sid: 1, severity: 1 }, { sid: 2, severity: 2 });
  await notifier().pass();
  expect(taken).toHaveLength(5);
});

test('a signature is silenced at one device, by its number', async () => {
  await channel('hook', { kind: 'webhook', url });
  const silence = { kind: 'signature', about: '1:7', subject: '10.0.0.5', minutes: 5 };
  expect((await request('POST', '/silences', silence)).status).toBe(201);
  await fired({ sid: 7, severity: 1 }, { sid: 7, severity: 1, src: '10.0.0.6' });
  await fired({ sid: 8, severity: 1 });
  await notifier().pass();
  const told = taken.map(({ body }) => JSON.parse(body)).map((of) => `${of.subject} ${of.about}`);
  expect(told.sort()).toEqual(['10.0.0.5 1:8', '10.0.0.6 1:7']);
});

/** What was told and then forgotten, so that the next look shows what is new. */
async function told(): Promise<readonly string[]> {
  await notifier().pass();
  const all = taken.map(({ path, body }) => `${path} ${JSON.parse(body).about}`).sort();
  taken.length = 0;
  return all;
}

const notifications = async (): Promise<number> =>
  (await bed.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM notifications')).rows[0]
    ?.n ?? 0;

test('an alert that no channel wanted is told once one does', async () => {
  await fired({ sid: 1, severity: 1 });
  await channel('hook', { kind: 'webhook', url: `${url}/hook`, kinds: ['tor'] });
  await fired({ sid: 1, severity: 1 });
  expect(await told()).toEqual([]);
  await channel('hook', { kind: 'webhook', url: `${url}/hook` });
  await fired({ sid: 1, severity: 1 });
  await fired({ sid: 1, severity: 1 });
  expect(await told()).toEqual(['/hook 1:1']);
});

test('an alert is told after its silence, and nothing piles up in it', async () => {
  await channel('a', { kind: 'webhook', url: `${url}/a` });
  await channel('b', { kind: 'webhook', url: `${url}/b` });
  await fired({ sid: 7, severity: 1 });
  const silence = { kind: 'signature', about: '1:7', minutes: 5 };
  const made = await request('POST', '/silences', silence);
  // Written before the silence, due in it: both are given up at once.
  expect(await told()).toEqual([]);
  for (let again = 0; again < 3; again++) await fired({ sid: 7, severity: 1 });
  expect([await told(), await notifications()]).toEqual([[], 2]);
  const { id } = (await made.json()) as { id: string };
  await request('DELETE', `/silences/${id}`);
  await fired({ sid: 7, severity: 1 });
  await fired({ sid: 7, severity: 1 });
  expect(await told()).toEqual(['/a 1:7', '/b 1:7']);
});

test('an alert that no channel could be told of stays due; one that another was told of does not', async () => {
  await channel('hook', { kind: 'webhook', url: `${url}/hook` });
  const nearlyGivenUp = "UPDATE notifications SET attempts = 15 WHERE channel = 'hook'";
  await fired({ sid: 1, severity: 1 });
  await bed.pool.query(nearlyGivenUp);
  answer = 503;
  expect(await told()).toEqual(['/hook 1:1']);
  await fired({ sid: 1, severity: 1 });
  answer = 200;
  expect(await told()).toEqual(['/hook 1:1']);
  await channel('other', { kind: 'webhook', url: `${url}/other` });
  await fired({ sid: 2, severity: 1 });
  await bed.pool.query(`${nearlyGivenUp} AND sent_at IS NULL`);
  await bed.pool.query(
    "UPDATE notification_channels SET url = 'http://[::1]:1' WHERE name = 'hook'",
  );
  expect(await told()).toEqual(['/other 1:2']);
  await fired({ sid: 2, severity: 1 });
  expect(await told()).toEqual([]);
});

test('of very many signatures in one transaction the bound is kept and the rest counted', async () => {
  const notices = new AlertNotices();
  const src = new AddressBook([]).get('10.0.0.5');
  for (let sid = 0; sid < MAX_NOTICES + 10; sid++) {
    const alert = { gid: 1, signature_id: sid, severity: 1, signature: 'x', category: '' };
    notices.see({ alert }, { seconds: kSeconds, micros: 0 }, { src, dest: undefined });
  }
  expect([notices.news().length, notices.beyond]).toEqual([MAX_NOTICES, 10]);
});
