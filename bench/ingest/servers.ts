/**
 * What the benchmarks of the manager run against: real servers on free ports with the settings that
 * `netmoth up` gives them (fsync on, synchronous commits), and the real manager in a process of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, startNatsServer } from '#cli/processes/nats-server.ts';
import { type PostgresServer, startPostgresServer } from '#cli/processes/postgres-server.ts';
import { freePort } from '#cli/processes/readiness.ts';

const kMain = join(import.meta.dirname, '../../manager/src/main.ts');

export interface Bed extends AsyncDisposable {
  readonly directory: string;
  nats: NatsServer;
  postgres: PostgresServer;
  /** Starts the servers again after a kill. */
  startNats(): Promise<void>;
  startPostgres(): Promise<void>;
  startManager(): ChildProcess;
}

export async function startBed(): Promise<Bed> {
  const directory = mkdtempSync(join(tmpdir(), 'netmoth-bench-'));
  chmodSync(directory, 0o711);
  const [natsPort, postgresPort] = [await freePort(), await freePort()];
  const children = new Set<ChildProcess>();
  const launchNats = async (): Promise<NatsServer> => {
    const server = await startNatsServer({ dataDir: join(directory, 'nats'), port: natsPort });
    await server.ready();
    return server;
  };
  const launchPostgres = async (): Promise<PostgresServer> => {
    const server = await startPostgresServer({
      dataDir: join(directory, 'postgres'),
      port: postgresPort,
      user: 'netmoth',
      password: 'bench',
    });
    await server.ready();
    return server;
  };
  const bed: Bed = {
    directory,
    nats: await launchNats(),
    postgres: await launchPostgres(),
    startNats: async () => {
      bed.nats = await launchNats();
    },
    startPostgres: async () => {
      bed.postgres = await launchPostgres();
    },
    startManager: () => {
      const child = spawn(process.execPath, [kMain, '--listen', '127.0.0.1:0'], {
        stdio: ['ignore', process.env['BENCH_LOG'] ? 'inherit' : 'ignore', 'inherit'],
        env: {
          ...process.env,
          NETMOTH_MANAGER_STORE_URL: bed.postgres.url('postgres'),
          NETMOTH_MANAGER_NATS_SERVERS: bed.nats.url,
          NETMOTH_MANAGER_LOG_LEVEL: process.env['BENCH_LOG'] ?? 'warn',
        },
      });
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of children) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await bed.nats.stop();
      await bed.postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return bed;
}
