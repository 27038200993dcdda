/**
 * The work of one shard: reads what ingest condensed, keeps the open hours of its subjects, judges those that are
 * over.
 *
 * Invariants: what this holds in memory can be made again from analysis_facts at any time, and is after every
 * failure; facts are removed in the transaction that writes what was made of them, which first locks the shard's
 * row and looks whether the shard is still ours. An hour is over when events later than its end by kLateSeconds
 * were stored holdbackMs ago (so that batches which a killed manager had in hand have come again), or when
 * nothing at all has come for idleMs and our clock says so too.
 *
 * Bound: MAX_OPEN hours; beyond it those of new subjects are counted, not kept.
 */
import type pg from 'pg';
import { canonicalIp } from '#manager/enrich/ip-address.ts';
import { isDataFault } from '#manager/ingest/store-faults.ts';
import type { StorePool } from '#manager/store/pool.ts';
import { beaconFinding, weigh } from './beacon-findings.ts';
import { type DeviceState, newState, packState, unpackState } from './device-state.ts';
import { factRows, insertFacts, MAX_AHEAD_SECONDS } from './facts.ts';
import type { Finding } from './finding.ts';
import { unpackHours } from './hour-codec.ts';
import { type JudgeOptions, judgeHour, lookEarly, mayTellEarly } from './judge.ts';
import type { Lease } from './leases.ts';
import { devicesOfTargets, keepBeacon, tellEarly, tellFinal } from './store-findings.ts';
import { HOUR_SECONDS, mergeHour, type SubjectHour } from './subject-hour.ts';

export interface ShardOptions {
  readonly pool: StorePool;
  readonly holdbackMs: number;
  readonly idleMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What the shards have in common in one round. */
export interface RoundFacts {
  /** Newest event that was stored long enough ago, over all shards. */
  readonly ripeSeconds: number;
  /** When anything was last stored, over all shards; ms since 1970. */
  readonly lastStoredMs: number;
  readonly devices: number;
  readonly judge: JudgeOptions;
}

export interface Told {
  readonly fresh: readonly Finding[];
  readonly judged: number;
  readonly beyond: number;
  readonly ahead: number;
}

export const MAX_OPEN = 16_384;
const kLateSeconds = 300;
/** What is said to have been earlier was stamped by a clock that is wrong, or is a recording: not our network. */
const kMaxBehindSeconds = 366 * 24 * HOUR_SECONDS;
const kReadRows = 200;
const kJudgedTogether = 128;
/** More rows than this are made fewer. */
const kCompactRows = 300;

interface OpenHour {
  readonly hour: SubjectHour;
  storedMs: number;
  touched: boolean;
}

interface FactsRow {
  readonly id: number;
  readonly stored_ms: number;
  readonly newest_seconds: number;
  readonly body: Buffer;
}

const READ = `SELECT id, extract(epoch FROM stored_at) * 1000 AS stored_ms, newest_seconds, body
  FROM analysis_facts WHERE shard = $1 AND id <> ALL($2::int8[]) ORDER BY id LIMIT ${kReadRows}`;
const LOCK = `SELECT epoch FROM analysis_shards
  WHERE shard = $1 AND epoch = $2 FOR UPDATE`;
const REMOVE = 'DELETE FROM analysis_facts WHERE shard = $1 AND id = ANY($2::int8[])';
const AT_FIRST = `UPDATE analysis_shards SET ripe_seconds = greatest(ripe_seconds, $2),
    first_hour = least(coalesce(first_hour, $3), $3),
    last_stored = greatest(last_stored, to_timestamp($4))
  WHERE shard = $1`;
const STATES = `SELECT host(subject) AS subject, state, beacons FROM analysis_states
  WHERE shard = $1 AND subject = ANY($2::inet[])`;
const KEEP = `INSERT INTO analysis_states (shard, subject, device, last_hour, state, beacons)
  VALUES ($1, $2::inet, $3, $4, $5, $6)
  ON CONFLICT (shard, subject) DO UPDATE SET device = excluded.device OR analysis_states.device,
    last_hour = excluded.last_hour, state = excluded.state, beacons = excluded.beacons,
    updated_at = now()`;

/** Thrown where the shard is no longer ours. */
export class ShardLost extends Error {}

export class Shard {
  readonly #options: ShardOptions;
  readonly #lease: Lease;
  readonly #open = new Map<string, OpenHour>();
  #ids: number[] = [];
  /** What was stored when, newest last: [ms, newest event]. */
  #arrivals: [storedMs: number, newestSeconds: number][] = [];
  #beyond = 0;
  #toldRipe = 0;

  constructor(options: ShardOptions, lease: Lease) {
    this.#options = options;
    this.#lease = lease;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** Rows of facts that are taken up; nobody else removes any. */
  get heldRows(): number {
    return this.#ids.length;
  }

  get openHours(): number {
    return this.#open.size;
  }

  /** Takes up what was stored since, all of it. */
  async read(): Promise<void> {
    const { pool } = this.#options;
    for (;;) {
      const { rows } = await pool.query<FactsRow>(READ, [this.#lease.shard, this.#ids]);
      for (const row of rows) this.#take(row);
      if (rows.length > 0) await this.#noteArrivals();
      if (rows.length < kReadRows) return;
    }
  }

  #take(row: FactsRow): void {
    const storedMs = Number(row.stored_ms);
    this.#ids.push(row.id);
    this.#arrivals.push([storedMs, row.newest_seconds]);
    for (const part of unpackHours(row.body)) {
      const key = `${part.hour} ${part.subject}`;
      const known = this.#open.get(key);
      if (known !== undefined) {
        mergeHour(known.hour, part);
        known.storedMs = Math.max(known.storedMs, storedMs);
        known.touched = true;
      } else if (this.#open.size >= MAX_OPEN) this.#beyond += 1;
      else this.#open.set(key, { hour: part, storedMs, touched: true });
    }
  }

  async #noteArrivals(): Promise<void> {
    let firstHour = kNever;
    let lastStoredMs = 0;
    for (const { hour, storedMs } of this.#open.values()) {
      if (storedMs / 1_000 - hour.hour * HOUR_SECONDS <= kMaxBehindSeconds) {
        firstHour = Math.min(firstHour, hour.hour);
      }
      lastStoredMs = Math.max(lastStoredMs, storedMs);
    }
    const values = [this.#lease.shard, this.#ripe(), firstHour, lastStoredMs / 1_000];
    if (lastStoredMs > 0) await this.#options.pool.query(AT_FIRST, values);
  }

  /** The newest event of what was stored holdbackMs ago. */
  #ripe(): number {
    const until = this.#options.now() - this.#options.holdbackMs;
    let ripe = 0;
    let kept = 0;
    for (const [index, [storedMs, newestSeconds]] of this.#arrivals.entries()) {
      if (storedMs > until) continue;
      ripe = Math.max(ripe, newestSeconds);
      kept = index;
    }
    // One that is ripe stands for all before it.
    if (kept > 0) this.#arrivals = [[until, ripe], ...this.#arrivals.slice(kept + 1)];
    return ripe;
  }

  /** Judges what is over and tells early what can be told; everything or nothing of each transaction. */
  async work(round: RoundFacts): Promise<Told> {
    const ripe = this.#ripe();
    if (ripe > this.#toldRipe) {
      await this.#options.pool.query(AT_FIRST, [this.#lease.shard, ripe, kNever, 0]);
      this.#toldRipe = ripe;
    }
    const over = this.#over(round);
    const fresh: Finding[] = [];
    let ahead = 0;
    for (let at = 0; at < over.length; at += kJudgedTogether) {
      const some = over.slice(at, at + kJudgedTogether);
      fresh.push(...(await this.#judgeAll(some, round)));
      ahead += some.filter(({ hour }) => this.#isAhead(hour)).length;
    }
    if (over.length === 0 && this.#ids.length > kCompactRows) await this.#judge([], round);
    fresh.push(...(await this.#tellEarly(round)));
    const beyond = this.#beyond;
    this.#beyond = 0;
    return { fresh, judged: over.length, beyond, ahead };
  }

  #over({ ripeSeconds, lastStoredMs }: RoundFacts): OpenHour[] {
    const nowMs = this.#options.now();
    const settled = nowMs - this.#options.holdbackMs;
    const isIdle = nowMs - lastStoredMs > this.#options.idleMs;
    return [...this.#open.values()]
      .filter(({ hour, storedMs }) => {
        if (storedMs > settled) return false;
        const endSeconds = (hour.hour + 1) * HOUR_SECONDS + kLateSeconds;
        const byClock = isIdle && nowMs / 1_000 >= endSeconds;
        return ripeSeconds >= endSeconds || byClock || this.#isAhead(hour);
      })
      .sort((a, b) => a.hour.hour - b.hour.hour || (a.hour.subject < b.hour.subject ? -1 : 1));
  }

  #isAhead({ hour }: SubjectHour): boolean {
    return hour * HOUR_SECONDS > this.#options.now() / 1_000 + MAX_AHEAD_SECONDS;
  }

  /** As one, or where the store refuses something of them each by itself; what it refuses then is left out. */
  async #judgeAll(over: readonly OpenHour[], round: RoundFacts): Promise<readonly Finding[]> {
    try {
      return await this.#judge(over, round);
    } catch (error) {
      if (!isDataFault(error)) throw error;
    }
    const fresh: Finding[] = [];
    for (const each of over) {
      try {
        fresh.push(...(await this.#judge([each], round)));
      } catch (error) {
        if (!isDataFault(error)) throw error;
        // Its facts go with the next transaction, which writes only what is still open.
        for (const [key, open] of this.#open) if (open === each) this.#open.delete(key);
        this.#beyond += 1;
      }
    }
    return fresh;
  }

  async #judge(over: readonly OpenHour[], round: RoundFacts): Promise<readonly Finding[]> {
    const gone = new Set(over);
    const rest = [...this.#open].filter(([, open]) => !gone.has(open));
    const { fresh, ids } = await this.#options.pool.withTransaction(async (client) => {
      await this.#lock(client);
      await client.query(REMOVE, [this.#lease.shard, this.#ids]);
      const hours = rest.map(([, { hour }]) => hour);
      const kept = await insertFacts(client, factRows(hours, this.#options.now() / 1_000));
      const subjects = [...new Set(over.map(({ hour }) => hour.subject))].sort();
      const states = await this.#states(client, subjects);
      const told: Finding[] = [];
      for (const { hour } of over) {
        // What a wrong clock says of the future is looked at, and forgotten.
        const isAhead = this.#isAhead(hour);
        const state = isAhead ? strangerAt(hour.hour) : (states.get(hour.subject) ?? newState());
        if (!isAhead) states.set(hour.subject, state);
        told.push(...(await judged(client, hour, state, round)));
      }
      for (const subject of subjects) await this.#keep(client, subject, states.get(subject), over);
      return { fresh: told, ids: kept };
    });
    for (const [key, open] of this.#open) if (gone.has(open)) this.#open.delete(key);
    this.#ids = [...ids];
    return fresh;
  }

  async #keep(
    client: pg.ClientBase,
    subject: string,
    state: DeviceState | undefined,
    over: readonly OpenHour[],
  ): Promise<void> {
    const isDevice = over.some(({ hour }) => hour.subject === subject && hour.device);
    // Of a visitor nothing is kept but what makes it a suspect.
    if (state === undefined || (!isDevice && state.scan.failed.length < 2)) return;
    const { state: bytes, beacons } = packState(state);
    const values = [this.#lease.shard, subject, isDevice, state.lastHour, bytes, beacons];
    await client.query({ name: 'keep-state', text: KEEP, values });
  }

  async #tellEarly(round: RoundFacts): Promise<readonly Finding[]> {
    const worth = [...this.#open.values()].filter(
      (open) => open.touched && mayTellEarly(open.hour),
    );
    for (const open of this.#open.values()) open.touched = false;
    if (worth.length === 0) return [];
    return this.#options.pool.withTransaction(async (client) => {
      await this.#lock(client);
      const subjects = [...new Set(worth.map(({ hour }) => hour.subject))];
      const states = await this.#states(client, subjects);
      const fresh: Finding[] = [];
      for (const { hour } of worth) {
        const state = states.get(hour.subject) ?? newState();
        for (const finding of lookEarly(hour, state, round.judge)) {
          if (await tellEarly(client, finding, hour.hour)) fresh.push(finding);
        }
      }
      return fresh;
    });
  }

  async #lock(client: pg.ClientBase): Promise<void> {
    const { shard, epoch } = this.#lease;
    const { rowCount } = await client.query({
      ...{ name: 'lock-shard', text: LOCK, values: [shard, epoch] },
    });
    if (rowCount !== 1) throw new ShardLost(`shard ${shard} has another owner`);
  }

  async #states(
    client: pg.ClientBase,
    subjects: readonly string[],
  ): Promise<Map<string, DeviceState>> {
    if (subjects.length === 0) return new Map();
    const { rows } = await client.query<{ subject: string; state: Buffer; beacons: Buffer }>({
      ...{ name: 'read-states', text: STATES, values: [this.#lease.shard, subjects] },
    });
    // Spelt by PostgreSQL; our own spelling is what hours have.
    return new Map(rows.map((row) => [canonicalIp(row.subject) ?? row.subject, unpackState(row)]));
  }
}

const kNever = 2 ** 31 - 1;

/** The state of a subject that nothing is known of, but that it is not new. */
function strangerAt(hour: number): DeviceState {
  return { ...newState(), firstHour: hour, lastHour: hour };
}

async function judged(
  client: pg.ClientBase,
  hour: SubjectHour,
  state: DeviceState,
  round: RoundFacts,
): Promise<readonly Finding[]> {
  const { findings, beacons } = judgeHour(hour, state, round.judge);
  const callers = await devicesOfTargets(
    client,
    beacons.map(({ target }) => target),
  );
  const all = [...findings];
  for (const candidate of beacons) {
    const devices = Math.max(1, callers.get(candidate.target) ?? 0);
    const weighed = weigh(candidate, { devices, allDevices: round.devices });
    await keepBeacon(client, hour.subject, candidate, weighed);
    const told = beaconFinding(hour.subject, candidate, weighed);
    all.push(...told.filter((each) => !round.judge.isNormal(each.kind, each.subject, each.about)));
  }
  return tellFinal(client, { subject: hour.subject, hour: hour.hour }, all);
}
