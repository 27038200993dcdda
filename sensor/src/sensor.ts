/**
 * One sensor at work: starts the engine, looks at all parts once a second, ends them in order.
 *
 * Invariant: start() either starts everything or throws; stop() ends the parts in the direction of the
 * data (engine → intake → outbox → publisher → bus), so nothing is overtaken.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EngineStats, LiveEngine, NativeEngine } from '#contracts/native.ts';
import { type Desired, REPORT_INTERVAL_MS, type Reported } from '#contracts/nats.ts';
import type { Bus } from './bus.ts';
import { judgeCapture, logChanges, logStrategy, UndoneLog } from './capture-watch.ts';
import type { ResolvedConfig } from './config.ts';
import { unappliedKeys } from './desired.ts';
import { DropWatch } from './drop-watch.ts';
import type { EventFilter } from './event-filter.ts';
import { type Condition, Health, judgeBus, judgeSpool } from './health.ts';
import type { Intake } from './intake.ts';
import { eventLedger, lostEvents, noStats, type Readings } from './ledger.ts';
import type { LiveSettings } from './live-settings.ts';
import type { Outbox } from './outbox.ts';
import type { Publisher } from './publisher.ts';
import { makeReport } from './report.ts';
import type { Reporter } from './reporter.ts';
import type { SignatureKeeper } from './signature-keeper.ts';
import { nameOf, type Source } from './source.ts';
import type { SpoolDirectory } from './spool-directory.ts';

const kTickMs = 1_000;
/** Ticks for which a loss from the spool shows in its condition. */
const kLossTicks = 10;
const kEngineStopMs = 10_000;
const kDrainStepMs = 20;
/** However long the engine took to end, what it handed over last gets this long. */
const kLeastDrainMs = 2_000;
/** At the end a bus that is away is not waited for longer than this. */
const kBusAwayMs = 1_500;

export interface SensorOptions {
  readonly config: ResolvedConfig;
  readonly source: Source;
  readonly engine: NativeEngine;
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly directory: SpoolDirectory;
  readonly publisher: Publisher;
  readonly bus: Bus;
  readonly reporter: Reporter;
  readonly signatures: SignatureKeeper;
  readonly settings: LiveSettings;
  readonly filter: EventFilter;
  readonly log: Logger;
  readonly version: string;
  readonly now: () => Date;
}

export class Sensor {
  readonly #options: SensorOptions;
  readonly #startedAt: Date;
  readonly #health: Health;
  readonly #drops: DropWatch;
  readonly #undone: UndoneLog;
  readonly #ended = Promise.withResolvers<void>();
  readonly #timers: NodeJS.Timeout[] = [];
  #engine: LiveEngine | undefined;
  #engineStats: EngineStats = noStats;
  #failed = false;
  #observedGeneration = 0;
  #pending: readonly string[] = [];
  #refused: { readonly generation: number; readonly reason: string } | undefined;
  /** Of capture, without what is to be said of settings. */
  #state: { status: Condition['status']; reason: string; message: string } = {
    ...{ status: 'False', reason: 'Starting', message: 'Not known yet.' },
  };
  #lostBefore = 0;
  #ticks = 0;

  constructor(options: SensorOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    this.#health = new Health(options.now);
    this.#drops = new DropWatch(options.log);
    this.#undone = new UndoneLog(options.log);
  }

  /** Resolves when a replay is through and that is to be the end; rejects when capture failed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get ready(): boolean {
    return this.#health.ready;
  }

  conditions(): Condition[] {
    return this.#health.conditions();
  }

  report(): Reported {
    const { config, source, now, version } = this.#options;
    return makeReport({
      ...{ config, source, version, startedAt: this.#startedAt, now: now() },
      observedGeneration: this.#observedGeneration,
      capture: this.#engine?.captureStatus(),
      readings: this.readings(),
      conditions: this.conditions(),
      signatures: this.#options.signatures.status(),
    });
  }

  readings(): Readings {
    if (this.#engine !== undefined) this.#engineStats = this.#engine.stats();
    return {
      engine: this.#engineStats,
      intake: this.#options.intake.state(),
      outbox: this.#options.outbox.state(),
      publisher: this.#options.publisher.state(),
    };
  }

  /** Throws the engine's NetmothError where capture cannot begin. */
  async start(): Promise<void> {
    const { source, signatures, log } = this.#options;
    this.#engine = await signatures.startEngine((bundlePath) => {
      const engine = this.#startEngine(bundlePath);
      this.#capturing('True', 'Capturing', `Packets are read from ${nameOf(source)}.`);
      return engine;
    });
    if (source.kind === 'capture') logStrategy(log, this.#engine.captureStatus());
    this.#judgeCapture();
    this.#options.bus.start();
    this.#timers.push(setInterval(() => this.#tick(), kTickMs));
    this.#timers.push(setInterval(() => void this.#options.reporter.tick(), REPORT_INTERVAL_MS));
  }

  #startEngine(bundlePath: string | undefined): LiveEngine {
    const { config, source } = this.#options;
    return this.#options.engine.startLive({
      source: source.kind === 'capture' ? { capture: source.capture } : { replay: source.replay },
      engine: config.engine,
      ...(bundlePath === undefined ? {} : { bundlePath }),
      patternCache: join(config.signaturesDir, 'patterns'),
      alertMaxMs: config.outputs.alertMaxMs,
      batchMaxMs: config.outputs.batchMaxMs,
      batchMaxBytes: config.outputs.batchMaxBytes,
      queueBatches: config.outputs.queueBatches,
      onBatch: (batch) => {
        const wanted = this.#options.filter.pass(batch);
        if (wanted !== undefined) this.#options.intake.push(wanted);
      },
      onEnd: (error) => this.#sourceEnded(error),
    });
  }

  /** Ends in the direction of the data; takes at most drainMs for the bus to acknowledge the rest. */
  async stop(): Promise<void> {
    const { config, log } = this.#options;
    const beganMs = performance.now();
    for (const timer of this.#timers) clearInterval(timer);
    this.#options.signatures.stop();
    await this.#stopEngine();
    this.#capturing('False', 'Stopped', 'The sensor was stopped.');
    await this.#options.intake.idle();
    await this.#drain(Math.max(config.drainMs - (performance.now() - beganMs), kLeastDrainMs));
    await this.#options.publisher.stop();
    const { batches, diskBytes } = this.#options.outbox.state();
    if (batches > 0)
      log.warn({ batches, diskBytes }, 'Batches stay in the spool for the next start');
    await Promise.race([this.#options.reporter.tick(), sleep(kTickMs, undefined, { ref: false })]);
    await this.#options.bus.close();
    await this.#options.outbox.close();
  }

  /** Until all is acknowledged, the time is over, or the bus shows no sign of coming back. */
  async #drain(drainMs: number): Promise<void> {
    const beganMs = performance.now();
    let upMs = beganMs;
    for (;;) {
      const nowMs = performance.now();
      if (this.#options.bus.up) upMs = nowMs;
      if (this.#options.outbox.state().batches === 0 || nowMs - beganMs > drainMs) return;
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
    this.#options.signatures.stop();
    if (error !== undefined) {
      this.#failed = true;
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
    this.#undone.look(readings.engine);
    this.#engine?.tellEvents(eventLedger(readings));
    this.#judgeCapture();
    this.judge();
    // The spool counts as losing until a whole interval passed without a loss.
    if (++this.#ticks % kLossTicks === 0) this.#lostBefore = lostEvents(readings.outbox);
  }

  #judgeCapture(): void {
    const { source, log } = this.#options;
    if (source.kind !== 'capture' || this.#engine === undefined || this.#failed) return;
    logChanges(log, this.#engine);
    const capture = this.#engine.captureStatus();
    const { status, reason, message } = judgeCapture(capture, nameOf(source), this.#engineStats);
    this.#capturing(status, reason, message);
  }

  /** Looks anew at bus and spool; call it when one of them has changed. */
  judge(): void {
    const { directory } = this.#options;
    const outbox = this.#options.outbox.state();
    const { faultsInRow } = this.#options.publisher.state();
    this.#health.set('BusConnected', judgeBus({ ...this.#options.bus.state, faultsInRow }));
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

  #capturing(status: Condition['status'], reason: string, message: string): void {
    this.#state = { status, reason, message };
    const refused = this.#refused;
    if (refused !== undefined && status === 'True') {
      const words = `Generation ${refused.generation} is not applied: ${refused.reason}`;
      const told = { status, reason: 'SettingsRefused', message: `${message} ${words}` };
      this.#health.set('Capturing', told);
      return;
    }
    const pending =
      this.#pending.length === 0
        ? ''
        : ` Generation ${this.#observedGeneration} wants other ${this.#pending.join(', ')}: takes a restart with that configuration.`;
    this.#health.set('Capturing', { status, reason, message: message + pending });
  }

  /** A wish was heard. Signatures are exchanged, settings applied; of those that take a restart it is said that they wait. */
  desire(desired: Desired): void {
    const { config, log } = this.#options;
    const { generation, signatures } = desired;
    const reason = this.#engine && this.#options.settings.apply(this.#engine, desired);
    this.#refused = reason === undefined ? undefined : { generation, reason };
    if (reason === undefined) this.#observedGeneration = generation;
    else log.warn({ generation, reason }, 'Desired settings are refused: all stay as they are');
    this.#pending = unappliedKeys(desired, config.engine);
    log.info({ generation, signatures, needRestart: this.#pending }, 'Desired state heard');
    this.#options.signatures.want(signatures);
    const { status, reason: word, message } = this.#state;
    this.#capturing(status, word, message);
  }

  /** Nothing is wanted any more: what the configuration says counts again. */
  withdraw(): void {
    if (this.#engine !== undefined) this.#options.settings.apply(this.#engine, undefined);
    this.#refused = undefined;
    this.#pending = [];
    this.#options.signatures.want(undefined);
    const { status, reason, message } = this.#state;
    this.#capturing(status, reason, message);
  }
}
