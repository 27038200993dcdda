// The live feed with a real nats-server and real WebSockets: filters, pause, a slow client, who may.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  LIVE_BUFFER_EVENTS,
  LIVE_MAX_EVENTS_PER_MESSAGE,
  LIVE_PATH,
  type LiveClientMessage,
  type LiveServerMessage,
  liveServerMessageSchema,
} from '#contracts/live.ts';
import {
  ENCODING_ZSTD,
  EVENTS_STREAM,
  EVENTS_SUBJECT_ALL,
  eventsSubject,
  FINDINGS_SUBJECT,
  HEADER_COUNT,
  HEADER_ENCODING,
  HEADER_MSG_ID,
  HEADER_SCHEMA,
} from '#contracts/nats.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { MAX_WRONG_MESSAGES } from './live/live-client.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';

const compress = promisify(zstdCompress);

let postgres: TestPostgres;
let bus: TestNats;
let bed: ApiBed;
const open = new Set<WebSocket>();

beforeAll(async () => {
  [postgres, bus] = await Promise.all([startTestPostgres(), startTestNats()]);
  bed = await startApiBed({
    storeUrl: await postgres.createDatabase(),
    natsUrl: bus.url,
    config: { liveClients: 3 },
  });
  if (bed.nats === null) throw new Error('no bus');
  const manager = await jetstreamManager(bed.nats);
  await manager.streams.add({ name: EVENTS_STREAM, subjects: [EVENTS_SUBJECT_ALL] });
});
afterEach(async () => {
  for (const socket of open) socket.terminate();
  open.clear();
  await until(async () => (await consumers()) === 0);
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await bus?.stop();
  await postgres?.stop();
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10);
}

async function consumers(): Promise<number> {
  if (bed.nats === null) return 0;
  const manager = await jetstreamManager(bed.nats);
  return (await manager.streams.info(EVENTS_STREAM)).state.consumer_count;
}

interface LiveTester {
  readonly socket: WebSocket;
  readonly messages: LiveServerMessage[];
  say(message: LiveClientMessage | string): void;
  events(): { event_type: string; [key: string]: unknown }[];
  dropped(): number;
}

async function connectLive(headers: Record<string, string> = {}): Promise<LiveTester> {
  const cookie = await bed.logIn();
  const socket = new WebSocket(`${bed.url.replace('http', 'ws')}${LIVE_PATH}`, {
    headers: { cookie, origin: bed.url, ...headers },
  });
  open.add(socket);
  const messages: LiveServerMessage[] = [];
  socket.on('message', (data) => {
    messages.push(liveServerMessageSchema.parse(JSON.parse(String(data))));
  });
  await once(socket, 'open');
  await until(() => messages.length > 0);
  return {
    socket,
    messages,
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    events: () => messages.flatMap((message) => (message.type === 'events' ? message.events : [])),
    dropped: () =>
      messages.reduce((sum, each) => sum + (each.type === 'events' ? each.dropped : 0), 0),
  };
}

/** Subscribes and waits until an event published now would arrive. */
async function subscribed(message: Partial<LiveClientMessage> = {}): Promise<LiveTester> {
  const tester = await connectLive();
  tester.say({ type: 'subscribe', eventTypes: [], ...message } as LiveClientMessage);
  await until(async () => (await consumers()) > 0);
  return tester;
}

let serial = 0;
const event = (event_type: string, more: object = {}) => ({
  timestamp: '2026-11-20T14:32:15.123456+0000',
  event_type,
  serial: ++serial,
  ...more,
});

async function publish(events: readonly object[], encoding = ENCODING_ZSTD): Promise<void> {
  if (bed.nats === null) throw new Error('no bus');
  const body = Buffer.from(`${events.map((each) => JSON.stringify(each)).join('\n')}\n`);
  const headers = natsHeaders();
  if (encoding !== '') headers.set(HEADER_ENCODING, encoding);
  headers.set(HEADER_MSG_ID, randomUUID());
  headers.set(HEADER_SCHEMA, '1');
  headers.set(HEADER_COUNT, String(events.length));
  await jetstream(bed.nats).publish(
    eventsSubject('lab', 'node1', 'protocol'),
    encoding === ENCODING_ZSTD ? await compress(body) : body,
    { headers },
  );
}

describe('what comes', () => {
  test('hello first, then events as they are published, unchanged', async () => {
    await publish([event('dns', { before: true })]);
    const tester = await subscribed();
    expect(tester.messages).toEqual([{ type: 'hello', version: '0.0.0-test' }]);
    const sent = [event('dns', { dns: { id: 1, rrname: 'ünï' } }), event('stats')];
    await publish(sent);
    await publish([event('flow')], '');
    await publish([event('http')], 'identity');
    await until(() => tester.events().length >= 4);
    expect(tester.events().slice(0, 2)).toEqual(sent);
    expect(tester.events().slice(2)).toMatchObject([
      { event_type: 'flow' },
      { event_type: 'http' },
    ]);
    expect(tester.dropped()).toBe(0);
  });

  test('what analysis finds comes beside the events, as an anomaly of its own kind', async () => {
    const tester = await subscribed();
    const sent = event('anomaly', { anomaly: { type: 'behaviour', event: 'beacon' } });
    bed.nats?.publish(FINDINGS_SUBJECT, JSON.stringify(sent));
    await until(() => tester.events().length >= 1);
    expect(tester.events()).toEqual([sent]);
  });

  test('for findings alone the stream is not read; the score chooses', async () => {
    const tester = await connectLive();
    tester.say({ type: 'subscribe', eventTypes: [], minScore: 80 });
    tester.say('{}');
    await until(() => tester.messages.at(-1)?.type === 'error');
    expect(await consumers()).toBe(0);
    const finding = (score: number) =>
      event('anomaly', { anomaly: { type: 'behaviour', event: 'tor' }, netmoth: { score } });
    const sent = [finding(79), finding(80), event('anomaly', { anomaly: {} }), finding(95)];
    for (const each of sent) bed.nats?.publish(FINDINGS_SUBJECT, JSON.stringify(each));
    await until(() => tester.events().length >= 2);
    expect(tester.events()).toEqual([sent[1], sent[3]]);
    // Whoever wants everything has it read, and when that one leaves it is read no longer.
    const other = await subscribed();
    await publish([event('dns')]);
    await until(() => other.events().length >= 1);
    other.socket.close();
    await until(async () => (await consumers()) === 0);
    expect(tester.events()).toHaveLength(2);
  });

  test('by type and by device at either end, IPv6 in any spelling; a new subscription replaces', async () => {
    const tester = await subscribed({
      eventTypes: ['dns', 'tls'],
      device: '2001:db8::1',
    } as object);
    const fits = [
      event('dns', { src_ip: '2001:0db8:0000:0000:0000:0000:0000:0001' }),
      event('tls', { dest_ip: '2001:db8::1' }),
    ];
    const rest = [
      event('flow', { src_ip: '2001:db8::1' }),
      event('dns', { src_ip: '10.0.0.1' }),
      event('dns'),
    ];
    await publish([...fits, ...rest]);
    await until(() => tester.events().length >= 2);
    expect(tester.events()).toEqual(fits);

    tester.say({ type: 'subscribe', eventTypes: [], device: '10.0.0.1' });
    tester.say('{}');
    await until(() => tester.messages.at(-1)?.type === 'error');
    await publish([...fits, event('http', { dest_ip: '10.0.0.1' })]);
    await until(() => tester.events().length >= 3);
    expect(tester.events()[2]).toMatchObject({ event_type: 'http' });
  });

  test('nothing before a subscription; wrong messages are answered, not obeyed', async () => {
    await subscribed({ eventTypes: ['stats'] } as object);
    const tester = await connectLive();
    await publish([event('dns')]);
    for (const wrong of [
      'nonsense',
      '{"type":"stop"}',
      '{"type":"subscribe","device":"host"}',
      '{"type":"subscribe","eventTypes":["gopher"]}',
    ]) {
      tester.say(wrong);
    }
    await until(() => tester.messages.length >= 5);
    expect(tester.messages.slice(1).map((each) => each.type === 'error' && each.code)).toEqual(
      Array.from({ length: 4 }, () => 'NM_QUERY_INVALID'),
    );
    expect(tester.events()).toEqual([]);
  });

  test('what is no event or no batch hurts nobody', async () => {
    const tester = await subscribed();
    if (bed.nats === null) throw new Error('no bus');
    const headers = natsHeaders();
    headers.set(HEADER_ENCODING, ENCODING_ZSTD);
    const subject = eventsSubject('lab', 'node1', 'protocol');
    await jetstream(bed.nats).publish(subject, 'not zstd', { headers });
    await publish([{ no: 'event' }, event('dns')]);
    await until(() => tester.events().length >= 1);
    expect(tester.events()).toMatchObject([{ event_type: 'dns' }]);
    const metrics = await (await bed.fetch('/metrics')).text();
    expect(metrics).toContain('netmoth_api_live_unreadable_total 2');
  });
});

describe('bounds', () => {
  const MANY = 3 * LIVE_BUFFER_EVENTS + 5;

  async function publishMany(): Promise<number> {
    for (let sent = 0; sent < MANY; sent += 1_000) {
      const count = Math.min(1_000, MANY - sent);
      await publish(Array.from({ length: count }, () => event('flow')));
    }
    return serial;
  }

  test('a paused client gets the newest when it resumes, and is told how many it missed', async () => {
    const paused = await subscribed();
    paused.say({ type: 'pause' });
    // Its answer comes after the pause was obeyed.
    paused.say('{}');
    await until(() => paused.messages.at(-1)?.type === 'error');
    const running = await subscribed();
    const last = await publishMany();
    await until(() => running.events().at(-1)?.['serial'] === last);
    expect(paused.events()).toEqual([]);
    paused.say({ type: 'resume' });
    await until(() => paused.events().at(-1)?.['serial'] === last);
    expect([paused.events().length, paused.dropped()]).toEqual([
      LIVE_BUFFER_EVENTS,
      MANY - LIVE_BUFFER_EVENTS,
    ]);
    expect(running.events().length + running.dropped()).toBe(MANY);
    const sizes = paused.messages.map((each) => (each.type === 'events' ? each.events.length : 0));
    expect(Math.max(...sizes)).toBe(LIVE_MAX_EVENTS_PER_MESSAGE);
  });

  test('a client that does not read costs the server a bounded buffer, and nobody else events', async () => {
    const slow = await subscribed();
    const quick = await subscribed();
    slow.socket.pause();
    const filler = 'x'.repeat(4_000);
    let last = 0;
    // 48 MB: more than the sockets between them take.
    for (let batch = 0; batch < 24; batch++) {
      await publish(Array.from({ length: 500 }, () => event('flow', { filler })));
      last = serial;
      await until(() => quick.events().at(-1)?.['serial'] === last);
    }
    expect([quick.events().length, quick.dropped()]).toEqual([24 * 500, 0]);
    slow.socket.resume();
    await until(() => slow.events().at(-1)?.['serial'] === last);
    expect(slow.dropped()).toBeGreaterThan(0);
    expect(slow.events().length + slow.dropped()).toBe(24 * 500);
    const metrics = await (await bed.fetch('/metrics')).text();
    const told = /^netmoth_api_live_dropped_events_total (\d+)$/m.exec(metrics)?.[1];
    expect(Number(told)).toBeGreaterThanOrEqual(slow.dropped());
  });

  test('a client that sends nothing but wrong messages is answered so often, then cut off', async () => {
    const tester = await connectLive();
    const closed = once(tester.socket, 'close');
    for (let i = 0; i < 3 * MAX_WRONG_MESSAGES; i++) tester.say('nonsense');
    expect((await closed)[0]).toBe(1008);
    const errors = tester.messages.filter((message) => message.type === 'error');
    expect(errors).toHaveLength(MAX_WRONG_MESSAGES);
  });

  test('the bus is read only while somebody listens, and again after it was away', async () => {
    expect(await consumers()).toBe(0);
    const tester = await subscribed();
    await bus.kill();
    await bus.start();
    await until(async () => {
      await publish([event('alert')]).catch(() => undefined);
      await sleep(100);
      return tester.events().length > 0;
    });
    expect(tester.events()[0]).toMatchObject({ event_type: 'alert' });
    tester.socket.close();
    await until(async () => (await consumers()) === 0);
  });
});

describe('who may', () => {
  async function refusalOf(headers: Record<string, string>, path = LIVE_PATH): Promise<number> {
    const socket = new WebSocket(`${bed.url.replace('http', 'ws')}${path}`, { headers });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => reject(new Error('was let in')));
    socket.on('error', () => undefined);
    const status = await promise;
    socket.terminate();
    return status;
  }

  test('a session from the own page or a token; no other site, no one else', async () => {
    const cookie = await bed.logIn();
    expect(await refusalOf({ origin: bed.url })).toBe(401);
    expect(await refusalOf({ cookie })).toBe(403);
    expect(await refusalOf({ cookie, origin: 'https://evil.example' })).toBe(403);
    expect(await refusalOf({ authorization: 'Bearer nm_invented' })).toBe(401);
    expect(await refusalOf({ cookie, origin: bed.url }, '/api/v1/flows')).toBeGreaterThanOrEqual(
      400,
    );
    const made = await bed.fetch('/api/v1/tokens', {
      method: 'POST',
      headers: { cookie, origin: bed.url, 'content-type': 'application/json' },
      body: '{"name":"live"}',
    });
    const { token } = (await made.json()) as { token: string };
    const tester = await connectLive({ authorization: `Bearer ${token}`, cookie: '', origin: '' });
    expect(tester.messages[0]?.type).toBe('hello');
  });

  test('whoever logs out, is revoked or goes silent is cut off', async () => {
    await using strict = await startApiBed({
      storeUrl: await postgres.createDatabase(),
      natsUrl: bus.url,
      config: { livePingMs: 100 },
    });
    const url = `${strict.url.replace('http', 'ws')}${LIVE_PATH}`;
    const cookie = await strict.logIn();
    const own = { cookie, origin: strict.url };
    const staying = new WebSocket(url, { headers: own });
    await once(staying, 'open');
    let pings = 0;
    staying.on('ping', () => {
      pings += 1;
    });
    await until(() => pings > 3);
    const silent = new WebSocket(url, { headers: own, autoPong: false });
    expect(await once(silent, 'close')).toMatchObject([1006, expect.anything()]);
    expect(staying.readyState).toBe(WebSocket.OPEN);
    await strict.fetch('/api/v1/session', { method: 'DELETE', headers: own });
    expect(await once(staying, 'close')).toMatchObject([4401, expect.anything()]);
  });

  test('no more clients than allowed; a plain GET is told to speak WebSocket', async () => {
    const cookie = await bed.logIn();
    const plain = await bed.fetch(LIVE_PATH, { headers: { cookie } });
    expect(plain.status).toBe(400);
    for (let i = 0; i < 3; i++) await connectLive();
    expect(await refusalOf({ cookie, origin: bed.url })).toBe(429);
  });
});
