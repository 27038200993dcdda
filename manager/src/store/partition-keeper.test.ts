import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { migrate } from './migrate.ts';
import { PartitionKeeper } from './partition-keeper.ts';
import { addDays, DEFAULT_RETENTION, PARTITIONED_TABLES } from './partitions.ts';
import { StorePool } from './pool.ts';
import { KEPT_REJECTED_ROWS, trim } from './trim.ts';

const kToday = '2026-11-21';
const kNowMs = Date.parse(`${kToday}T13:00:00Z`);
const log = pino({ level: 'silent' });

let server: TestPostgres;
let url: string;
let pool: StorePool;

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => server.stop());
beforeEach(async () => {
  url = await server.createDatabase();
  pool = new StorePool({ url });
  await migrate(pool);
  return () => pool.end();
});

function keeper(nowMs = kNowMs, lockTimeoutMs = 300): PartitionKeeper {
  const retention = DEFAULT_RETENTION;
  return new PartitionKeeper({
    pool,
    log,
    retention,
    daysAhead: 2,
    lockTimeoutMs,
    now: () => nowMs,
  });
}

async function days(table: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1',
    [table],
  );
  return rows.map((row) => row.name.slice(table.length + 1));
}

const insertAnomaly = (day: string): string =>
  `INSERT INTO anomalies (id, time, stored_on, sensor, node, type, event)
   VALUES (1, now(), '${day}', 's', 'n', 'decode', 'e')`;

describe('PartitionKeeper', () => {
  it('makes every table ready for today and the days ahead, once, also when two start together', async () => {
    await Promise.all([keeper().runOnce(), keeper().runOnce()]);
    for (const { table } of PARTITIONED_TABLES) {
      expect(await days(table), table).toEqual(['20261121', '20261122', '20261123']);
    }
    await pool.query(insertAnomaly(kToday));
    // The indexes of the parent are there as well, attached.
    const { rows } = await pool.query(
      `SELECT count(*) AS missing FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
       WHERE c.relkind = 'r' AND c.relispartition AND NOT EXISTS (
         SELECT FROM pg_inherits WHERE inhrelid = i.indexrelid)`,
    );
    expect(rows).toEqual([{ missing: 0 }]);
  });

  it('drops what is over and nothing else, by the class of the table', async () => {
    const old = addDays(kToday, -8);
    await keeper().ensureDay(old);
    await keeper().ensureDay(addDays(kToday, -7));
    await keeper().ensureDay(addDays(kToday, -31));
    const dropped = await keeper().runOnce();
    expect(dropped).toContain('flows_20261113');
    expect(dropped).toContain('rollup_pair_minute_20261021');
    expect(await days('flows')).toEqual(['20261114', '20261121', '20261122', '20261123']);
    // Aggregates 30 days, alerts 90.
    expect(await days('rollup_pair_minute')).toEqual([
      '20261113',
      '20261114',
      '20261121',
      '20261122',
      '20261123',
    ]);
    expect((await days('alerts'))[0]).toBe('20261021');
    expect(await keeper().runOnce()).toEqual([]);
  });

  it('neither blocks writers nor gives up for good when a reader holds an old partition', async () => {
    const old = addDays(kToday, -100);
    await keeper().ensureDay(old);
    await keeper().runOnce();
    await keeper().ensureDay(old);
    await pool.query(insertAnomaly(old));
    const reader = new pg.Client({ connectionString: url });
    await reader.connect();
    await reader.query('BEGIN');
    await reader.query('SELECT * FROM anomalies');

    const round = keeper().runOnce();
    // While the keeper waits for the reader, and after it gave up, rows go in.
    const writer = new pg.Client({ connectionString: url });
    await writer.connect();
    await writer.query("SET lock_timeout = '20s'");
    await writer.query(insertAnomaly(kToday));
    const dropped = await round;
    expect(dropped).not.toContain('anomalies_20260813');
    expect(dropped).toContain('flows_20260813');
    await writer.query(insertAnomaly(kToday));

    await reader.query('COMMIT');
    expect(await keeper().runOnce()).toEqual(['anomalies_20260813']);
    const { rows } = await pool.query('SELECT count(*) AS kept FROM anomalies');
    expect(rows).toEqual([{ kept: 2 }]);
    await reader.end();
    await writer.end();
  });

  it('bounds the tables without partitions', async () => {
    await pool.query(
      `INSERT INTO rejected (subject, reason, sample)
       SELECT 's', n::text, '' FROM generate_series(1, $1) AS n`,
      [KEPT_REJECTED_ROWS + 7],
    );
    await pool.query(
      `INSERT INTO batches (id, seq, events, stored_at) VALUES
       (gen_random_uuid(), 1, 1, now() - interval '15 days'), (gen_random_uuid(), 2, 1, now())`,
    );
    await pool.query(
      `INSERT INTO devices (ip, first_seen, last_seen, updated_at) VALUES
       ('10.0.0.1', now(), now(), now() - interval '91 days'),
       ('10.0.0.2', '2001-01-01', '2001-01-01', now())`,
    );
    await keeper().runOnce();
    const { rows } = await pool.query(
      `SELECT (SELECT count(*) FROM rejected) AS rejected, (SELECT min(reason::int) FROM rejected) AS oldest,
         (SELECT array_agg(seq) FROM batches) AS batches, (SELECT array_agg(ip::text) FROM devices) AS devices`,
    );
    expect(rows).toEqual([
      { rejected: KEPT_REJECTED_ROWS, oldest: 8, batches: ['2'], devices: ['10.0.0.2/32'] },
    ]);
  });

  it('deletes everything over the bounds, however much that is, and counts it', async () => {
    await pool.query('DELETE FROM batches; DELETE FROM rejected');
    await pool.query(
      `INSERT INTO batches (id, seq, events, stored_at)
       SELECT gen_random_uuid(), n, 1, now() - interval '15 days' FROM generate_series(1, 250) AS n`,
    );
    await pool.query(
      `INSERT INTO rejected (subject, reason, sample)
       SELECT 's', n::text, '' FROM generate_series(1, $1) AS n`,
      [KEPT_REJECTED_ROWS + 350],
    );
    const trimmed = await pool.withClient((client) => trim(client, 100));
    expect(trimmed).toMatchObject({ batches: 250, rejected: 350, devices: 0 });
    const { rows } = await pool.query(
      'SELECT (SELECT count(*) FROM rejected) AS rejected, (SELECT count(*) FROM batches) AS batches',
    );
    expect(rows).toEqual([{ rejected: KEPT_REJECTED_ROWS, batches: 0 }]);
  });
});
