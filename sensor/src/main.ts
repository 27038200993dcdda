/**
 * The sensor process: puts the parts together, runs them, and ends them in order.
 *
 * Invariant: what the engine handed over is acknowledged by the bus or in the spool when this returns,
 * or it is counted as lost. A fault at the start is one NetmothError before anything was captured.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BundleRefused } from '#contracts/bundle-faults.ts';
import { NetmothError } from '#contracts/errors.ts';
import type { NativeEngine } from '#contracts/native.ts';
import { sensorInbox } from '#contracts/nats.ts';
import { helpText, parseArguments } from './arguments.ts';
import { BundleCache } from './bundle-cache.ts';
import { fetchBundle } from './bundle-fetch.ts';
import { Bus } from './bus.ts';
import { loadConfig, type ResolvedConfig, redacted } from './config.ts';
import { EventFilter } from './event-filter.ts';
import { type HttpServer, serveHttp } from './http.ts';
import { Intake } from './intake.ts';
import { LiveSettings } from './live-settings.ts';
import { makeLog } from './log.ts';
import { makeMetrics } from './metrics.ts';
import { Outbox } from './outbox.ts';
import { Publisher } from './publisher.ts';
import { Reporter } from './reporter.ts';
import { Sensor, type SensorOptions } from './sensor.ts';
import { SignatureKeeper } from './signature-keeper.ts';
import { sourceOf } from './source.ts';
import { SpoolDirectory } from './spool-directory.ts';
import { version } from './version.ts';

const MiB = 1024 * 1024;
/** What a message's headers and subject take of the server's max_payload at most. */
const kHeadroomBytes = 1_024;

export interface SensorParts {
  readonly engine: NativeEngine;
  /** Ends the sensor as SIGTERM does. */
  readonly signal: AbortSignal;
}

/** Runs until a signal, a failed capture, or the end of a replay with exitWhenDone; the exit status. */
export async function runSensor(
  argv: readonly string[],
  given: Partial<SensorParts> = {},
): Promise<number> {
  const line = parseArguments(argv);
  if (line.help) {
    process.stdout.write(helpText());
    return 0;
  }
  const config = loadConfig(line);
  const engine = given.engine ?? (await import('#native/index.ts'));
  const source = sourceOf(config, engine);
  const log = makeLog({ level: config.logLevel, sensor: config.name, node: config.node });
  const directory = await SpoolDirectory.open(config.spoolDir, { fsync: config.spool.fsync });
  const parts = assemble({ config, source, engine, log, directory });
  const { sensor } = parts;
  let http: HttpServer | undefined;
  try {
    http = await serve(config, parts);
    await sensor.start();
  } catch (error) {
    await http?.close();
    await parts.outbox.close();
    throw error;
  }
  const found = parts.outbox.state();
  log.info({ batches: found.batches, events: found.spooledEvents }, 'Spool opened');
  log.info({ version, address: http.address, config: redacted(config) }, 'Sensor started');
  const stop = stopSignal(log, given.signal);
  try {
    await Promise.race([stop.requested, sensor.ended]);
    return 0;
  } finally {
    await sensor.stop();
    await http.close();
    stop.forget();
    log.info('Sensor stopped');
  }
}

interface Assembly extends Pick<SensorOptions, 'config' | 'source' | 'engine' | 'log'> {
  readonly directory: SpoolDirectory;
}

/** Makes the parts and tells each of the others; nothing runs yet. */
function assemble({ config, source, engine, log, directory }: Assembly) {
  const { name, node, nats } = config;
  const random = Math.random;
  const bus: Bus = new Bus({
    ...{ servers: nats.servers, user: nats.user, password: nats.password, token: nats.token },
    ...{ creds: config.natsCreds, replicas: nats.replicas, log, random },
    name: `netmoth-sensor ${name}.${node}`,
    ...{ tokenFile: nats.tokenFile, inboxPrefix: sensorInbox(name, node) },
    streamMaxBytes: nats.streamMaxMiB * MiB,
    onChange: () => {
      publisher.busChanged();
      sensor.judge();
      if (bus.up) {
        void reporter.tick();
        signatures.busUp();
      }
    },
  });
  const capacityBytes = config.spool.maxMiB * MiB;
  const outbox: Outbox = new Outbox({
    ...{ directory, capacityBytes, memoryBytes: config.spool.memoryMiB * MiB },
    onWork: () => publisher.pump(),
    accepting: () => publisher.accepting,
  });
  const publisher = new Publisher({
    ...{ bus, outbox, sensor: name, node, log, random },
    ...{ maxInFlight: nats.maxInFlight, ackTimeoutMs: nats.ackTimeoutMs },
    // Batches in flight cannot be evicted: they must leave room for others.
    maxInFlightBytes: Math.min(nats.maxInFlightMiB * MiB, capacityBytes / 2),
  });
  const maxBodyBytes = () => bus.maxPayloadBytes - kHeadroomBytes;
  const intake = new Intake({
    ...{ outbox, capacityBytes: config.outputs.intakeMiB * MiB },
    encode: () => ({ maxBodyBytes: maxBodyBytes(), newId: randomUUID }),
    onFault: (error) => log.error({ err: error }, 'Batch could not be packed'),
  });
  const reporter = new Reporter({
    ...{ bus, sensor: name, node, replicas: nats.replicas, log },
    report: () => sensor.report(),
    onDesired: (desired) => sensor.desire(desired),
    onWithdrawn: () => sensor.withdraw(),
  });
  const now = () => new Date();
  const filter = new EventFilter();
  const signatures = new SignatureKeeper({
    ...{ bundle: config.signatures.bundle, trusted: config.trustedKeys, log, now, random },
    cache: new BundleCache({
      ...{ path: config.signaturesDir, capacityBytes: config.signatures.cacheMiB * MiB, now },
    }),
    fetch: (digest, maxBytes) => {
      if (bus.connection === undefined) throw new BundleRefused('BUNDLE_FETCH', 'the bus is away');
      return fetchBundle(bus.connection, digest, maxBytes);
    },
  });
  const sensor = new Sensor({
    ...{ config, source, engine, intake, outbox, directory, publisher, bus, reporter },
    ...{ signatures, log, version, now, filter },
    settings: new LiveSettings({ config, filter, log }),
  });
  return { bus, outbox, directory, sensor, signatures, filter };
}

function serve(
  config: ResolvedConfig,
  { sensor, bus, directory, signatures, filter }: ReturnType<typeof assemble>,
): Promise<HttpServer> {
  const metrics = makeMetrics({
    readings: () => sensor.readings(),
    conditions: () => sensor.conditions(),
    eventsLeftOut: () => filter.leftOut,
    busReconnects: () => bus.state.reconnects,
    spoolWriteErrors: () => directory.writeErrors,
    signatures: () => signatures.status(),
    bundlesRefused: () => signatures.refusals(),
    version,
  });
  return serveHttp({
    listen: config.listen,
    metrics: () => metrics.render(),
    ready: () => ({ ready: sensor.ready, conditions: sensor.conditions() }),
  });
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(log: Logger, signal: AbortSignal | undefined) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = false;
  const ask = (name: NodeJS.Signals) => {
    if (asked) process.exit(128 + (name === 'SIGINT' ? 2 : 15));
    asked = true;
    log.info({ signal: name }, 'Stopping');
    resolve();
  };
  process.on('SIGTERM', ask);
  process.on('SIGINT', ask);
  signal?.addEventListener('abort', () => resolve(), { once: true });
  if (signal?.aborted) resolve();
  return {
    requested: promise,
    forget: () => {
      process.removeListener('SIGTERM', ask);
      process.removeListener('SIGINT', ask);
    },
  };
}

if (import.meta.main) {
  try {
    process.exitCode = await runSensor(process.argv.slice(2));
  } catch (error) {
    const known = error instanceof NetmothError ? error : undefined;
    process.stderr.write(`${known?.message ?? (error instanceof Error ? error.stack : error)}\n`);
    process.exitCode = known?.exitStatus ?? 70;
  }
  // Handles of others (a connection attempt under way) do not hold the process.
  await sleep(0);
  process.exit();
}
