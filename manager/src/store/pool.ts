/**
 * The way to PostgreSQL: a pool that finds the primary among several hosts and forgets it when it fails.
 *
 * `pg` itself knows one host. Here every host is asked at once who is not in recovery; the first that
 * says so gets the pool. Any error that a dead, restarting or demoted server gives throws the whole pool
 * away, so the next call asks again. Nothing is retried in here: the caller owns the transaction and
 * repeats it (batches carry ids, so repeating is harmless), asking isTransient whether it makes sense.
 *
 * Values come back as the API sends them: int8 and numeric as number (cast ids to text), timestamptz as
 * `2026-11-20T14:32:15.123456Z`, date as `2026-11-20`. The session's time zone is UTC.
 */
import pg from 'pg';
import { NetmothError } from '#contracts/errors.ts';
import { hostsOf, type StoreHost } from './store-url.ts';

export interface StorePoolOptions {
  /** postgres://user:password@host[:port][,host[:port]…]/database[?sslmode=…] */
  readonly url: string;
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
  /** A statement that runs longer is cancelled by the server; 0 is never. */
  readonly statementTimeoutMs?: number;
  readonly applicationName?: string;
  /** Told once for each pool thrown away, with the error that did it. */
  readonly onFailover?: (error: unknown) => void;
}

const kMaxConnections = 10;
const kConnectTimeoutMs = 5_000;

/** Errors after which the server, not the statement, is at fault. */
const TRANSIENT_STATES = /^(57P0[1-5]|25006|08...|53...|40001|40P01|55P03)$/;
/** Of those, the ones that say nothing about the connection: repeat, but keep the pool. */
const REPEAT_ONLY_STATES = /^(40001|40P01|55P03|53100|53200)$/;
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'NM_STORE_UNAVAILABLE',
]);

/** `pg` reports a lost connection as a plain Error without a code; these are its own words for it. */
const LOST_CONNECTION =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|timeout exceeded when trying to connect|Client was closed)/;

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** The same transaction may succeed when it is repeated, perhaps on another server. */
export function isTransient(error: unknown): boolean {
  if (error instanceof NetmothError) return error.retryable;
  const code = codeOf(error);
  if (TRANSIENT_CODES.has(code) || TRANSIENT_STATES.test(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  return error instanceof Error && code === '' && LOST_CONNECTION.test(error.message);
}

function isServerLost(error: unknown): boolean {
  return isTransient(error) && !REPEAT_ONLY_STATES.test(codeOf(error));
}

export class StorePool {
  readonly #options: StorePoolOptions;
  readonly #hosts: readonly StoreHost[];
  #pool: Promise<pg.Pool> | undefined;
  #ended = false;
  readonly #retiring = new Set<Promise<void>>();

  constructor(options: StorePoolOptions) {
    this.#options = options;
    this.#hosts = hostsOf(options.url);
  }

  /** One statement on any connection. */
  async query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<R>> {
    return this.withClient((client) => client.query<R>(text, [...values]));
  }

  /** Lends one connection for as long as `use` runs; a connection of a lost server is not reused. */
  async withClient<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const pool = await this.#primary();
    let client: pg.PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      this.#discard(pool, error);
      throw unavailable(error);
    }
    let broken = false;
    const onError = (): void => {
      broken = true;
    };
    client.on('error', onError);
    try {
      return await use(client);
    } catch (error) {
      if (isServerLost(error)) {
        broken = true;
        this.#discard(pool, error);
      }
      throw error;
    } finally {
      client.removeListener('error', onError);
      client.release(broken);
    }
  }

  /** BEGIN, `work`, COMMIT; ROLLBACK when `work` throws. */
  async withTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      await client.query('BEGIN');
      try {
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // A failed ROLLBACK says only what `error` says already: the connection is gone.
        await client.query('ROLLBACK').catch(() => client.emit('error', toError(error)));
        throw error;
      }
    });
  }

  async end(): Promise<void> {
    this.#ended = true;
    const pool = await this.#pool?.catch(() => undefined);
    this.#pool = undefined;
    await pool?.end();
    await Promise.allSettled(this.#retiring);
  }

  #primary(): Promise<pg.Pool> {
    if (this.#ended) {
      return Promise.reject(new NetmothError('NM_STORE_UNAVAILABLE', 'the store is closed'));
    }
    if (this.#pool === undefined) {
      const found = this.#findPrimary();
      this.#pool = found;
      found.catch(() => {
        if (this.#pool === found) this.#pool = undefined;
      });
    }
    return this.#pool;
  }

  async #findPrimary(): Promise<pg.Pool> {
    try {
      return await Promise.any(this.#hosts.map((host) => this.#poolIfPrimary(host)));
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #poolIfPrimary(host: StoreHost): Promise<pg.Pool> {
    const pool = new pg.Pool({
      connectionString: host.connectionString,
      max: this.#options.maxConnections ?? kMaxConnections,
      connectionTimeoutMillis: this.#options.connectTimeoutMs ?? kConnectTimeoutMs,
      application_name: this.#options.applicationName ?? 'netmoth-manager',
      statement_timeout: this.#options.statementTimeoutMs ?? 0,
      keepAlive: true,
      options: '-c timezone=UTC -c datestyle=ISO',
      types: { getTypeParser },
    });
    // An idle connection that dies tells us here; without a listener it would end the process.
    pool.on('error', (error) => this.#discard(pool, error));
    try {
      const { rows } = await pool.query<{ standby: boolean }>(
        'SELECT pg_is_in_recovery() AS standby',
      );
      if (rows[0]?.standby !== false) {
        throw new NetmothError('NM_STORE_UNAVAILABLE', `${host.name} is a standby`, {
          retryable: true,
        });
      }
      return pool;
    } catch (error) {
      void this.#retire(pool);
      throw error;
    }
  }

  #discard(pool: pg.Pool, error: unknown): void {
    const current = this.#pool;
    void current?.then(
      (held) => {
        if (held !== pool || this.#pool !== current) return;
        this.#pool = undefined;
        this.#options.onFailover?.(error);
        void this.#retire(pool);
      },
      () => undefined,
    );
  }

  async #retire(pool: pg.Pool): Promise<void> {
    const ended = pool.end().catch(() => undefined);
    this.#retiring.add(ended);
    await ended;
    this.#retiring.delete(ended);
  }
}

function unavailable(error: unknown): NetmothError {
  if (error instanceof NetmothError) return error;
  const reasons = error instanceof AggregateError ? error.errors : [error];
  const permanent = reasons.find((reason) => !isTransient(reason));
  const words = reasons.map((reason) => toError(reason).message || codeOf(reason)).join('; ');
  return new NetmothError('NM_STORE_UNAVAILABLE', `PostgreSQL cannot be reached: ${words}`, {
    cause: error,
    retryable: permanent === undefined,
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

const kInt8 = 20;
const kNumeric = 1700;
const kDate = 1082;
const kTimestamptz = 1184;

function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (format !== 'binary') {
    if (oid === kInt8 || oid === kNumeric) return Number;
    if (oid === kDate) return String;
    if (oid === kTimestamptz) return rfc3339;
  }
  return pg.types.getTypeParser(oid, format ?? 'text');
}

/** `2026-11-20 14:32:15.12+00` → `2026-11-20T14:32:15.120000Z`; what has another form stays as it is. */
function rfc3339(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (parts === null) return text;
  return `${parts[1]}T${parts[2]}.${(parts[3] ?? '').padEnd(6, '0')}Z`;
}
