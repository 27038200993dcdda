/**
 * The four parts of `netmoth up` and what each is told: nats-server, PostgreSQL, manager, sensor.
 *
 * Invariant: every part listens on loopback but the manager, which listens where the user said; secrets
 * reach a part through a 0600 file or its environment, never through its arguments.
 */
import { join, resolve } from 'node:path';
import type { ListenAddress } from '#contracts/listen-address.ts';
import { type DataDir, writeSecretly } from '../data-dir.ts';
import { startNatsServer } from '../processes/nats-server.ts';
import { startPostgresServer } from '../processes/postgres-server.ts';
import { urlOf } from './listen-address.ts';
import { nodePart } from './node-part.ts';
import { endedAtStart, type LaunchedPart, type PartSpec } from './supervisor.ts';

/** What the sensor watches. */
export interface Source {
  readonly interface?: string | undefined;
  readonly strategy?: string | undefined;
  readonly bpf?: string | undefined;
  readonly pcap?: string | undefined;
  readonly speed: number | 'max';
}

export interface PartPorts {
  readonly nats: number;
  readonly postgres: number;
  readonly sensor: number;
}

export interface PartsOptions {
  readonly dataDir: DataDir;
  readonly listen: ListenAddress;
  readonly ports: PartPorts;
  readonly source: Source;
  /** Of the account `admin`, at the first start only. */
  readonly adminPassword: string | undefined;
  readonly geoip: string | undefined;
  /** Compiled signatures to match with. */
  readonly bundle: string | undefined;
  readonly webRoot: string;
  readonly log: (part: string) => (line: string) => void;
}

const BUS_USER = 'netmoth';
const STORE_USER = 'netmoth';
const HOST = '127.0.0.1';
/** The sensor hands its last batches to the bus before it ends (at most about 15 s). */
const SENSOR_GRACE_MS = 20_000;
const MANAGER_GRACE_MS = 15_000;

/** In the order in which they start. */
export function upParts(options: PartsOptions): PartSpec[] {
  return [natsPart(options), postgresPart(options), managerPart(options), sensorPart(options)];
}

function natsPart({ dataDir, ports, log }: PartsOptions): PartSpec {
  const credentials = { user: BUS_USER, pass: dataDir.secret('nats-password') };
  return {
    name: 'nats',
    launch: async () => {
      const server = await startNatsServer({
        dataDir: dataDir.nats,
        port: ports.nats,
        credentials,
        config: `authorization { user: ${BUS_USER}, password: ${JSON.stringify(credentials.pass)} }`,
        onLine: log('nats'),
      });
      return launched(server, 'nats', async (signal) => {
        const { version } = await server.ready({ signal });
        return `nats-server ${version} with JetStream on ${HOST}:${ports.nats}`;
      });
    },
  };
}

function postgresPart({ dataDir, ports, log }: PartsOptions): PartSpec {
  return {
    name: 'postgres',
    launch: async () => {
      const server = await startPostgresServer({
        dataDir: dataDir.postgres,
        port: ports.postgres,
        user: STORE_USER,
        password: dataDir.secret('postgres-password'),
        onLine: log('postgres'),
      });
      return launched(server, 'postgres', async (signal) => {
        const { version } = await server.ready({ signal });
        return `PostgreSQL ${version} on ${HOST}:${ports.postgres}`;
      });
    },
  };
}

function managerPart(options: PartsOptions): PartSpec {
  const { dataDir, ports, listen, adminPassword, log } = options;
  const config = join(dataDir.root, 'manager.json');
  const storePassword = encodeURIComponent(dataDir.secret('postgres-password'));
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  writeSecretly(
    config,
    JSON.stringify({
      listen: `${host}:${listen.port}`,
      store: {
        url: `postgres://${STORE_USER}:${storePassword}@${HOST}:${ports.postgres}/postgres`,
      },
      nats: busLogin(options),
      http: { webRoot: options.webRoot },
      signatures: { owner: 'manager' },
      ...(options.geoip === undefined ? {} : { geoipFile: resolve(options.geoip) }),
      ...(adminPassword === undefined ? {} : { adminPassword }),
      localToken: localToken(dataDir),
      supervisorState: dataDir.supervisorState,
    }),
  );
  return nodePart({
    name: 'manager',
    args: ['manager', '--config', config],
    healthUrl: urlOf(listen),
    description: `dashboard and API on ${urlOf(listen)}`,
    onLine: log('manager'),
    stopGraceMs: MANAGER_GRACE_MS,
  });
}

function busLogin({ dataDir, ports }: PartsOptions) {
  return {
    servers: [`nats://${HOST}:${ports.nats}`],
    user: BUS_USER,
    password: dataDir.secret('nats-password'),
  };
}

/** The token `netmoth query` and `netmoth status` use; in the form API tokens have. */
function localToken(dataDir: DataDir): string {
  const token = `nm_${dataDir.secret('cli-token-seed')}`;
  writeSecretly(dataDir.cliToken, `${token}\n`);
  return token;
}

function sensorPart(options: PartsOptions): PartSpec {
  const { dataDir, ports, source, log, bundle } = options;
  const config = join(dataDir.root, 'sensor.json');
  const { pcap, speed, bpf, strategy } = source;
  const watched =
    pcap === undefined
      ? { capture: { interface: source.interface, strategy, bpfFilter: bpf } }
      : { replay: { path: resolve(pcap), speed } };
  writeSecretly(
    config,
    JSON.stringify({
      ...watched,
      dataDir: dataDir.root,
      spool: { dir: dataDir.spool },
      signatures: { bundle },
      listen: `${HOST}:${ports.sensor}`,
      nats: busLogin(options),
    }),
  );
  return nodePart({
    name: 'sensor',
    // A replay that began again would store its events a second time.
    restart: pcap === undefined,
    args: ['sensor', '--config', config],
    healthUrl: `http://${HOST}:${ports.sensor}`,
    description:
      pcap === undefined
        ? `capturing on ${source.interface ?? 'no interface'}`
        : `replaying ${pcap}, speed ${speed}`,
    onLine: log('sensor'),
    stopGraceMs: SENSOR_GRACE_MS,
  });
}

type Server = Pick<LaunchedPart, 'pid' | 'exited' | 'stop'>;

function launched(
  server: Server,
  name: string,
  ready: (signal: AbortSignal) => Promise<string>,
): LaunchedPart {
  return {
    pid: server.pid,
    exited: server.exited,
    stop: () => server.stop(),
    ready: async (signal) => {
      const ended = server.exited.then((exit) => {
        throw endedAtStart(name, exit);
      });
      ended.catch(() => undefined);
      return Promise.race([ended, ready(signal)]);
    },
  };
}
