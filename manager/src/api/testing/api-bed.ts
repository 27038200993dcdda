// A whole API server for tests on a real database, a real bus and a real port. Invariants: the caller
// starts PostgreSQL and NATS (testkit) and hands over their URLs; what is made here, close() ends.
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { Registry } from 'prom-client';
import { SESSION_COOKIE } from '#contracts/rest.ts';
import { migrate } from '../../store/migrate.ts';
import { PartitionKeeper } from '../../store/partition-keeper.ts';
import { DEFAULT_RETENTION } from '../../store/partitions.ts';
import { StorePool } from '../../store/pool.ts';
import type { ApiConfig, ApiDeps } from '../api-deps.ts';
import { ensureAdmin } from '../auth/accounts.ts';
import { createApiServer } from '../server.ts';

export const ADMIN_PASSWORD = 'moth to the lamp';

export interface ApiBedOptions {
  readonly storeUrl: string;
  readonly natsUrl?: string;
  readonly config?: Partial<ApiConfig>;
  readonly supervisorStateFile?: string;
  /** What enriching knows, for GET /addresses. */
  readonly knowledge?: Pick<ApiDeps, 'places' | 'names'>;
  /** Starting time of the bed's clock; it stands still but for `advance`. Absent: the real clock. */
  readonly nowMs?: number;
}

export interface ApiBed extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly pool: StorePool;
  readonly nats: NatsConnection | null;
  readonly url: string;
  /** Lines the server logged, parsed. */
  readonly log: readonly Record<string, unknown>[];
  advance(ms: number): void;
  nowMs(): number;
  /** Logs in and returns the cookie header. */
  logIn(): Promise<string>;
  /** GET below /api/v1 with a session; the parsed JSON. */
  get(path: string): Promise<unknown>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export async function startApiBed(options: ApiBedOptions): Promise<ApiBed> {
  let nowMs = options.nowMs;
  const clock = (): number => nowMs ?? Date.now();
  const pool = new StorePool({ url: options.storeUrl, statementTimeoutMs: 15_000 });
  await migrate(pool);
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => log.push(JSON.parse(line)) });
  const keeper = new PartitionKeeper({
    pool,
    log: logger,
    retention: DEFAULT_RETENTION,
    now: clock,
  });
  await keeper.ensureDay(keeper.today());
  await ensureAdmin(pool, { password: ADMIN_PASSWORD });
  const nats = options.natsUrl === undefined ? null : await connect({ servers: options.natsUrl });
  const app = await createApiServer({
    pool,
    nats,
    config: { trustProxy: false, cookieSecure: false, ...options.config },
    logger,
    registry: new Registry(),
    clock,
    version: '0.0.0-test',
    ...options.knowledge,
    ...(options.supervisorStateFile === undefined
      ? {}
      : { supervisorStateFile: options.supervisorStateFile }),
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  let cookie: string | undefined;

  const bed: ApiBed = {
    app,
    pool,
    nats,
    url,
    log,
    advance: (ms) => {
      nowMs = clock() + ms;
    },
    nowMs: clock,
    fetch: (path, init) => fetch(`${url}${path}`, init),
    logIn: async () => {
      const response = await bed.fetch('/api/v1/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: 'admin', password: ADMIN_PASSWORD }),
      });
      if (!response.ok) throw new Error(`login: ${response.status} ${await response.text()}`);
      const set = response.headers.getSetCookie().find((each) => each.startsWith(SESSION_COOKIE));
      return set?.split(';', 1)[0] ?? '';
    },
    get: async (path) => {
      cookie ??= await bed.logIn();
      const response = await bed.fetch(`/api/v1${path}`, { headers: { cookie } });
      const text = await response.text();
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await nats?.close();
      await pool.end();
    },
  };
  return bed;
}
