// Runs a nats-server with JetStream. Invariants: one data directory and one port per server, the same
// after a restart; ready means JetStream itself answered; credentials stand in a file only we can read.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { NetmothError } from '#contracts/errors.ts';
import { type Child, type ChildExit, startChild } from './child.ts';
import { untilReady } from './readiness.ts';

export interface NatsServerOptions {
  /** The executable; setup leaves it at build/bin/nats-server in the clone. */
  readonly binary?: string;
  /** Directory for the configuration and JetStream's store; made 0700 when it does not exist. */
  readonly dataDir: string;
  readonly host?: string;
  readonly port: number;
  readonly serverName?: string;
  /** More configuration, in nats-server's own syntax (authorization, limits, monitoring …). */
  readonly config?: string;
  /** What the readiness probe logs in with, where `config` asks for it. */
  readonly credentials?: { readonly user: string; readonly pass: string };
  readonly onLine?: (line: string) => void;
}

export interface NatsServer {
  readonly url: string;
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  readonly running: boolean;
  /** Resolves when JetStream answers; rejects with ServerNotReadyError. */
  ready(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<{ version: string }>;
  stop(graceMs?: number): Promise<ChildExit>;
  kill(): Promise<ChildExit>;
}

const kStopGraceMs = 10_000;
const kReadyTimeoutMs = 30_000;
const kProbeTimeoutMs = 1_000;

/** Where setup leaves the server it built or found. */
export const installedNatsServer = join(import.meta.dirname, '../../../build/bin/nats-server');

export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const { binary = installedNatsServer, dataDir, host = '127.0.0.1', port } = options;
  if (!existsSync(binary)) {
    throw new NetmothError('NM_SETUP_MISSING', `${binary} is missing: run \`npm run setup\``);
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const configFile = join(dataDir, 'nats-server.conf');
  writeFileSync(configFile, configText({ ...options, host }), { mode: 0o600 });
  const child = await startChild({
    command: binary,
    args: ['--config', configFile],
    cwd: dataDir,
    onLine: options.onLine,
  });
  return serverOf(child, `nats://${host}:${port}`, options);
}

function serverOf(child: Child, url: string, options: NatsServerOptions): NatsServer {
  return {
    url,
    pid: child.pid,
    exited: child.exited,
    get running() {
      return child.running;
    },
    ready: ({ timeoutMs = kReadyTimeoutMs, signal } = {}) =>
      untilReady(child, () => probe(url, options.credentials), {
        name: 'nats-server',
        timeoutMs,
        signal,
      }),
    stop: (graceMs = kStopGraceMs) => child.stop(['SIGTERM'], graceMs),
    kill: () => child.kill(),
  };
}

function configText(options: NatsServerOptions & { host: string }): string {
  const { host, port, dataDir, serverName = 'netmoth', config = '' } = options;
  return [
    '# Written by netmoth at every start.',
    `listen: ${JSON.stringify(`${host}:${port}`)}`,
    `server_name: ${JSON.stringify(serverName)}`,
    `jetstream { store_dir: ${JSON.stringify(join(dataDir, 'store'))} }`,
    config,
    '',
  ].join('\n');
}

async function probe(
  url: string,
  credentials: NatsServerOptions['credentials'],
): Promise<{ version: string }> {
  const connection = await connect({
    servers: url,
    reconnect: false,
    timeout: kProbeTimeoutMs,
    ...credentials,
  });
  try {
    const reply = await connection.request('$JS.API.INFO', '', { timeout: kProbeTimeoutMs });
    const info: unknown = reply.json();
    if (typeof info !== 'object' || info === null || 'error' in info) {
      throw new Error('JetStream is not ready yet');
    }
    return { version: connection.info?.version ?? 'unknown' };
  } finally {
    await connection.close();
  }
}
