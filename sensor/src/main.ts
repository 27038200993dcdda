/**
 * The sensor process: puts the parts together, runs them, and ends them in order.
 *
 * Invariant: what the engine handed over is acknowledged by the bus or in the spool when this returns,
 * or it is counted as lost. A fault at the start is one NetmothError before anything was captured.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { NetmothError } from '#contracts/errors.ts';
import type { NativeEngine } from '#contracts/native.ts';
import { helpText, parseArguments } from './arguments.ts';
import { loadConfig, type ResolvedConfig, redacted } from './config.ts';
import { type HttpServer, serveHttp } from './http.ts';
import { makeLog } from './log.ts';
import { makeMetrics } from './metrics.ts';
import { Sensor } from './sensor.ts';
import { sourceOf } from './source.ts';
import { SpoolDirectory } from './spool-directory.ts';
import { version } from './version.ts';

export interface SensorParts {
  readonly engine: NativeEngine;
  /** Ends the sensor as SIGTERM does. */
  readonly signal: AbortSignal;
}

/** Runs until a signal, a failed capture, or the end of a replay with exitWhenDone; the exit status. */
export async function runSensor(
  argv: readonly string[],
  parts: Partial<SensorParts> = {},
): Promise<number> {
  const given = parseArguments(argv);
  if (given.help) {
    process.stdout.write(helpText());
    return 0;
  }
  const config = loadConfig(given);
  const engine = parts.engine ?? (await import('#native/index.ts'));
  const source = sourceOf(config, engine);
  const log = makeLog({ level: config.logLevel, sensor: config.name, node: config.node });
  const random = Math.random;
  const directory = await SpoolDirectory.open(config.spoolDir, { fsync: config.spool.fsync });
  const sensor = new Sensor({
    ...{ config, source, engine, directory, log, random, version },
    now: () => new Date(),
    newId: randomUUID,
  });
  let http: HttpServer | undefined;
  try {
    http = await serve(config, sensor);
    sensor.start();
  } catch (error) {
    await http?.close();
    await sensor.abandon();
    throw error;
  }
  log.info({ version, address: http.address, config: redacted(config) }, 'Sensor started');
  const stop = stopSignal(log, parts.signal);
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

function serve(config: ResolvedConfig, sensor: Sensor): Promise<HttpServer> {
  const metrics = makeMetrics({
    readings: () => sensor.readings(),
    conditions: () => sensor.conditions(),
    busReconnects: () => sensor.busReconnects,
    spoolWriteErrors: () => sensor.spoolWriteErrors,
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
