/**
 * One sensor at work: engine → intake → outbox → publisher, with its clock ticks and its health.
 *
 * Invariant: the parts below know nothing of each other but what is wired here; start() either starts
 * everything or throws, and stop() ends them in the direction of the data, so nothing is overtaken.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EngineStats, LiveEngine, NativeEngine } from '#contracts/native.ts';
import { type Desired, REPORT_INTERVAL_MS, type Reported } from '#contracts/nats.ts';
import { Bus } from './bus.ts';
import type { ResolvedConfig } from './config.ts';
import { unappliedKeys } from './desired.ts';
import { DropWatch } from './drop-watch.ts';
import { type Condition, Health, judgeBus, judgeSpool } from './health.ts';
import { Intake } from './intake.ts';
import { countersOf, lostEvents, type Readings } from './ledger.ts';
import { Outbox } from './outbox.ts';
import { Publisher } from './publisher.ts';
import { Reporter } from './reporter.ts';
import { nameOf, type Source } from './source.ts';
import type { SpoolDirectory } from './spool-directory.ts';
import { statsBatch, statsEvent } from './stats-event.ts';

const MiB = 1024 * 1024;
const kTickMs = 1_000;
const kEngineStopMs = 10_000;
const kDrainStepMs = 20;
/** At the end a bus that is away is not waited for longer than this. */
const kBusAwayMs = 1_500;
/** What a message's headers and subject take of the server's max_payload at most. */
const kHeadroomBytes = 1_024;

export interface SensorOptions {
  readonly config: ResolvedConfig;
  readonly source: Source;
  readonly engine: NativeEngine;
  readonly directory: SpoolDirectory;
  readonly log: Logger;
  readonly version: string;
  readonly now: () => Date;
  readonly random: () => number;
  readonly newId: () => string;
}

export class Sensor {
  readonly #options: SensorOptions;
  readonly #startedAt: Date;
  readonly #health: Health;
  readonly #bus: Bus;
  readonly #outbox: Outbox;
  readonly #publisher: Publisher;
  readonly #intake: Intake;
  readonly #reporter: Reporter;
  readonly #drops: DropWatch;
  readonly #ended = Promise.withResolvers<void>();
  readonly #timers: NodeJS.Timeout[] = [];
  #engine: LiveEngine | undefined;
  #engineStats: EngineStats = noStats;
  #ownEvents = 0;
  #observedGeneration = 0;
  #pending: readonly string[] = [];
  #statsIntervalSeconds: number;
  #nextStatsMs = 0;
  #lostBefore = 0;

  constructor(options: SensorOptions) {
    const { config, directory, log, random } = options;
    this.#options = options;
    this.#startedAt = options.now();
    this.#statsIntervalSeconds = config.engine.statsIntervalSeconds;
    this.#health = new Health(options.now);
    this.#bus = new Bus({
      servers: config.nats.servers,
      name: `netmoth-sensor ${config.name}.${config.node}`,
      user: config.nats.user,
      password: config.nats.password,
      token: config.nats.token,
      creds: config.natsCreds,
      replicas: config.nats.replicas,
      streamMaxBytes: config.nats.streamMaxMiB * MiB,
      log,
      random,
      onChange: () => {
        this.#publisher.busChanged();
        this.#judge();
      },
    });
    const capacityBytes = config.spool.maxMiB * MiB;
    this.#outbox = new Outbox({
      directory,
      capacityBytes,
      memoryBytes: config.spool.memoryMiB * MiB,
      onWork: () => this.#publisher.pump(),
      accepting: () => this.#publisher.accepting,
    });
    this.#publisher = new Publisher({
      bus: this.#bus,
      outbox: this.#outbox,
      sensor: config.name,
      node: config.node,
      maxInFlight: config.nats.maxInFlight,
      // Batches in flight cannot be evicted: they must leave room for others.
      maxInFlightBytes: Math.min(config.nats.maxInFlightMiB * MiB, capacityBytes / 2),
      ackTimeoutMs: config.nats.ackTimeoutMs,
      log,
      random,
    });
    this.#intake = new Intake({
      outbox: this.#outbox,
      encode: () => ({
        maxBodyBytes: this.#bus.maxPayloadBytes - kHeadroomBytes,
        newId: options.newId,
      }),
      capacityBytes: config.outputs.intakeMiB * MiB,
      onFault: (error) => log.error({ err: error }, 'Batch could not be packed'),
    });
    this.#reporter = new Reporter({
      bus: this.#bus,
      sensor: config.name,
      node: config.node,
      replicas: config.nats.replicas,
      log,
      report: () => this.#report(),
      onDesired: (desired) => this.#desire(desired),
    });
    this.#drops = new DropWatch(log);
    const found = this.#outbox.state();
    if (found.batches > 0) {
      log.info(
        { batches: found.batches, events: found.spooledEvents },
        'Spool has batches to send',
      );
    }
  }

  /** Resolves when a replay is through and that is to be the end; rejects when capture failed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get ready(): boolean {
    return this.#health.ready;
  }

  get busReconnects(): number {
    return this.#bus.state.reconnects;
  }

  get spoolWriteErrors(): number {
    return this.#options.directory.writeErrors;
  }

  conditions(): Condition[] {
    return this.#health.conditions();
  }

  readings(): Readings {
    if (this.#engine !== undefined) this.#engineStats = this.#engine.stats();
    return {
      engine: this.#engineStats,
      intake: this.#intake.state(),
      outbox: this.#outbox.state(),
      publisher: this.#publisher.state(),
      ownEvents: this.#ownEvents,
    };
  }

  /** Throws the engine's NetmothError where capture cannot begin. */
  start(): void {
    const { config, source } = this.#options;
    this.#engine = this.#options.engine.startLive({
      source: source.kind === 'capture' ? { capture: source.capture } : { replay: source.replay },
      engine: config.engine,
      alertMaxMs: config.outputs.alertMaxMs,
      batchMaxMs: config.outputs.batchMaxMs,
      batchMaxBytes: config.outputs.batchMaxBytes,
      queueBatches: config.outputs.queueBatches,
      onBatch: (batch) => this.#intake.push(batch),
      onEnd: (error) => this.#sourceEnded(error),
    });
    this.#capturing('True', 'Capturing', `Packets are read from ${nameOf(source)}.`);
    this.#nextStatsMs = this.#options.now().getTime() + this.#statsIntervalSeconds * 1_000;
    this.#bus.start();
    this.#timers.push(setInterval(() => this.#tick(), kTickMs));
    this.#timers.push(setInterval(() => this.#reportNow(), REPORT_INTERVAL_MS));
  }

  /** Ends in the direction of the data; takes at most drainMs for the bus to acknowledge the rest. */
  async stop(): Promise<void> {
    const { config, log } = this.#options;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#stopEngine();
    this.#capturing('False', 'Stopped', 'The sensor was stopped.');
    this.#makeStats();
    await this.#intake.idle();
    await this.#drain(config.drainMs);
    await this.#publisher.stop();
    const { batches, diskBytes } = this.#outbox.state();
    if (batches > 0)
      log.warn({ batches, diskBytes }, 'Batches stay in the spool for the next start');
    await Promise.race([this.#reporter.tick(), sleep(kTickMs, undefined, { ref: false })]);
    await this.#bus.close();
    await this.#outbox.close();
  }

  /** Gives back what the constructor took, where start() did not come to be. */
  async abandon(): Promise<void> {
    await this.#outbox.close();
  }

  /** Until all is acknowledged, the time is over, or the bus shows no sign of coming back. */
  async #drain(drainMs: number): Promise<void> {
    const beganMs = performance.now();
    let upMs = beganMs;
    for (;;) {
      const nowMs = performance.now();
      if (this.#bus.up) upMs = nowMs;
      if (this.#outbox.state().batches === 0 || nowMs - beganMs > drainMs) return;
      if (nowMs - upMs > kBusAwayMs) return;
      await sleep(kDrainStepMs);
    }
  }

  async #stopEngine(): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return;
    const late = sleep(kEngineStopMs, 'late' as const, { ref: false });
    if ((await Promise.race([engine.stop(), late])) === 'late') {
      this.#options.log.error({ waitedMs: kEngineStopMs }, 'Engine did not stop');
    }
  }

  #sourceEnded(error: Error | undefined): void {
    const { source, config, log } = this.#options;
    if (error !== undefined) {
      this.#capturing('False', 'CaptureFailed', error.message);
      this.#ended.reject(error);
      return;
    }
    log.info({ source: nameOf(source) }, 'Replay is through');
    this.#capturing('True', 'ReplayDone', `${nameOf(source)} was read to its end.`);
    if (config.exitWhenDone) this.#ended.resolve();
  }

  #tick(): void {
    const readings = this.readings();
    this.#drops.look(readings);
    this.#judge();
    const nowMs = this.#options.now().getTime();
    if (nowMs < this.#nextStatsMs) return;
    this.#nextStatsMs = nowMs + this.#statsIntervalSeconds * 1_000;
    this.#lostBefore = lostEvents(readings.outbox);
    this.#makeStats();
  }

  #reportNow(): void {
    const { source } = this.#options;
    const capturing = this.#health.conditions().find(({ type }) => type === 'Capturing');
    if (source.kind === 'capture') {
      if (!this.#interfaceUp()) {
        this.#capturing('False', 'InterfaceDown', `${nameOf(source)} is down: nothing arrives.`);
      } else if (capturing?.reason === 'InterfaceDown') {
        this.#capturing('True', 'Capturing', `Packets are read from ${nameOf(source)}.`);
      }
    }
    void this.#reporter.tick();
  }

  #interfaceUp(): boolean {
    const { engine, source } = this.#options;
    const name = source.kind === 'capture' ? source.capture.interface : undefined;
    return name === undefined || engine.interfaces().some((each) => each.name === name && each.up);
  }

  #makeStats(): void {
    const readings = this.readings();
    const event = statsEvent({
      now: this.#options.now(),
      startedAt: this.#startedAt,
      inIface: nameOf(this.#options.source),
      engine: readings.engine,
      counters: countersOf(readings),
    });
    this.#ownEvents += 1;
    this.#intake.push(statsBatch(event));
  }

  #judge(): void {
    const { directory } = this.#options;
    const outbox = this.#outbox.state();
    const { faultsInRow } = this.#publisher.state();
    this.#health.set('BusConnected', judgeBus({ ...this.#bus.state, faultsInRow }));
    this.#health.set(
      'SpoolHealthy',
      judgeSpool({
        fault: directory.fault,
        path: directory.path,
        diskBytes: outbox.diskBytes,
        capacityBytes: outbox.capacityBytes,
        newlyLostEvents: lostEvents(outbox) - this.#lostBefore,
      }),
    );
  }

  #capturing(status: 'True' | 'False', reason: string, message: string): void {
    const pending =
      this.#pending.length === 0
        ? ''
        : ` Generation ${this.#observedGeneration} wants other ${this.#pending.join(', ')}: takes a restart with that configuration.`;
    this.#health.set('Capturing', { status, reason, message: message + pending });
  }

  /** The sensor's own settings change at once; those of the engine's tables need a new start. */
  #desire(desired: Desired): void {
    const { config, log } = this.#options;
    this.#observedGeneration = desired.generation;
    const seconds = desired.engine?.statsIntervalSeconds;
    if (seconds !== undefined) this.#statsIntervalSeconds = seconds;
    this.#pending = unappliedKeys(desired, config.engine);
    const { generation, signatures } = desired;
    log.info({ generation, signatures, needRestart: this.#pending }, 'Desired state heard');
    const capturing = this.#health.conditions().find(({ type }) => type === 'Capturing');
    if (capturing?.status === 'True') {
      const base = capturing.message.split(' Generation ')[0] ?? capturing.message;
      this.#capturing('True', capturing.reason, base);
    }
  }

  #report(): Reported {
    const { config, source, now, version } = this.#options;
    const readings = this.readings();
    const { diskBytes, capacityBytes, batches } = readings.outbox;
    const { user, system } = process.cpuUsage();
    const capture = source.kind === 'capture' ? source.capture : undefined;
    return {
      sensor: config.name,
      node: config.node,
      version,
      startedAt: this.#startedAt.toISOString(),
      reportedAt: now().toISOString(),
      observedGeneration: this.#observedGeneration,
      interfaces: [
        {
          name: nameOf(source),
          strategy: capture === undefined ? 'pcapFile' : 'afPacket',
          up: this.#interfaceUp(),
          workers: capture?.workers ?? 1,
        },
      ],
      counters: countersOf(readings),
      spool: { bytes: diskBytes, capacityBytes, batches },
      rssBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
      conditions: this.#health.conditions(),
    };
  }
}

const noStats: EngineStats = {
  kernelPackets: 0,
  kernelDrops: 0,
  decodedPackets: 0,
  decodedBytes: 0,
  invalidPackets: 0,
  flowsTotal: 0,
  flowsActive: 0,
  flowsEvicted: 0,
  fragments: 0,
  reassemblyGaps: 0,
  reassemblyDrops: 0,
  eventsMade: 0,
  eventsDropped: 0,
  eventsByType: {},
};
