/**
 * Makes the partitions of the days to come and removes those whose time is over.
 *
 * Invariants: the service never runs CREATE … PARTITION OF nor DROP of an attached partition, which
 * would make ingest wait behind a reader: tables are made apart and attached, detached CONCURRENTLY and
 * then dropped, and each step that meets a lock gives up after lockTimeoutMs and is taken up again in
 * the next round. One replica works at a time (advisory lock).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { ADVISORY_LOCKS } from './migrate.ts';
import {
  addDays,
  dayOf,
  PARTITIONED_TABLES,
  type PartitionedTable,
  partitionName,
  type Retention,
} from './partitions.ts';
import type { StorePool } from './pool.ts';
import { type Trimmed, trim } from './trim.ts';

export interface PartitionKeeperOptions {
  readonly pool: StorePool;
  readonly log: Logger;
  readonly retention: Retention;
  /** Partitions are made for today and this many days ahead. */
  readonly daysAhead?: number;
  readonly lockTimeoutMs?: number;
  /** Told how many rows each trimming removed. */
  readonly onTrimmed?: (rows: Trimmed) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const kDaysAhead = 3;
const kLockTimeoutMs = 10_000;
/** Between whole rounds the tables that a faulty or hostile sender can fill are trimmed. */
const kTrimMs = 60_000;
const kTrimsPerRound = 60;
const kRetryMs = 30_000;
/** lock_not_available, query_canceled */
const GAVE_UP: ReadonlySet<unknown> = new Set(['55P03', '57014']);

export class PartitionKeeper {
  readonly #options: PartitionKeeperOptions;
  readonly #days = new Set<string>();

  constructor(options: PartitionKeeperOptions) {
    this.#options = options;
  }

  today(): string {
    return dayOf((this.#options.now ?? Date.now)());
  }

  /** Makes sure that every table can take rows stored on `day`; cheap when it was asked before. */
  async ensureDay(day: string): Promise<void> {
    if (this.#days.has(day)) return;
    await this.#options.pool.withClient(async (client) => {
      await locked(client, () => makeMissing(client, day));
    });
    // A process lives through few days; what is remembered is bounded all the same.
    if (this.#days.size > 1_000) this.#days.clear();
    this.#days.add(day);
  }

  /** Forgets which days are there: after an insert found no partition. */
  forget(): void {
    this.#days.clear();
  }

  /** One round: days ahead, retention, trimming. Returns the partitions dropped. */
  async runOnce(): Promise<readonly string[]> {
    const { pool, daysAhead = kDaysAhead } = this.#options;
    const today = this.today();
    for (let ahead = 0; ahead <= daysAhead; ahead++) await this.ensureDay(addDays(today, ahead));
    const dropped = await pool.withClient((client) =>
      locked(client, () => this.#dropExpired(client, today)),
    );
    await this.trimOnce();
    return dropped;
  }

  /** Brings the tables without partitions back to their bounds. */
  async trimOnce(): Promise<void> {
    const { pool, onTrimmed } = this.#options;
    const rows = await pool.withClient((client) => trim(client));
    onTrimmed?.(rows);
  }

  /** Rounds until the signal; a failed round is logged and repeated soon. */
  async run(signal: AbortSignal): Promise<void> {
    for (let trims = 0; !signal.aborted; ) {
      let waitMs = kTrimMs;
      try {
        if (trims % kTrimsPerRound === 0) {
          const dropped = await this.runOnce();
          if (dropped.length > 0) this.#options.log.info({ dropped }, 'partitions dropped');
        } else await this.trimOnce();
        trims += 1;
      } catch (error) {
        this.#options.log.error({ err: error }, 'partition keeping failed');
        waitMs = kRetryMs;
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #dropExpired(client: pg.PoolClient, today: string): Promise<readonly string[]> {
    const { retention, log, lockTimeoutMs = kLockTimeoutMs } = this.#options;
    await client.query(`SET lock_timeout = ${Math.ceil(lockTimeoutMs)}`);
    await client.query(`SET statement_timeout = ${Math.ceil(lockTimeoutMs)}`);
    const dropped: string[] = [];
    try {
      for (const { table, retention: kept } of PARTITIONED_TABLES) {
        // The day of storing counts: a day is over once its last hour is older than the retention.
        const { rows } = await client.query<{ name: string }>(
          'SELECT name FROM partitions WHERE parent = $1 AND day < $2::date ORDER BY day',
          [table, addDays(today, -retention[kept])],
        );
        for (const { name } of rows) {
          try {
            await dropPartition(client, table, name);
            dropped.push(name);
          } catch (error) {
            if (!(error instanceof Error && 'code' in error && GAVE_UP.has(error.code)))
              throw error;
            log.warn({ partition: name }, 'an expired partition is in use, next round');
            break;
          }
        }
      }
    } finally {
      await client.query('RESET lock_timeout; RESET statement_timeout').catch(() => undefined);
    }
    return dropped;
  }
}

async function locked<T>(client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCKS.partitions]);
  try {
    return await work();
  } finally {
    await client
      .query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCKS.partitions])
      .catch(() => undefined);
  }
}

async function makeMissing(client: pg.PoolClient, day: string): Promise<void> {
  const { rows } = await client.query<{ parent: string }>(
    'SELECT parent FROM partitions WHERE day = $1',
    [day],
  );
  const present = new Set(rows.map((row) => row.parent));
  const missing = PARTITIONED_TABLES.filter(({ table }) => !present.has(table));
  if (missing.length === 0) return;
  await client.query('BEGIN');
  try {
    await client.query(missing.map((table) => makeSql(table, day)).join('\n'));
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function makeSql({ table, updated }: PartitionedTable, day: string): string {
  const name = partitionName(table, day);
  return `
    CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL) ${updated ? 'WITH (fillfactor = 70)' : ''};
    ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${day}') TO ('${addDays(day, 1)}');
    INSERT INTO partitions (name, parent, day) VALUES ('${name}', '${table}', '${day}');`;
}

async function dropPartition(client: pg.PoolClient, table: string, name: string): Promise<void> {
  const { rows } = await client.query<{ pending: boolean }>(
    'SELECT inhdetachpending AS pending FROM pg_inherits WHERE inhrelid = to_regclass($1)',
    [name],
  );
  const attached = rows[0];
  if (attached !== undefined) {
    // A round that gave up while readers were there leaves the detachment to be finished.
    const how = attached.pending ? 'FINALIZE' : 'CONCURRENTLY';
    await client.query(`ALTER TABLE ${table} DETACH PARTITION ${name} ${how}`);
  }
  await client.query(`DROP TABLE IF EXISTS ${name}`);
  await client.query('DELETE FROM partitions WHERE name = $1', [name]);
}
