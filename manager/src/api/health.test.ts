// Probes, health, sensors and metrics, against real servers that are taken away.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BUCKET_REPORTED,
  EVENTS_STREAM,
  EVENTS_SUBJECT_ALL,
  eventsSubject,
  MANAGER_CONSUMER,
  nodeKey,
  REPORTED_TTL_MS,
  type Reported,
} from '#contracts/nats.ts';
import {
  type Health,
  healthSchema,
  type PartHealth,
  type Readiness,
  readinessSchema,
  type SensorRow,
  type SupervisorState,
  sensorsSchema,
} from '#contracts/rest.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { type TemporaryDirectory, temporaryDirectory } from '#testkit/temporary.ts';
import { LAG_BATCHES, SILENCE_IS_A_FAULT_MS, SUPERVISOR_GONE_MS } from './health.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';

let postgres: TestPostgres;
let bus: TestNats;
let bed: ApiBed;
let directory: TemporaryDirectory;
let stateFile: string;

beforeAll(async () => {
  directory = temporaryDirectory();
  stateFile = join(directory.path, 'supervisor.json');
  [postgres, bus] = await Promise.all([startTestPostgres(), startTestNats()]);
  supervise([]);
  bed = await startApiBed({
    storeUrl: await postgres.createDatabase(),
    natsUrl: bus.url,
    supervisorStateFile: stateFile,
    nowMs: Date.now(),
  });
  if (bed.nats === null) throw new Error('no bus');
  const manager = await jetstreamManager(bed.nats);
  await manager.streams.add({ name: EVENTS_STREAM, subjects: [EVENTS_SUBJECT_ALL] });
  await manager.consumers.add(EVENTS_STREAM, {
    durable_name: MANAGER_CONSUMER,
    ack_policy: AckPolicy.Explicit,
  });
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await bus?.stop();
  await postgres?.stop();
  directory?.remove();
});

let supervised: readonly PartHealth[] = [];

/** Writes the state as `netmoth up` does; health() and readiness() renew it, as its beat does. */
function supervise(parts: readonly PartHealth[], atMs = bed?.nowMs() ?? Date.now()): void {
  supervised = parts;
  const state: SupervisorState = {
    pid: process.pid,
    updatedAt: new Date(atMs).toISOString(),
    url: 'http://127.0.0.1:1',
    parts: [...parts],
  };
  writeFileSync(stateFile, JSON.stringify(state));
}

/** Asked anew: an answer is kept for a second. */
async function health({ beat = true } = {}): Promise<Health> {
  bed.advance(2_000);
  if (beat) supervise(supervised);
  return healthSchema.strict().parse(await bed.get('/health'));
}

async function readiness({ beat = true } = {}): Promise<{ code: number; body: Readiness }> {
  bed.advance(2_000);
  if (beat) supervise(supervised);
  const response = await bed.fetch('/readyz');
  return { code: response.status, body: readinessSchema.strict().parse(await response.json()) };
}

const partOf = ({ parts }: Health, name: string): PartHealth | undefined =>
  parts.find((part) => part.name === name);

function report(node: string, more: Partial<Reported> = {}): Reported {
  const counters = {
    kernelPackets: 1_000,
    kernelDrops: 50,
    decodedPackets: 950,
    decodedBytes: 9_500,
    invalidPackets: 0,
    flowsTotal: 10,
    flowsActive: 1,
    flowsEvicted: 0,
    reassemblyGaps: 0,
    reassemblyDrops: 0,
    eventsMade: 20,
    eventsSpooled: 0,
    eventsDroppedSpool: 0,
    eventsDroppedQueue: 0,
    eventsPublished: 20,
    eventsAcknowledged: 20,
  };
  return {
    sensor: 'lab',
    node,
    version: '0.1.0',
    startedAt: '2026-11-20T15:00:00.000Z',
    reportedAt: '2026-11-20T15:00:00.000Z',
    observedGeneration: 0,
    interfaces: [{ name: 'eth0', strategy: 'afPacket', up: true, workers: 1 }],
    counters,
    spool: { bytes: 0, capacityBytes: 1, batches: 0 },
    rssBytes: 1,
    cpuSeconds: 1,
    conditions: [],
    ...more,
  };
}

async function sensors(): Promise<SensorRow[]> {
  return sensorsSchema.strict().parse(await bed.get('/sensors')).items;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

describe('probes', () => {
  test('all well: 200, and an open answer that says no more than states', async () => {
    expect(await readiness()).toEqual({
      code: 200,
      body: {
        status: 'ok',
        parts: ['manager', 'postgres', 'nats', 'ingest', 'analysis', 'sensors'].map((name) => ({
          name,
          status: 'ok',
        })),
      },
    });
    expect(await health()).toMatchObject({ status: 'ok', version: '0.0.0-test' });
  });

  test('the supervisor knows of more: restarts, parts of its own, worse states', async () => {
    supervise([
      { name: 'postgres', status: 'ok', message: 'runs', restarts: 0 },
      { name: 'manager', status: 'degraded', message: 'starting', restarts: 2 },
      { name: 'sensor', status: 'degraded', message: 'died 3 s ago, starts again', restarts: 1 },
    ]);
    const told = await health();
    expect(told.status).toBe('degraded');
    expect(partOf(told, 'sensor')).toMatchObject({ status: 'degraded', restarts: 1 });
    expect(partOf(told, 'postgres')).toMatchObject({ status: 'ok', restarts: 0 });
    // Whoever answers is up.
    expect(partOf(told, 'manager')).toMatchObject({ status: 'ok', restarts: 2 });
    const { code, body } = await readiness();
    expect([code, body.parts.at(-1)]).toEqual([503, { name: 'sensor', status: 'degraded' }]);
    writeFileSync(stateFile, '{"pid":');
    expect(partOf(await health({ beat: false }), 'supervisor')?.status).toBe('degraded');
    supervise([]);
    expect((await readiness()).code).toBe(200);
  });

  test('a supervisor that no longer writes is gone, and what it last said counts no more', async () => {
    supervise([{ name: 'sensor', status: 'ok', message: 'runs', restarts: 0 }]);
    bed.advance(SUPERVISOR_GONE_MS - 2_000);
    expect(partOf(await health({ beat: false }), 'sensor')?.status).toBe('ok');
    bed.advance(1_000);
    const told = await health({ beat: false });
    expect(partOf(told, 'sensor')).toBeUndefined();
    expect(partOf(told, 'supervisor')).toMatchObject({
      status: 'degraded',
      message: expect.stringMatching(/^gone: its state is 2\d s old$/),
    });
    expect((await readiness({ beat: false })).code).toBe(503);
    supervise([]);
    expect((await readiness()).code).toBe(200);
  });

  test('events that nobody stores: degraded until they are', async () => {
    if (bed.nats === null) throw new Error('no bus');
    const { nats } = bed;
    const subject = eventsSubject('lab', 'node1', 'flow');
    for (let i = 0; i <= LAG_BATCHES; i++) nats.publish(subject, 'x');
    await nats.flush();
    await until(async () => partOf(await health(), 'ingest')?.status === 'degraded');
    // Told, but taking every replica out of service would store nothing sooner.
    expect(await readiness()).toMatchObject({ code: 200, body: { status: 'degraded' } });
    expect(partOf(await health(), 'ingest')?.message).toMatch(/^\d+ batches wait to be stored$/);
    const manager = await jetstreamManager(nats);
    await manager.streams.purge(EVENTS_STREAM);
    await until(async () => (await readiness()).body.status === 'ok');
  });

  test('facts that nobody judges: degraded until they are', async () => {
    const waiting = (hours: number) =>
      bed.pool.query(
        `INSERT INTO analysis_facts (shard, stored_at, newest_seconds, body)
           VALUES (3, now() - make_interval(hours => $1), 0, '')`,
        [hours],
      );
    await waiting(2);
    expect(partOf(await health(), 'analysis')?.status).toBe('ok');
    await bed.pool.query('DELETE FROM analysis_facts');
    await waiting(4);
    expect(partOf(await health(), 'analysis')).toMatchObject({
      status: 'degraded',
      message: 'the oldest facts wait for 240 min to be judged',
    });
    expect((await readiness()).code).toBe(200);
    await bed.pool.query('DELETE FROM analysis_facts');
    await until(async () => (await readiness()).body.status === 'ok');
  });

  test('PostgreSQL away: down, and up again without a restart of ours', async () => {
    await postgres.kill();
    const { code, body } = await readiness();
    expect([code, body.status]).toEqual([503, 'down']);
    expect(body.parts.find((part) => part.name === 'postgres')?.status).toBe('down');
    expect((await bed.fetch('/healthz')).status).toBe(200);
    await postgres.start();
    await until(async () => (await readiness()).code === 200);
  });

  test('NATS away: down, then back', async () => {
    await bus.kill();
    const { code, body } = await readiness();
    expect([code, body.status]).toEqual([503, 'down']);
    const states = Object.fromEntries(body.parts.map(({ name, status }) => [name, status]));
    expect(states).toMatchObject({ nats: 'down', ingest: 'degraded', postgres: 'ok' });
    await bus.start();
    await until(async () => (await readiness()).code === 200);
  });
});

describe('sensors', () => {
  test('what they report, their loss, and when they fall silent', async () => {
    expect(await sensors()).toEqual([]);
    if (bed.nats === null) throw new Error('no bus');
    const bucket = await new Kvm(bed.nats).create(BUCKET_REPORTED, { ttl: REPORTED_TTL_MS });
    const lossy = { eventsDroppedQueue: 3, eventsDroppedSpool: 4 };
    const two = report('node2');
    const one = report('node1', { counters: { ...two.counters, ...lossy } });
    await bucket.put(nodeKey('lab', 'node2'), JSON.stringify(two));
    await bucket.put(nodeKey('lab', 'node1'), JSON.stringify(one));
    await bucket.put(nodeKey('lab', 'broken'), '{"sensor":1}');
    await until(async () => (await sensors()).length === 2);
    expect(await sensors()).toEqual([
      { reporting: true, lossRatio: 0.05, eventsLost: 7, report: one },
      { reporting: true, lossRatio: 0.05, eventsLost: 0, report: two },
    ]);
    expect(partOf(await health(), 'sensors')).toMatchObject({ status: 'ok' });

    bed.advance(REPORTED_TTL_MS);
    expect((await sensors()).map((row) => row.reporting)).toEqual([false, false]);
    const silent = await health();
    expect([silent.status, partOf(silent, 'sensors')?.message]).toEqual([
      'degraded',
      expect.stringContaining('0 of 2'),
    ]);
    expect(await readiness()).toMatchObject({ code: 200, body: { status: 'degraded' } });

    const condition = {
      type: 'Capturing',
      status: 'False',
      reason: 'InterfaceGone',
      message: 'eth0 is gone',
      since: '2026-11-20T15:00:00.000Z',
    } as const;
    await bucket.put(
      nodeKey('lab', 'node1'),
      JSON.stringify(report('node1', { conditions: [condition] })),
    );
    await bucket.put(nodeKey('lab', 'node2'), JSON.stringify(two));
    await until(async () => (await sensors()).every((row) => row.reporting));
    expect(partOf(await health(), 'sensors')).toMatchObject({
      status: 'degraded',
      message: '2 of 2 report, 1 with a fault',
    });
    expect(await readiness()).toMatchObject({ code: 200, body: { status: 'degraded' } });
    bed.advance(SILENCE_IS_A_FAULT_MS);
    expect(partOf(await health(), 'sensors')?.status).toBe('ok');
    // In steps, in which the session lives on.
    for (let hours = 0; hours < 24; hours += 6) {
      expect(await sensors()).toHaveLength(2);
      bed.advance(6 * 3_600_000);
    }
    expect(await sensors()).toEqual([]);
  });

  test('without a bus the rest is served all the same', async () => {
    const alone = await startApiBed({ storeUrl: await postgres.createDatabase() });
    await using _ = alone;
    expect(await alone.get('/sensors')).toEqual({ items: [] });
    expect(await alone.get('/flows')).toEqual({ items: [], next: null });
    expect((await alone.fetch('/readyz')).status).toBe(503);
  });
});

describe('metrics', () => {
  test('open to loopback, not to what a proxy brings, and to accounts', async () => {
    const text = await (await bed.fetch('/metrics')).text();
    expect(text).toMatch(
      /netmoth_api_request_seconds_count\{method="GET",route="\/readyz",status="200"\} \d+/,
    );
    const proxied = { 'x-forwarded-for': '203.0.113.9' };
    expect((await bed.fetch('/metrics', { headers: proxied })).status).toBe(401);
    const cookie = await bed.logIn();
    expect((await bed.fetch('/metrics', { headers: { ...proxied, cookie } })).status).toBe(200);
    const open = await startApiBed({
      storeUrl: await postgres.createDatabase(),
      config: { metricsOpen: true },
    });
    await using _ = open;
    expect((await open.fetch('/metrics', { headers: proxied })).status).toBe(200);
    // A proxy of this machine need not tell for whom it asks.
    const behind = await startApiBed({
      storeUrl: await postgres.createDatabase(),
      config: { trustProxy: true },
    });
    await using __ = behind;
    expect((await behind.fetch('/metrics')).status).toBe(401);
  });
});
