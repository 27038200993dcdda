/**
 * The analysis of one manager: renews its leases, and works its shards one after the other, for ever.
 *
 * Invariants: a failed round is told once and begun anew from what is stored; it never takes the manager down. A shard
 * that fails by itself is told once and begun anew by itself; the others go on.
 * It rests at least as long as it worked, so analysis never takes more than half of a processor from ingest.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StorePool } from '#manager/store/pool.ts';
import type { AnalysisMetrics } from './analysis-metrics.ts';
import type { Finding } from './finding.ts';
import type { JudgeOptions } from './judge.ts';
import { leave, ROUND_MS, renewLeases } from './leases.ts';
import { belowOf, type NormalRow, normalOf, type ThresholdRow } from './said.ts';
import { type RoundFacts, Shard, ShardLost } from './shard.ts';

export interface WorkerOptions {
  readonly pool: StorePool;
  readonly log: Logger;
  readonly metrics: AnalysisMetrics;
  readonly learningHours: number;
  readonly holdbackMs: number;
  /** Told of findings that were not there before, after their commit. */
  readonly onFindings?: (findings: readonly Finding[]) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const kPassMs = 2_000;
const kRetryMs = 2_000;
const kIdleMs = 60_000;

const COMMON = `SELECT max(ripe_seconds) AS ripe, min(first_hour) AS first_hour,
    extract(epoch FROM max(last_stored)) * 1000 AS last_stored,
    (SELECT count(*) FROM analysis_states WHERE device) AS devices
  FROM analysis_shards`;
const STORED = `SELECT shard, count(*) AS rows,
    extract(epoch FROM now() - min(stored_at)) AS oldest_seconds FROM analysis_facts
  WHERE shard = ANY($1::int2[]) GROUP BY shard`;
const NORMAL = 'SELECT kind, host(subject) AS subject, about FROM analysis_normal';
const THRESHOLDS = 'SELECT kind, host(subject) AS subject, min_score FROM analysis_thresholds';

export class AnalysisWorker {
  readonly #options: WorkerOptions;
  readonly #self = randomUUID();
  readonly #shards = new Map<number, Shard>();
  /** Why shards of ours failed when they were last worked. */
  readonly #failing = new Map<number, string>();
  #leasedMs = -Infinity;
  #trouble: string | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Why nothing is analysed at the moment; undefined when all is well. */
  get trouble(): string | undefined {
    return this.#trouble ?? [...this.#failing.values()][0];
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log, pool } = this.#options;
    while (!signal.aborted) {
      const startedMs = performance.now();
      let waitMs = kPassMs;
      try {
        await this.pass(signal);
        if (this.#trouble !== undefined) log.info('analysis works again');
        this.#trouble = undefined;
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        if (words !== this.#trouble) log.error({ err: error }, 'analysis failed, retrying');
        this.#trouble = words;
        this.#shards.clear();
        this.#leasedMs = -Infinity;
        waitMs = kRetryMs;
      }
      waitMs = Math.max(waitMs, performance.now() - startedMs);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
    await leave(pool, this.#self).catch(() => undefined);
  }

  /** One round over all shards that are ours. */
  async pass(signal?: AbortSignal): Promise<void> {
    const { metrics, onFindings } = this.#options;
    const ended = metrics.passSeconds.startTimer();
    await this.#renew();
    const stored = await this.#storedRows();
    for (const [number, shard] of this.#shards) {
      if (signal?.aborted) return;
      await this.#renew();
      if ((stored.get(number) ?? 0) !== shard.heldRows)
        await this.#alone(number, () => shard.read());
    }
    const round = await this.#round();
    let open = 0;
    for (const [number, shard] of this.#shards) {
      if (signal?.aborted) return;
      await this.#renew();
      await this.#alone(number, async () => {
        const told = await shard.work(round);
        this.#failing.delete(number);
        metrics.hours.inc(told.judged);
        metrics.beyond.inc(told.beyond);
        metrics.ahead.inc(told.ahead);
        for (const { kind } of told.fresh) metrics.findings.inc({ kind });
        if (told.fresh.length > 0) onFindings?.(told.fresh);
        open += shard.openHours;
      });
    }
    metrics.open.set(open);
    metrics.shards.set(this.#shards.size);
    metrics.failing.set(this.#failing.size);
    ended();
  }

  /** A shard that fails is made anew at the next renewal; where the store is away the round's next query says so. */
  async #alone(shard: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#shards.delete(shard);
      if (error instanceof ShardLost) return;
      const words = error instanceof Error ? error.message : String(error);
      if (this.#failing.get(shard) !== words) {
        this.#options.log.error({ err: error, shard }, 'a shard of the analysis failed, retrying');
      }
      this.#failing.set(shard, words);
    }
  }

  /** Gives everything back: tests, and who ends. */
  leave(): Promise<void> {
    return leave(this.#options.pool, this.#self);
  }

  /** One query for all shards, so that a quiet network costs next to nothing. */
  async #storedRows(): Promise<ReadonlyMap<number, number>> {
    const { pool, metrics } = this.#options;
    const { rows } = await pool.query<{ shard: number; rows: number; oldest_seconds: number }>(
      ...([STORED, [[...this.#shards.keys()]]] as const),
    );
    metrics.oldest.set(Math.max(0, ...rows.map(({ oldest_seconds: each }) => Number(each))));
    return new Map(rows.map(({ shard, rows: count }) => [shard, Number(count)]));
  }

  async #renew(): Promise<void> {
    if (performance.now() - this.#leasedMs < ROUND_MS) return;
    const { pool, holdbackMs, now = Date.now } = this.#options;
    const leases = await renewLeases(pool, this.#self);
    this.#leasedMs = performance.now();
    const held = new Map(leases.map((lease) => [lease.shard, lease]));
    for (const [number, shard] of this.#shards) {
      if (held.get(number)?.epoch !== shard.lease.epoch) this.#shards.delete(number);
    }
    for (const number of this.#failing.keys()) if (!held.has(number)) this.#failing.delete(number);
    const idleMs = Math.max(kIdleMs, 2 * holdbackMs);
    const options = { pool, holdbackMs, now, idleMs, renew: () => this.#renew() };
    for (const lease of leases) {
      if (!this.#shards.has(lease.shard)) this.#shards.set(lease.shard, new Shard(options, lease));
    }
  }

  async #round(): Promise<RoundFacts> {
    const { pool, learningHours } = this.#options;
    const { rows } = await pool.query<{
      ripe: number | null;
      first_hour: number | null;
      last_stored: number | null;
      devices: number;
    }>(COMMON);
    const [common] = rows;
    return {
      ripeSeconds: Number(common?.ripe ?? 0),
      lastStoredMs: Number(common?.last_stored ?? 0),
      devices: Number(common?.devices ?? 0),
      judge: {
        learningHours,
        networkFirstHour: common?.first_hour ?? Number.MAX_SAFE_INTEGER,
        ...(await this.#said()),
      },
    };
  }

  async #said(): Promise<Pick<JudgeOptions, 'isNormal' | 'isBelow'>> {
    const { pool } = this.#options;
    const normal = await pool.query<NormalRow>(NORMAL);
    const thresholds = await pool.query<ThresholdRow>(THRESHOLDS);
    return { isNormal: normalOf(normal.rows), isBelow: belowOf(thresholds.rows) };
  }
}
