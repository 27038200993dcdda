/**
 * The operator process: puts the parts together, runs them, and ends them in order.
 *
 * Invariant: nothing is constructed elsewhere. Every replica watches and listens; only the one that the
 * Lease names writes, and what it writes goes through a client that the election guards.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import { NetmothError } from '#contracts/errors.ts';
import { calloutKey } from './callout/callout-keys.ts';
import { CalloutService } from './callout/callout-service.ts';
import { TokenReviewer } from './callout/token-review.ts';
import { helpText, loadConfig, type OperatorConfig } from './config.ts';
import { serveHttp } from './http.ts';
import { type Informers, makeInformers } from './informers.ts';
import { makeMetrics } from './metrics.ts';
import { ApiClient } from './runtime/api-client.ts';
import { Backoff } from './runtime/backoff.ts';
import { type ClusterAccess, inClusterAccess, kubeconfigAccess } from './runtime/cluster-access.ts';
import { EventRecorder } from './runtime/events.ts';
import { LeaderElection } from './runtime/leader-election.ts';
import type { SensorSettings } from './sensor/settings.ts';
import { NodeMeters } from './signatures/node-meters.ts';
import { type SigningKey, signingKey } from './signatures/signing-key.ts';
import { ReportBoard } from './status/report-board.ts';
import { ReportSource } from './status/report-source.ts';
import { Term } from './term.ts';

const kLeaseName = 'netmoth-operator';
const kSweepMs = 1_000;

export interface OperatorParts {
  /** Ends the operator in order; SIGTERM and SIGINT do where it is not given. */
  readonly signal?: AbortSignal;
}

/** Runs until stopped; resolves to the exit status. */
export async function runOperator(
  argv: readonly string[],
  parts: OperatorParts = {},
): Promise<number> {
  const [argument] = argv;
  if (argument === '--help' || argument === '-h') {
    process.stdout.write(helpText());
    return 0;
  }
  if (argument !== undefined) {
    throw new NetmothError('NM_USAGE', `netmoth operator takes no argument (${argument}): --help`);
  }
  const config = loadConfig();
  const log = pino({
    level: config.logLevel,
    base: { part: 'operator', identity: config.identity },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
  await run(config, log, parts.signal ?? ownSignal(log));
  return 0;
}

async function run(config: OperatorConfig, log: Logger, signal: AbortSignal): Promise<void> {
  const { namespace, identity, nats } = config;
  const now = (): number => performance.now();
  const wallNow = (): Date => new Date();
  const { random } = Math;
  const client = new ApiClient({ access: accessOf(config), now, random });
  const informers = makeInformers({ client, namespace, log, random });
  const election = new LeaderElection({
    ...{ client, namespace, name: kLeaseName, identity, durationMs: config.leaseMs },
    ...{ log, now, wallNow, random },
  });
  const guarded = client.guarded(election.writeBudgetMs);
  const events = new EventRecorder({ client: guarded, log, instance: identity, now, wallNow });
  let term: Term | undefined;
  const board = new ReportBoard({
    now,
    onChange: (sensor, node) => term?.reportChanged(sensor, node),
  });
  const meters = new NodeMeters(now);
  const source = new ReportSource({
    ...{ ...nats, log, random },
    onReport: (report) => {
      // Before the board, which may keep and change the report.
      meters.hear(report);
      board.hear(report);
    },
    onBus: (up) => {
      if (board.setBus(up)) term?.fleetsChanged();
    },
  });
  let callout: CalloutService | undefined;
  const metrics = makeMetrics({
    ...{ api: client.counters, informers: informers.all, board, source },
    leading: () => election.leading,
    eventsDropped: () => events.dropped,
    controllers: () => term?.controllers ?? [],
    identities: () => term?.identities,
    callout: () => callout,
  });
  const synced = new Set<string>();
  await using _http = await serveHttp({
    listen: config.listen,
    metrics,
    unready: () => [...informers.all.keys()].filter((kind) => !synced.has(kind)),
  });
  log.info({ listen: config.listen, namespace, nats: nats.servers }, 'Operator started');
  const sweep = setInterval(() => board.sweep(), kSweepMs);
  const watching = [...informers.all.values()].map((informer) => informer.run(signal));
  const listening = source.run(signal);
  const letting = letIn(config, {
    ...{ client, log, signal },
    onService: (service) => {
      callout = service;
    },
  });
  const lead = async (until: AbortSignal): Promise<void> => {
    const signing = await signingOf(config, { client: guarded, log, signal: until });
    if (until.aborted) return;
    term = new Term({
      ...{ client: guarded, informers, board, events, log, random, now, wallNow },
      ...{ meters, nats, identity, fetch, signing, writeBudgetMs: election.writeBudgetMs },
      writesPerSecond: config.writesPerSecond,
      publishIdentity: config.publishIdentity,
      settings: settingsOf(config, signing),
    });
    await term.run(until);
    term = undefined;
  };
  await allSynced(informers, synced, signal);
  log.info({ objects: [...informers.all].map(([kind, { size }]) => `${kind} ${size}`) }, 'Synced');
  await election.run(lead, signal);
  clearInterval(sweep);
  await Promise.all([...watching, listening, letting]);
  client.close();
  log.info('Operator stopped');
}

function settingsOf(config: OperatorConfig, signing: SigningKey | undefined): SensorSettings {
  const { namespace, nats, sensorNats, sensorImage: image } = config;
  return {
    ...{ namespace, image, natsServers: sensorNats.servers, natsSecret: sensorNats.secret },
    ...{ natsReplicas: nats.replicas, natsToken: nats.calloutSecret !== undefined },
    verifyKeys: signing?.trusted ?? [],
  };
}

interface Tools {
  readonly client: ApiClient;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Nothing is told or configured before the key is there: it would be told otherwise a moment later. */
async function signingOf(
  { namespace, signingSecret: secret }: OperatorConfig,
  { client, log, signal }: Tools,
): Promise<SigningKey | undefined> {
  if (secret === undefined) return undefined;
  const backoff = new Backoff({ firstMs: 500, maxMs: 15_000, random: Math.random });
  while (!signal.aborted) {
    try {
      const key = await signingKey({ client, namespace, secret, signal });
      log.info({ key: key.id, trusted: key.trusted.length }, 'Bundles are signed');
      return key;
    } catch (err) {
      if (signal.aborted) break;
      log.error({ err, secret }, 'The key that signs bundles is not there: nothing is done');
      await sleep(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

interface LetInParts extends Tools {
  readonly onService: (service: CalloutService) => void;
}

/** Every replica lets sensors into NATS, whether or not it leads. */
async function letIn(
  { nats, namespace }: OperatorConfig,
  { client, log, signal, onService }: LetInParts,
): Promise<void> {
  const { calloutSecret } = nats;
  if (calloutSecret === undefined) return;
  const { random } = Math;
  const backoff = new Backoff({ firstMs: 500, maxMs: 15_000, random });
  while (!signal.aborted) {
    try {
      const key = await calloutKey({ client, namespace, secret: calloutSecret, signal });
      const reviewer = new TokenReviewer({ client, namespace, now: () => performance.now() });
      const wallNow = (): Date => new Date();
      const service = new CalloutService({ ...nats, key, reviewer, log, random, wallNow });
      onService(service);
      await service.run(signal);
    } catch (err) {
      if (signal.aborted) return;
      log.warn({ err, secret: calloutSecret }, 'The key that lets sensors in is not there');
      await sleep(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** A decision on half of what there is would be a wrong one. */
async function allSynced({ all }: Informers, synced: Set<string>, signal: AbortSignal) {
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const everyOne = [...all].map(([kind, informer]) => {
    return informer.synced.then(() => void synced.add(kind));
  });
  await Promise.race([stopped, Promise.all(everyOne)]);
}

function accessOf({ cluster }: OperatorConfig): ClusterAccess {
  return cluster.kind === 'pod' ? inClusterAccess(cluster) : kubeconfigAccess(cluster.path);
}

/** The first SIGTERM or SIGINT ends it in order, the second at once. */
function ownSignal(log: Logger): AbortSignal {
  const stop = new AbortController();
  for (const [name, status] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(status);
      log.info({ signal: name }, 'Stopping');
      stop.abort();
    });
  }
  return stop.signal;
}

if (import.meta.main) {
  try {
    process.exitCode = await runOperator(process.argv.slice(2));
  } catch (error) {
    const known = error instanceof NetmothError ? error : undefined;
    process.stderr.write(`${known?.message ?? (error instanceof Error ? error.stack : error)}\n`);
    process.exitCode = known?.exitStatus ?? 70;
  }
  // Handles of others (a connection attempt under way) do not hold the process.
  await sleep(0);
  process.exit();
}
