import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { type Migration, migrate, readMigrations } from './migrate.ts';
import { PARTITIONED_TABLES } from './partitions.ts';
import { StorePool } from './pool.ts';

let server: TestPostgres;
const pools: StorePool[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => {
  for (const pool of pools) await pool.end();
  await server.stop();
});

async function emptyDatabase(): Promise<StorePool> {
  const pool = new StorePool({ url: await server.createDatabase() });
  pools.push(pool);
  return pool;
}

const step = (version: number, sql: string): Migration => ({ version, name: `${version}`, sql });

describe('migrate', () => {
  it('brings an empty database to this version once, however many start together', async () => {
    const pool = await emptyDatabase();
    const known = (await readMigrations()).map((migration) => migration.version);
    const applied = await Promise.all([migrate(pool), migrate(pool), migrate(pool)]);
    expect(applied.flat().sort((a, b) => a - b)).toEqual(known);
    expect(await migrate(pool)).toEqual([]);
    const { rows } = await pool.query('SELECT version FROM schema_version ORDER BY version');
    expect(rows.map((row) => row['version'])).toEqual(known);
  });

  it('partitions exactly the tables that the partition keeper knows', async () => {
    const pool = await emptyDatabase();
    await migrate(pool);
    const { rows } = await pool.query<{ name: string }>(
      'SELECT partrelid::regclass::text AS name FROM pg_partitioned_table',
    );
    expect(rows.map((row) => row.name).sort()).toEqual(
      PARTITIONED_TABLES.map(({ table }) => table).sort(),
    );
  });

  it('refuses a database of a newer version and leaves it alone', async () => {
    const pool = await emptyDatabase();
    const newer = [step(1, 'CREATE TABLE a (n int)'), step(2, 'CREATE TABLE b (n int)')];
    await migrate(pool, newer);
    await expect(migrate(pool, newer.slice(0, 1))).rejects.toMatchObject({
      code: 'NM_STORE_NEWER',
      retryable: false,
      message: expect.stringMatching(/^the database has schema version 2, .* knows 1: .*$/),
    });
    const { rows } = await pool.query("SELECT to_regclass('b') IS NOT NULL AS there");
    expect(rows).toEqual([{ there: true }]);
  });

  it('leaves no trace of a step that fails, and goes on from there next time', async () => {
    const pool = await emptyDatabase();
    const first = step(1, 'CREATE TABLE a (n int)');
    const broken = step(2, 'CREATE TABLE b (n int); SELECT 1 / 0');
    await expect(migrate(pool, [first, broken])).rejects.toMatchObject({ code: '22012' });
    const { rows } = await pool.query("SELECT to_regclass('b') IS NULL AS gone");
    expect(rows).toEqual([{ gone: true }]);
    expect(await migrate(pool, [first, step(2, 'CREATE TABLE b (n int)')])).toEqual([2]);
  });

  it('does not start with a gap in the numbers', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'netmoth-migrations-'));
    writeFileSync(join(directory, '0001-a.sql'), '');
    writeFileSync(join(directory, '0003-c.sql'), '');
    await expect(readMigrations(directory)).rejects.toThrow('0003-c.sql should have number 2');
    rmSync(directory, { recursive: true });
  });
});
