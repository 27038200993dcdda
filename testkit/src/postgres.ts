// A real PostgreSQL for a test. Invariants: it listens on 127.0.0.1 only; kill and restart keep its
// port and its data; stop removes both. fsync is off: a killed server survives that, a power cut is
// not what tests simulate.
import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type PostgresServer, startPostgresServer } from '#cli/processes/postgres-server.ts';
import { freePort, ServerNotReadyError } from '#cli/processes/readiness.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestPostgresOptions {
  /** Server settings by name, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  /** The cluster; what is changed in it while paused holds from the next start. */
  readonly dataDir: string;
  /** The URL of a database (default: the empty maintenance database `postgres`). */
  url(database?: string): string;
  /** Makes an empty database with a name of its own and returns its URL. */
  createDatabase(): Promise<string>;
  readonly lines: readonly string[];
  pid(): number;
  /** SIGKILL of the postmaster, as in a crash. The data stays. */
  kill(): Promise<void>;
  pause(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const kKeptLines = 1_000;
const kRelaunchTimeoutMs = 20_000;
const kTestSettings = {
  fsync: 'off',
  shared_buffers: '64MB',
  max_connections: '60',
  log_checkpoints: 'off',
};

export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const directory = temporaryDirectory('netmoth-postgres');
  chmodSync(directory.path, 0o711);
  const port = await freePort();
  const lines: string[] = [];
  const launch = (): Promise<PostgresServer> =>
    launchPatiently({
      dataDir: join(directory.path, 'data'),
      port,
      user: 'netmoth',
      password: 'netmoth-test',
      settings: { ...kTestSettings, ...options.settings },
      onLine: (line) => {
        lines.push(line);
        if (lines.length > kKeptLines) lines.shift();
      },
    });
  let server = await launch().catch((error: unknown) => {
    directory.remove();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    directory.remove();
  };
  return {
    port,
    dataDir: join(directory.path, 'data'),
    url: (database) => server.url(database),
    createDatabase: async () => {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await withClient(server.url(), (client) => client.query(`CREATE DATABASE ${name}`));
      return server.url(name);
    },
    lines,
    pid: () => server.pid,
    kill: async () => void (await server.kill()),
    pause: async () => void (await server.stop()),
    start: async () => {
      if (server.running) throw new Error('the test PostgreSQL is already running');
      server = await launch();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** After a kill the old backends may hold the shared memory for a moment: the start is tried again. */
async function launchPatiently(
  options: Parameters<typeof startPostgresServer>[0],
): Promise<PostgresServer> {
  const deadline = Date.now() + kRelaunchTimeoutMs;
  for (;;) {
    const server = await startPostgresServer(options);
    try {
      await server.ready();
      return server;
    } catch (error) {
      await server.kill();
      if (!(error instanceof ServerNotReadyError) || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
