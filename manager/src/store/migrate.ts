/**
 * Brings the schema to this version: numbered files of SQL, each in a transaction of its own.
 *
 * Invariants: forward only; one process at a time (advisory lock, others wait and then find the work
 * done); a database of a newer version is left alone with NM_STORE_NEWER.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { NetmothError } from '#contracts/errors.ts';
import type { StorePool } from './pool.ts';

export const MIGRATIONS_DIR = join(import.meta.dirname, 'migrations');
/** Keys of the advisory locks that Netmoth takes in its database. */
export const ADVISORY_LOCKS = { migrate: 7_301_001, partitions: 7_301_002 } as const;

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** The migrations of a directory, by number; the numbers are 1, 2, 3, … without a gap. */
export async function readMigrations(directory = MIGRATIONS_DIR): Promise<readonly Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file, index) => {
      const version = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1]);
      if (version !== index + 1) {
        throw new NetmothError('NM_INTERNAL', `migration ${file} should have number ${index + 1}`);
      }
      return { version, name: file, sql: await readFile(join(directory, file), 'utf8') };
    }),
  );
}

/** Applies what is missing and returns the versions applied. */
export async function migrate(
  pool: StorePool,
  migrations?: readonly Migration[],
): Promise<readonly number[]> {
  const known = migrations ?? (await readMigrations());
  return pool.withClient(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCKS.migrate]);
    try {
      return await applyMissing(client, known);
    } finally {
      // Where the connection is lost the lock went with it.
      await client
        .query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCKS.migrate])
        .catch(() => undefined);
    }
  });
}

async function applyMissing(
  client: pg.PoolClient,
  known: readonly Migration[],
): Promise<readonly number[]> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_version (
       version integer PRIMARY KEY,
       name text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
  const { rows } = await client.query<{ version: number }>(
    'SELECT coalesce(max(version), 0) AS version FROM schema_version',
  );
  const present = rows[0]?.version ?? 0;
  const newest = known.at(-1)?.version ?? 0;
  if (present > newest) {
    throw new NetmothError(
      'NM_STORE_NEWER',
      `the database has schema version ${present}, this Netmoth knows ${newest}: use the newer Netmoth`,
    );
  }
  const missing = known.filter((migration) => migration.version > present);
  for (const migration of missing) await apply(client, migration);
  return missing.map((migration) => migration.version);
}

async function apply(client: pg.PoolClient, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_version (version, name) VALUES ($1, $2)', [
      migration.version,
      migration.name,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
