// The benchmarks' own check must be able to fail: doubled, missing, short and foreign batches are found.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrate } from '#manager/store/migrate.ts';
import { PartitionKeeper } from '#manager/store/partition-keeper.ts';
import { DEFAULT_RETENTION } from '#manager/store/partitions.ts';
import { StorePool } from '#manager/store/pool.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { countStored, differences } from './stored.ts';

const kRows = 3;
let postgres: TestPostgres;
let client: pg.Client;
let ids: readonly string[];

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await client.end();
  await postgres.stop();
});
beforeEach(async () => {
  const url = await postgres.createDatabase();
  const pool = new StorePool({ url });
  await migrate(pool);
  const log = pino({ level: 'silent' });
  const keeper = new PartitionKeeper({ pool, log, retention: DEFAULT_RETENTION });
  await keeper.ensureDay(keeper.today());
  await pool.end();
  await client?.end();
  client = new pg.Client({ connectionString: url });
  await client.connect();
  ids = [randomUUID(), randomUUID()];
  for (const [seq, id] of ids.entries()) await store(id, seq + 1);
});

const published = (): Map<string, number> => new Map(ids.map((id) => [id, kRows]));
const found = async (): Promise<string[]> => differences(published(), await countStored(client));

async function store(id: string, seq: number): Promise<void> {
  await client.query('INSERT INTO batches (id, seq, events) VALUES ($1, $2, $3)', [id, seq, kRows]);
  await rows(seq);
}

/** The rows of a batch and their share of the rollup. */
async function rows(seq: number): Promise<void> {
  await client.query(
    `INSERT INTO anomalies (id, time, stored_on, sensor, node, type, event)
     SELECT $1::bigint * 1048576 + line, now(), (now() AT TIME ZONE 'UTC')::date, 's', 'n', 'decode', 'e'
     FROM generate_series(0, $2 - 1) AS line`,
    [seq, kRows],
  );
  await client.query(
    `INSERT INTO rollup_events_minute (bucket, events, stored_on, event_type, sensor, node)
     VALUES (now() + make_interval(mins => $1), $2, (now() AT TIME ZONE 'UTC')::date, 'anomaly', 's', 'n')`,
    [seq, kRows],
  );
}

test('what is exact has no differences', async () => {
  expect(await found()).toEqual([]);
});

test('a batch stored a second time under new row ids is found', async () => {
  await rows(77);
  expect(await found()).toEqual([`${kRows} rows belong to no batch`]);
});

test('a batch stored a second time under another batch id is found', async () => {
  const other = randomUUID();
  await store(other, 77);
  expect(await found()).toEqual([`batch ${other} was never published`]);
});

test('a batch whose rows were doubled is found', async () => {
  await client.query('INSERT INTO anomalies SELECT * FROM anomalies WHERE id >> 20 = 1');
  expect(await found()).toEqual([
    `batch ${ids[0]} of ${kRows} events has ${2 * kRows} rows`,
    '9 events are stored, 6 are in the rollup',
  ]);
});

test('a batch that is missing, and one that lacks a row, are found', async () => {
  await client.query('DELETE FROM batches WHERE seq = 1');
  await client.query('DELETE FROM anomalies WHERE id >> 20 = 1 OR id = 2 * 1048576');
  await client.query('DELETE FROM rollup_events_minute');
  expect(await found()).toEqual([
    `batch ${ids[0]} of ${kRows} events is not stored`,
    `batch ${ids[1]} of ${kRows} events has ${kRows - 1} rows`,
    '2 events are stored, 0 are in the rollup',
  ]);
});

test('rejected lines count as rows of their batch', async () => {
  await client.query('DELETE FROM anomalies WHERE id = 1048576');
  await client.query(
    `INSERT INTO rejected (subject, msg_id, line, reason, sample) VALUES ('s', $1, 0, 'r', '')`,
    [ids[0]],
  );
  await client.query('DELETE FROM rollup_events_minute');
  expect(await found()).toEqual(['5 events are stored, 0 are in the rollup']);
});
