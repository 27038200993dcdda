/**
 * The manager: constructs every part of it and ends them in order.
 *
 * Invariants: nothing is constructed elsewhere; on SIGTERM or SIGINT the transaction in hand is finished
 * and acknowledged before the connections are closed; what cannot start says why with a code of ours.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { type Logger, pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { NetmothError } from '#contracts/errors.ts';
import { listenError, parseListenAddress } from '#contracts/listen-address.ts';
import { FINDINGS_SUBJECT } from '#contracts/nats.ts';
import { analysisMetrics } from './analysis/analysis-metrics.ts';
import type { Finding } from './analysis/finding.ts';
import { findingEvent } from './analysis/finding-event.ts';
import { TrackerBook } from './analysis/privacy/tracker-book.ts';
import { AnalysisWorker } from './analysis/worker.ts';
import { ensureAdmin, ensureToken } from './api/auth/accounts.ts';
import { createApiServer } from './api/server.ts';
import { helpText, loadConfig } from './config.ts';
import { type ManagerConfig, redacted } from './config-schema.ts';
import { DeviceConcluder } from './enrich/device-concluder.ts';
import { keepGeo } from './enrich/geo-keeper.ts';
import { IdentityBook } from './enrich/identity-book.ts';
import { watchIdentities } from './enrich/identity-watch.ts';
import { filesOf, type Knowledge, openKnowledge, troublesOf } from './enrich/knowledge.ts';
import { Reputation } from './enrich/reputation.ts';
import { ReverseNames } from './enrich/reverse-names.ts';
import { readBus } from './ingest/bus-source.ts';
import { Inbox } from './ingest/inbox.ts';
import { Ingest } from './ingest/ingest.ts';
import { type IngestMetrics, ingestMetrics } from './ingest/metrics.ts';
import { Notifier } from './notify/notifier.ts';
import { migrate } from './store/migrate.ts';
import { PartitionKeeper } from './store/partition-keeper.ts';
import { StorePool } from './store/pool.ts';

const kInboxMessages = 32;
const kStartTimeoutMs = 30_000;
const kStartRetryMs = 250;
const kNatsTimeoutMs = 5_000;
const kMiB = 1024 * 1024;
const kHoursPerDay = 24;
const kDefaultWebRoot = join(import.meta.dirname, '../web/dist');

export interface ManagerParts {
  /** Ends the manager in order; SIGTERM and SIGINT do where it is not given. */
  readonly signal?: AbortSignal;
}

/** Runs until stopped; resolves to the exit status. */
export async function runManager(
  argv: readonly string[],
  parts: ManagerParts = {},
): Promise<number> {
  const loaded = loadConfig(argv);
  if (loaded.help) {
    process.stdout.write(helpText());
    return 0;
  }
  const { config } = loaded;
  const log = pino({ name: 'netmoth-manager', level: config.logLevel });
  const { signal, release } = parts.signal === undefined ? ownSignal(log) : borrowed(parts.signal);
  await using stack = new AsyncDisposableStack();
  stack.defer(release);
  await run({ config, log, signal, stack });
  return 0;
}

interface Running {
  readonly config: ManagerConfig;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** What has to be closed, in the opposite order of its making. */
  readonly stack: AsyncDisposableStack;
}

async function run({ config, log, signal, stack }: Running): Promise<void> {
  const version = ownVersion();
  const known = await openKnowledge(config, log);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'netmoth_manager_' });
  const metrics = ingestMetrics(registry);
  const pool = openPool(config, log, metrics, { queryTimeoutMs: 0 });
  stack.defer(() => pool.end());
  const apiPool = openPool(config, log, metrics, {
    queryTimeoutMs: config.store.queryTimeoutSeconds * 1000,
  });
  stack.defer(() => apiPool.end());

  const applied = await startingUp(() => migrate(pool), signal);
  if (applied.length > 0) log.info({ applied }, 'schema migrated');
  const analysed = analysisMetrics(registry);
  const keeper = new PartitionKeeper({
    ...{ pool, log, retention: config.retention },
    onTrimmed: ({ rejected, analysis_facts: facts }) => {
      metrics.rejectedDropped.inc(rejected);
      analysed.dropped.inc(facts);
    },
  });
  await keeper.ensureDay(keeper.today());
  if (config.adminPassword !== undefined) {
    await ensureAdmin(pool, { password: config.adminPassword });
  }
  if (config.localToken !== undefined) {
    await ensureToken(pool, { name: 'local', token: config.localToken });
  }

  const nats = await startingUp(() => connectBus(config), signal);
  // Drained, so that the last acknowledgements leave before the connection does.
  stack.defer(() => (nats.isClosed() ? undefined : nats.drain()));
  const webRoot =
    config.http.webRoot ?? (existsSync(kDefaultWebRoot) ? kDefaultWebRoot : undefined);
  const lists = [...config.analysis.reputationLists, ...config.analysis.trackerLists];
  const reputation = new Reputation({ pool, log, files: [...new Set(lists)] });
  const { enabled: asksNames, ...asking } = config.reverseDns;
  const names = asksNames
    ? new ReverseNames({ pool, log, ...asking, beyond: metrics.reverseNamesBeyond })
    : undefined;
  const trackers = new TrackerBook(config.analysis.trackerLists, log);
  const api = await createApiServer({
    pool: apiPool,
    nats,
    config: apiConfig(config, webRoot),
    logger: log,
    registry,
    clock: Date.now,
    trackers,
    ...{ places: known, names },
    files: () => [...troublesOf(known), ...trackers.troubles(), ...reputation.troubles()],
    version,
    ...(config.supervisorState === undefined
      ? {}
      : { supervisorStateFile: config.supervisorState }),
  });
  stack.defer(() => api.close());
  const url = await listen(api, config.listen);

  const work = new AbortController();
  const files = filesOf(known);
  const fresh = { files, addresses: known.addresses, log, clock: Date.now };
  const working = [keeper.run(work.signal), keepGeo(fresh, work.signal)];
  working.push(reputation.run(work.signal));
  if (names !== undefined) working.push(names.run(work.signal));
  if (config.ingest.enabled) {
    working.push(
      ...startIngest({ config, log, pool, keeper, nats, metrics, ...known }, work.signal),
    );
  }
  if (config.analysis.enabled) {
    const { learningDays, holdbackSeconds } = config.analysis;
    const hours = {
      learningHours: learningDays * kHoursPerDay,
      holdbackMs: holdbackSeconds * 1000,
    };
    const worker = new AnalysisWorker({
      ...{ pool, log, metrics: analysed, ...hours },
      onFindings: (findings) => announce(nats, findings),
    });
    working.push(worker.run(work.signal));
    working.push(new Notifier({ pool, log, version }).run(work.signal));
  }
  stack.defer(async () => {
    work.abort();
    await Promise.all(working);
  });
  log.info({ version, url, config: redacted(config) }, 'manager started');

  const ended = await Promise.race([aborted(signal), ...working, nats.closed()]);
  if (!signal.aborted) {
    throw new NetmothError('NM_BUS_UNAVAILABLE', 'the connection to NATS was closed for good', {
      cause: ended,
      retryable: true,
    });
  }
  log.info('manager stopping');
}

interface IngestParts extends Knowledge {
  readonly config: ManagerConfig;
  readonly log: Logger;
  readonly pool: StorePool;
  readonly keeper: PartitionKeeper;
  readonly nats: NatsConnection;
  readonly metrics: IngestMetrics;
}

function startIngest(parts: IngestParts, signal: AbortSignal): Promise<void>[] {
  const { config, log, pool, keeper, nats, metrics, addresses, vendors } = parts;
  const inbox = new Inbox<JsMsg>(kInboxMessages);
  const identities = new IdentityBook();
  const ingest = new Ingest({
    ...{ addresses, identities, vendors },
    groupEvents: config.ingest.groupEvents,
    groupBytes: config.ingest.groupMiB * kMiB,
    maxRollupKeys: config.ingest.maxRollupKeys,
    analyse: config.analysis.enabled,
    ...{ pool, keeper, inbox, log, metrics },
  });
  const reading = readBus(
    {
      connection: nats,
      replicas: config.nats.streamReplicas,
      streamMaxBytes: config.nats.streamMaxMiB * kMiB,
      ...{ inbox, log, metrics },
    },
    signal,
  );
  const watching = watchIdentities({ connection: nats, identities, log }, signal);
  const concluding = new DeviceConcluder({ pool, log }).run(signal);
  return [ingest.run(signal), reading, watching, concluding];
}

function openPool(
  { store }: ManagerConfig,
  log: Logger,
  metrics: IngestMetrics,
  { queryTimeoutMs }: { readonly queryTimeoutMs: number },
): StorePool {
  return new StorePool({
    url: store.url,
    maxConnections: store.connections,
    statementTimeoutMs: queryTimeoutMs,
    onFailover: (error) => {
      metrics.failovers.inc();
      log.warn({ err: error }, 'PostgreSQL was lost, looking for the primary');
    },
  });
}

/** Whoever looks on is told; while the bus is away the list has them all the same. */
function announce(nats: NatsConnection, findings: readonly Finding[]): void {
  if (nats.isClosed()) return;
  for (const each of findings) nats.publish(FINDINGS_SUBJECT, findingEvent(each));
}

async function connectBus({ nats }: ManagerConfig): Promise<NatsConnection> {
  try {
    return await connect({
      servers: [...nats.servers],
      name: 'netmoth-manager',
      timeout: kNatsTimeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      ...(nats.user === undefined ? {} : { user: nats.user }),
      ...(nats.password === undefined ? {} : { pass: nats.password }),
      ...(nats.token === undefined ? {} : { token: nats.token }),
      ...(nats.credsFile === undefined
        ? {}
        : { authenticator: credsAuthenticator(readFileSync(nats.credsFile)) }),
    });
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new NetmothError('NM_BUS_UNAVAILABLE', `NATS cannot be reached: ${words}`, {
      cause,
      retryable: true,
    });
  }
}

function apiConfig(
  { http, nats, signatures, analysis, geoipFile }: ManagerConfig,
  webRoot: string | undefined,
) {
  const { webRoot: _given, requestsPerMinute, liveClients, ...flags } = http;
  return {
    ...flags,
    ownsSignatures: signatures.owner === 'manager',
    busReplicas: nats.streamReplicas,
    learningHours: Math.ceil(analysis.learningDays * kHoursPerDay),
    ...(geoipFile === undefined ? {} : { geoipFile }),
    ...(webRoot === undefined ? {} : { webRoot }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(liveClients === undefined ? {} : { liveClients }),
  };
}

async function listen(
  api: Awaited<ReturnType<typeof createApiServer>>,
  address: string,
): Promise<string> {
  try {
    return await api.listen(parseListenAddress(address) ?? {});
  } catch (cause) {
    throw listenError(address, cause);
  }
}

/** At start the other servers may still be coming up: retried for a while, then told. */
async function startingUp<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = Date.now() + kStartTimeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const retry = error instanceof NetmothError && error.retryable && Date.now() < deadline;
      if (!retry || signal.aborted) throw error;
      await sleep(kStartRetryMs);
    }
  }
}

function ownSignal(log: Logger): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    log.info({ signal: name }, 'told to stop');
    controller.abort();
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  const release = (): void => void process.off('SIGTERM', stop).off('SIGINT', stop);
  return { signal: controller.signal, release };
}

function borrowed(signal: AbortSignal): { signal: AbortSignal; release: () => void } {
  return { signal, release: () => undefined };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function ownVersion(): string {
  const file = join(import.meta.dirname, '../../package.json');
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version = typeof parsed === 'object' && parsed !== null && 'version' in parsed;
  return version ? String(parsed.version) : 'unknown';
}

if (import.meta.main) {
  try {
    process.exitCode = await runManager(process.argv.slice(2));
  } catch (error) {
    const known = error instanceof NetmothError ? error : undefined;
    process.stderr.write(`${known?.message ?? (error instanceof Error ? error.stack : error)}\n`);
    process.exitCode = known?.exitStatus ?? 70;
  }
  // Handles of others (a connection attempt under way) do not hold the process.
  await sleep(0);
  process.exit();
}
