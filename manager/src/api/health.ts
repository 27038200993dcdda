// The state of every part, as this manager sees it and as `netmoth up` tells it. Invariants: a check
// takes at most CHECK_MS, and one answer serves all who ask within CACHE_MS, since /readyz is open.
import { readFile } from 'node:fs/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, MANAGER_CONSUMER } from '#contracts/nats.ts';
import { type Health, type PartHealth, supervisorStateSchema } from '#contracts/rest.ts';
import type { StorePool } from '../store/pool.ts';
import type { Clock } from './api-deps.ts';
import type { SensorReports } from './sensor-reports.ts';

const CHECK_MS = 2_000;
const CACHE_MS = 1_000;
/** `netmoth up` writes its state every 5 s; one this old has nobody who would write it. */
export const SUPERVISOR_GONE_MS = 20_000;
/** A sensor silent for longer is still listed as such, but it was most likely taken away. */
export const SILENCE_IS_A_FAULT_MS = 3_600_000;
/** Batches on the bus that are not stored yet; beyond this the store does not keep up. */
export const LAG_BATCHES = 1_000;
/** Facts are judged when their hour is over; what waits for longer nobody judges. */
export const ANALYSIS_LATE_SECONDS = 3 * 3_600;

/** By shard, so that the primary key finds it however many facts wait. */
const OLDEST_FACTS = `SELECT coalesce(max(extract(epoch FROM now() - oldest.stored_at)), 0)::float8 AS age
  FROM analysis_shards, LATERAL (SELECT stored_at FROM analysis_facts
    WHERE analysis_facts.shard = analysis_shards.shard ORDER BY id LIMIT 1) AS oldest`;

export interface HealthOptions {
  readonly pool: StorePool;
  readonly nats: NatsConnection | null;
  readonly sensors: SensorReports | undefined;
  readonly supervisorStateFile?: string | undefined;
  readonly version: string;
  readonly clock: Clock;
  /** Files that the user gave and that are not in use as they are now, with the reason. */
  readonly files?: (() => readonly FileTrouble[]) | undefined;
}

export interface FileTrouble {
  readonly path: string;
  readonly trouble: string;
}

export interface CheckedHealth extends Health {
  /** Whether this replica should be sent requests: what it stands on, and what is supervised, is well. */
  readonly ready: boolean;
}

/** Not ready where one of these is not well; remote sensors and a lag are told, but do not count. */
const FOUNDATIONS: ReadonlySet<string> = new Set(['postgres', 'nats']);

const RANK = { ok: 0, degraded: 1, down: 2 } as const;
const worse = (a: PartHealth['status'], b: PartHealth['status']): PartHealth['status'] =>
  RANK[a] >= RANK[b] ? a : b;

export class HealthService {
  readonly #options: HealthOptions;
  #cached: { readonly untilMs: number; readonly health: Promise<CheckedHealth> } | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  health(): Promise<CheckedHealth> {
    const nowMs = this.#options.clock();
    if (this.#cached === undefined || nowMs >= this.#cached.untilMs) {
      this.#cached = { untilMs: nowMs + CACHE_MS, health: this.#check() };
    }
    return this.#cached.health;
  }

  async #check(): Promise<CheckedHealth> {
    const [postgres, nats, ingest, analysis, supervised] = await Promise.all([
      this.#postgres(),
      this.#nats(),
      this.#ingest(),
      this.#analysis(),
      this.#supervised(),
    ]);
    const own: PartHealth[] = [
      { name: 'manager', status: 'ok', message: 'answers' },
      postgres,
      nats,
      ingest,
      analysis,
      this.#sensors(),
      ...this.#files(),
    ];
    const parts = merge(own, supervised);
    const status = parts.map((part) => part.status).reduce(worse, 'ok');
    const needed = new Set([...FOUNDATIONS, ...supervised.map((part) => part.name)]);
    const ready = parts.every((part) => part.status === 'ok' || !needed.has(part.name));
    return { status, version: this.#options.version, parts, ready };
  }

  async #postgres(): Promise<PartHealth> {
    const name = 'postgres';
    try {
      await within(CHECK_MS, this.#options.pool.query('SELECT 1'));
      return { name, status: 'ok', message: 'answers' };
    } catch {
      return { name, status: 'down', message: 'does not answer' };
    }
  }

  async #nats(): Promise<PartHealth> {
    const name = 'nats';
    const { nats } = this.#options;
    if (nats === null) return { name, status: 'down', message: 'not connected' };
    try {
      await within(CHECK_MS, nats.rtt());
      return { name, status: 'ok', message: 'answers' };
    } catch {
      return { name, status: 'down', message: 'does not answer' };
    }
  }

  async #ingest(): Promise<PartHealth> {
    const name = 'ingest';
    const { nats } = this.#options;
    if (nats === null) return { name, status: 'down', message: 'no bus to take events from' };
    try {
      const manager = await within(CHECK_MS, jetstreamManager(nats, { checkAPI: false }));
      const info = await within(CHECK_MS, manager.consumers.info(EVENTS_STREAM, MANAGER_CONSUMER));
      const waiting = info.num_pending + info.num_ack_pending;
      const message = `${waiting} batches wait to be stored`;
      return { name, status: waiting > LAG_BATCHES ? 'degraded' : 'ok', message };
    } catch {
      return { name, status: 'degraded', message: 'the consumer of events cannot be asked' };
    }
  }

  async #analysis(): Promise<PartHealth> {
    const name = 'analysis';
    try {
      const asked = this.#options.pool.query<{ age: number }>(OLDEST_FACTS);
      const { rows } = await within(CHECK_MS, asked);
      const minutes = Math.round((rows[0]?.age ?? 0) / 60);
      const message = `the oldest facts wait for ${minutes} min to be judged`;
      return { name, status: minutes * 60 > ANALYSIS_LATE_SECONDS ? 'degraded' : 'ok', message };
    } catch {
      return { name, status: 'degraded', message: 'the store cannot be asked' };
    }
  }

  /** The databases of addresses, lists of trackers and of reputations. */
  #files(): PartHealth[] {
    const name = 'files';
    const [first, ...others] = this.#options.files?.() ?? [];
    if (first === undefined) return [];
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    const message = `${first.path} is not in use as it is: ${first.trouble}${more}`;
    return [{ name, status: 'degraded', message }];
  }

  #sensors(): PartHealth {
    const name = 'sensors';
    const rows = this.#options.sensors?.rows(SILENCE_IS_A_FAULT_MS) ?? [];
    if (rows.length === 0) return { name, status: 'ok', message: 'no sensor reports' };
    const silent = rows.filter((row) => !row.reporting);
    const unwell = rows.filter(
      (row) =>
        row.reporting && row.report.conditions.some((condition) => condition.status === 'False'),
    );
    const message = `${rows.length - silent.length} of ${rows.length} report, ${unwell.length} with a fault`;
    return { name, status: silent.length + unwell.length > 0 ? 'degraded' : 'ok', message };
  }

  async #supervised(): Promise<PartHealth[]> {
    const { supervisorStateFile } = this.#options;
    if (supervisorStateFile === undefined) return [];
    try {
      const text = await readFile(supervisorStateFile, 'utf8');
      const { updatedAt, parts } = supervisorStateSchema.parse(JSON.parse(text));
      const ageMs = this.#options.clock() - Date.parse(updatedAt);
      if (ageMs <= SUPERVISOR_GONE_MS) return parts;
      return supervisorIs(`gone: its state is ${Math.round(ageMs / 1000)} s old`);
    } catch {
      return supervisorIs('unknown: its state file cannot be read');
    }
  }
}

const supervisorIs = (message: string): PartHealth[] => [
  { name: 'supervisor', status: 'degraded', message },
];

/**
 * What the supervisor says of a part and what we see of it, the worse of both. Of ourselves we know
 * better: whoever answers is up, whatever was written while we started.
 */
function merge(own: readonly PartHealth[], supervised: readonly PartHealth[]): PartHealth[] {
  const merged = own.map((part): PartHealth => {
    const told = supervised.find((each) => each.name === part.name);
    if (told === undefined) return part;
    const restarts = told.restarts === undefined ? {} : { restarts: told.restarts };
    if (part.name === 'manager') return { ...part, ...restarts };
    const bad = RANK[told.status] > RANK[part.status] ? told : part;
    return { ...part, status: bad.status, message: bad.message, ...restarts };
  });
  const others = supervised.filter((told) => !own.some((part) => part.name === told.name));
  return [...merged, ...others];
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('timeout')), limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
