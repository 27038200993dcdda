// From batches on the bus to findings in PostgreSQL, with real servers: each once, whoever works and whoever dies.
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { IngestBed } from '../ingest/testing/ingest-bed.ts';
import { StorePool } from '../store/pool.ts';
import { analysisMetrics } from './analysis-metrics.ts';
import { unpackState } from './device-state.ts';
import { factRows, insertFacts, shardOf } from './facts.ts';
import { type Event, flowEvent, otherEvent } from './simulation/events.ts';
import { LocalAnalysis } from './simulation/local-analysis.ts';
import { AnalysisWorker } from './worker.ts';

const kStartMs = Date.UTC(2026, 9, 7, 10);
const kHourMs = 3_600_000;

let bed: IngestBed;
const pools: StorePool[] = [];

beforeAll(async () => {
  bed = await IngestBed.start();
});
afterAll(async () => {
  for (const pool of pools) await pool.end();
  await bed[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await bed.pool.query(
    'TRUNCATE analysis_facts, analysis_states, analysis_members, findings, beacons, analysis_normal CASCADE',
  );
  await bed.pool.query(
    `UPDATE analysis_shards SET owner = NULL, lease_until = '-infinity', ripe_seconds = 0,
       first_hour = NULL, last_stored = NULL`,
  );
});

function worker(now?: () => number): AnalysisWorker {
  const pool = new StorePool({ url: bed.url });
  pools.push(pool);
  return new AnalysisWorker({
    ...{ pool, log: pino({ level: 'silent' }), metrics: analysisMetrics(new Registry()) },
    ...{ learningHours: 168, holdbackMs: 0 },
    ...(now === undefined ? {} : { now }),
  });
}

const lines = (events: readonly Event[]): string[] => events.map((each) => JSON.stringify(each));

function scan(src: string, count: number, startMs = kStartMs): Event[] {
  return Array.from({ length: count }, (_, index) =>
    flowEvent({
      src,
      dest: '192.0.2.9',
      port: 1 + index,
      startMs: startMs + index * 100,
      how: 'syn',
    }),
  );
}

/** So much later that the hour before is over. */
function later(hours: number): Event[] {
  return [
    flowEvent({
      src: '10.9.9.9',
      dest: '192.0.2.1',
      port: 443,
      startMs: kStartMs + hours * kHourMs,
    }),
  ];
}

async function store(batches: readonly (readonly Event[])[]): Promise<void> {
  const replica = await bed.startReplica({ analyse: true });
  for (const batch of batches) await bed.publish(lines(batch));
  await bed.untilDrained();
  await replica.stop();
}

async function findings(): Promise<Record<string, unknown>[]> {
  return bed.rows(
    `SELECT kind, host(subject) AS subject, about, score, confirmed, repeats FROM findings
     ORDER BY subject, kind, about`,
  );
}

test('a scan is told while its hour goes on, and confirmed once it is over', async () => {
  await store([scan('10.0.0.7', 60)]);
  const one = worker();
  await one.pass();
  const told = { kind: 'scan_vertical', subject: '10.0.0.7', about: '192.0.2.9', repeats: 1 };
  expect(await findings()).toEqual([expect.objectContaining({ ...told, confirmed: false })]);
  await store([later(2)]);
  await one.pass();
  await one.pass();
  expect(await findings()).toEqual([expect.objectContaining({ ...told, confirmed: true })]);
  const [left] = await bed.rows<{ rows: number }>('SELECT count(*) AS rows FROM analysis_states');
  expect(Number(left?.rows)).toBe(1);
  await one.leave();
});

test('what was told early and is not so when the hour is over is taken back', async () => {
  await store([scan('10.0.0.8', 20)]);
  const one = worker();
  await one.pass();
  expect(await findings()).toHaveLength(1);
  // Now most of the ports answer: a client of many services, and no scan.
  const answered = Array.from({ length: 80 }, (_, index) =>
    flowEvent({
      src: '10.0.0.8',
      dest: '192.0.2.9',
      port: 1_000 + index,
      startMs: kStartMs + 60_000,
    }),
  );
  await store([answered, later(2)]);
  await one.pass();
  expect(await findings()).toEqual([]);
  await one.leave();
});

test('two managers share the shards, and what one of them found is not found again', async () => {
  const sources = Array.from({ length: 24 }, (_, index) => `10.0.1.${index + 1}`);
  await store(sources.map((src) => scan(src, 30)));
  const [one, two] = [worker(), worker()];
  await one.pass();
  const early = await findings();
  expect(early).toHaveLength(sources.length);
  await two.pass();
  await store([later(2)]);
  // Shards may be between the two for some rounds, on a machine that is slow.
  const isDone = (rows: Record<string, unknown>[]) => rows.every((each) => each['confirmed']);
  for (let round = 0; round < 3 || !isDone(await findings()); round++) {
    await Promise.all([one.pass(), two.pass()]);
  }
  const final = await findings();
  expect(final).toHaveLength(sources.length);
  expect(final.every((each) => each['confirmed'] === true && each['repeats'] === 1)).toBe(true);
  await Promise.all([one.leave(), two.leave()]);
});

test('a manager that only thinks it still owns its shards changes nothing', async () => {
  await store([scan('10.0.0.9', 60), later(2)]);
  const dead = worker();
  await dead.pass();
  await bed.pool.query('UPDATE findings SET hour = -1');
  // Its lease ends unseen, and another takes all.
  await bed.pool.query("UPDATE analysis_shards SET lease_until = '-infinity'");
  await bed.pool.query('DELETE FROM analysis_members');
  const heir = worker();
  await heir.pass();
  await store([scan('10.0.0.10', 60, kStartMs + 3 * kHourMs), later(5)]);
  await dead.pass();
  const byDead = await bed.rows("SELECT * FROM findings WHERE subject = '10.0.0.10'");
  expect(byDead).toEqual([]);
  await heir.pass();
  expect(await findings()).toHaveLength(2);
  await heir.leave();
});

test('events from a clock far ahead do not end the hours of the others', async () => {
  const ahead = Date.now() + 400 * 24 * kHourMs;
  const nowMs = Date.now();
  const current = Array.from({ length: 60 }, (_, index) =>
    flowEvent({
      src: '10.0.0.11',
      dest: '192.0.2.9',
      port: 1 + index,
      startMs: nowMs - 60_000,
      how: 'syn',
    }),
  );
  await store([current, scan('10.0.0.12', 60, ahead)]);
  const one = worker();
  await one.pass();
  const rows = await findings();
  expect(rows.map(({ subject, confirmed }) => [subject, confirmed])).toEqual([
    ['10.0.0.11', false],
    ['10.0.0.12', true],
  ]);
  await one.leave();
});

test('a clock that is half an hour fast does not end the hour of the others', async () => {
  // Within an hour whose end is near, so that half an hour more lies behind it.
  const hourMs = Math.floor(Date.now() / kHourMs) * kHourMs;
  const now = hourMs + kHourMs - 60_000;
  const facts = (src: string, startMs: number) => {
    const local = new LocalAnalysis();
    for (const event of scan(src, 60, startMs)) local.add(event);
    return factRows(local.take(), now / 1_000);
  };
  await bed.pool.withTransaction((client) =>
    insertFacts(client, [
      ...facts('10.0.0.14', now - 1_800_000),
      ...facts('10.0.0.15', now + 1_800_000),
    ]),
  );
  const one = worker(() => now + 1_000);
  await bed.pool.query('UPDATE analysis_facts SET stored_at = to_timestamp($1)', [now / 1_000]);
  await one.pass();
  await one.pass();
  const rows = await findings();
  expect(rows.map(({ subject, confirmed }) => [subject, confirmed])).toEqual([
    ['10.0.0.14', false],
    ['10.0.0.15', false],
  ]);
  await one.leave();
});

test('a device with an IPv6 address is remembered from hour to hour', async () => {
  const src = 'fd00:0000:0000:0000:0000:0000:0000:0007';
  const flow = (hour: number) =>
    flowEvent({ src, dest: '192.0.2.1', port: 443, startMs: kStartMs + hour * kHourMs });
  const one = worker();
  await store([[flow(0)], later(2)]);
  await one.pass();
  await one.pass();
  await store([[flow(2)], later(5)]);
  await one.pass();
  await one.pass();
  const rows = await bed.rows<{ state: Buffer; beacons: Buffer }>(
    "SELECT state, beacons FROM analysis_states WHERE subject = 'fd00::7'",
  );
  expect(rows).toHaveLength(1);
  const [row] = rows;
  if (row === undefined) throw new Error('one row');
  expect(unpackState(row)).toMatchObject({ firstHour: kStartMs / kHourMs, taught: 3 });
  await one.leave();
});

test('a password in clear text is told, and never kept', async () => {
  const ends = { src: '10.0.0.13', dest: '192.0.2.21', port: 21, ms: kStartMs };
  await store([[otherEvent('ftp', ends, { command: 'PASS', command_data: 'tiger-7' })]]);
  const one = worker();
  await one.pass();
  expect(await findings()).toEqual([expect.objectContaining({ kind: 'cleartext_credentials' })]);
  const [facts] = await bed.rows<{ found: number }>(
    "SELECT count(*) AS found FROM findings WHERE summary LIKE '%tiger%' OR parts::text LIKE '%tiger%'",
  );
  expect(Number(facts?.found)).toBe(0);
  await one.leave();
});

test('names that no database takes stop nobody', async () => {
  const name = `a\0b\ud800.example`;
  const ends = { src: '10.0.0.14', dest: '192.0.2.22', port: 80 };
  const calls = Array.from({ length: 30 }, (_, index) =>
    otherEvent(
      'http',
      { ...ends, ms: kStartMs + index * 60_000 },
      { hostname: name, url: `/?password=${name}` },
    ),
  );
  const dhcp = otherEvent(
    'dhcp',
    { ...ends, ms: kStartMs },
    { type: 'reply', dhcp_type: 'ack', assigned_ip: 'nowhere' },
  );
  await store([[...calls, dhcp], later(2)]);
  const one = worker();
  await one.pass();
  await one.pass();
  expect(await findings()).toContainEqual(
    expect.objectContaining({ kind: 'cleartext_credentials', confirmed: true }),
  );
  const [beacon] = await bed.rows("SELECT target FROM beacons WHERE device = '10.0.0.14'");
  expect(beacon?.['target']).toContain('.example');
  await one.leave();
});

test('an hour that the store refuses is left out; those beside it are judged', async () => {
  // Same shard or not: each is refused or taken by itself.
  const sources = Array.from({ length: 40 }, (_, index) => `10.0.2.${index + 1}`);
  await store([...sources.map((src) => scan(src, 30)), later(2)]);
  await bed.pool.query(
    "ALTER TABLE findings ADD CONSTRAINT refused CHECK (subject <> '10.0.2.7' OR NOT confirmed)",
  );
  try {
    const one = worker();
    // Nothing is told early of what is judged in the same pass.
    await one.pass();
    const told = (await findings()).map(({ subject }) => subject);
    expect(told).toHaveLength(sources.length - 1);
    expect(told).not.toContain('10.0.2.7');
    await one.leave();
  } finally {
    await bed.pool.query('ALTER TABLE findings DROP CONSTRAINT refused');
  }
});

test('a shard that fails leaves the others alone, and is worked again', async () => {
  const sources = Array.from({ length: 40 }, (_, index) => `10.0.3.${index + 1}`);
  await store([...sources.map((src) => scan(src, 30)), later(2)]);
  // No fault of the hour's: as if a right were missing.
  await bed.pool.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '42501'; END $$`,
  );
  await bed.pool.query(
    `CREATE TRIGGER refused BEFORE INSERT ON findings FOR EACH ROW
       WHEN (NEW.subject = '10.0.3.7') EXECUTE FUNCTION refuse()`,
  );
  const one = worker();
  try {
    await one.pass();
    const beside = sources.filter((src) => shardOf(src) !== shardOf('10.0.3.7'));
    const told = (await findings()).map(({ subject }) => subject);
    expect(told).toEqual(expect.arrayContaining(beside));
    expect(told).not.toContain('10.0.3.7');
    expect(one.trouble).toBe('refused');
  } finally {
    await bed.pool.query('DROP TRIGGER refused ON findings');
    await bed.pool.query('DROP FUNCTION refuse');
  }
  while ((await findings()).length < sources.length) {
    await sleep(200);
    await one.pass();
  }
  expect((await findings()).every((each) => each['confirmed'] === true)).toBe(true);
  expect(one.trouble).toBeUndefined();
  await one.leave();
});

test('facts and memory that cannot be read are left out', async () => {
  const src = '10.0.4.1';
  const damaged = [shardOf(src), Buffer.from('no facts')];
  await store([scan(src, 60), later(2)]);
  await bed.pool.query(
    'INSERT INTO analysis_facts (shard, newest_seconds, body) VALUES ($1, 0, $2)',
    damaged,
  );
  await bed.pool.query(
    `INSERT INTO analysis_states (shard, subject, device, last_hour, state, beacons)
       VALUES ($1, '10.0.4.1', true, 0, $2, $2)`,
    damaged,
  );
  const one = worker();
  await one.pass();
  expect(await findings()).toEqual([expect.objectContaining({ subject: src, confirmed: true })]);
  const left = await bed.rows('SELECT id FROM analysis_facts WHERE body = $1', [damaged[1]]);
  expect(left).toEqual([]);
  expect(one.trouble).toBeUndefined();
  await one.leave();
});
