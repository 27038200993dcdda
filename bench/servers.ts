/**
 * What the benchmarks of the manager run against: real servers on free ports with the settings that
 * `netmoth up` gives them (fsync on, synchronous commits), and the real manager in a process of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, startNatsServer } from '#cli/processes/nats-server.ts';
import { type PostgresServer, startPostgresServer } from '#cli/processes/postgres-server.ts';
import { freePort } from '#cli/processes/readiness.ts';

const kManager = join(import.meta.dirname, '../manager/src/main.ts');
const kSensor = join(import.meta.dirname, '../sensor/src/main.ts');

/** USER_HZ, the same on every Linux that Node runs on. */
const kTicksPerSecond = 100;

export interface Bed extends AsyncDisposable {
  readonly directory: string;
  nats: NatsServer;
  postgres: PostgresServer;
  /** Starts the servers again after a kill. */
  startNats(): Promise<void>;
  startPostgres(): Promise<void>;
  startManager(): ChildProcess;
  /** A sensor that replays the capture as fast as it can, and ends. */
  startSensor(pcap: string): ChildProcess;
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
  const launch = (args: readonly string[], env: Record<string, string>): ChildProcess => {
    const child = spawn(process.execPath, [...args], {
      // Benchmarks print their result on the standard output; what the parts say goes elsewhere.
      stdio: ['ignore', process.stderr, process.stderr],
      env: { ...process.env, ...env },
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
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
    startManager: () =>
      launch([kManager, '--listen', '127.0.0.1:0'], {
        NETMOTH_MANAGER_STORE_URL: bed.postgres.url('postgres'),
        NETMOTH_MANAGER_NATS_SERVERS: bed.nats.url,
        NETMOTH_MANAGER_LOG_LEVEL: process.env['BENCH_LOG'] ?? 'error',
      }),
    startSensor: (pcap) =>
      launch([kSensor, '--pcap', pcap, '--speed', 'max', '--exit-when-done'], {
        NETMOTH_SENSOR_NATS_SERVERS: bed.nats.url,
        NETMOTH_SENSOR_DATA_DIR: join(directory, 'sensor'),
        NETMOTH_SENSOR_LISTEN: '127.0.0.1:0',
        NETMOTH_SENSOR_DRAIN_MS: '120000',
        NETMOTH_SENSOR_LOG_LEVEL: process.env['BENCH_LOG'] ?? 'error',
      }),
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

/** CPU seconds of a process, of its living children and of those that it has buried. */
export function cpuSeconds(pid: number): number {
  const ownTicks = (of: string): number[] => {
    const fields = readFileSync(`/proc/${of}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return [fields[1], ...fields.slice(11, 15)].map(Number);
  };
  const [, user = 0, system = 0, buriedUser = 0, buriedSystem = 0] = ownTicks(String(pid));
  let ticks = user + system + buriedUser + buriedSystem;
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const [parent, childUser = 0, childSystem = 0] = ownTicks(name);
      if (parent === pid) ticks += childUser + childSystem;
    } catch {
      // It ended while we looked.
    }
  }
  return ticks / kTicksPerSecond;
}
