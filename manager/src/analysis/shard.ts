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
 * Bounds: those of open-hours.ts.
 */
import type pg from 'pg';
import { canonicalIp } from '#manager/enrich/ip-address.ts';
import { isDataFault } from '#manager/ingest/store-faults.ts';
import type { StorePool } from '#manager/store/pool.ts';
import { beaconFinding, weigh } from './beacon-findings.ts';
import { type DeviceState, newState, packState, strangerAt, unpackState } from './device-state.ts';
import { factRows, insertFacts, MAX_AHEAD_SECONDS } from './facts.ts';
import type { Finding } from './finding.ts';
import { unpackHours } from './hour-codec.ts';
import { isTold, type JudgeOptions, judgeHour, lookEarly, mayTellEarly } from './judge.ts';
import type { Lease } from './leases.ts';
import { type OpenHour, OpenHours } from './open-hours.ts';
import { devicesOfTargets, keepBeacon, tellEarly, tellFinal } from './store-findings.ts';
import { HOUR_SECONDS, type SubjectHour } from './subject-hour.ts';

export interface ShardOptions {
  readonly pool: StorePool;
  readonly holdbackMs: number;
  readonly idleMs: number;
  /** Called between pieces of work, so that a lease does not end while its owner works. */
  readonly renew: () => Promise<void>;
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

const kLateSeconds = 300;
/** What is said to have been earlier was stamped by a clock that is wrong, or is a recording: not our network. */
const kMaxBehindSeconds = 366 * 24 * HOUR_SECONDS;
const kReadRows = 200;
const kJudgedTogether = 128;
/** More rows than this are made fewer. */
const kCompactRows = 300;

/** Hours to be judged together, and the rows that hold their facts and no others. */
interface Chunk {
  readonly hours: readonly OpenHour[];
  readonly ids: readonly number[];
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
  readonly #open = new OpenHours();
  #ids: number[] = [];
  /** What was stored when, newest last: [ms, newest event]. */
  #arrivals: [storedMs: number, newestSeconds: number][] = [];
  /** Hours and rows that had to be left out. */
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
    for (const part of this.#unpacked(row)) this.#open.take(part, storedMs);
  }

  /** A row that cannot be read says nothing, and goes with the next that are removed. */
  #unpacked({ body }: FactsRow): readonly SubjectHour[] {
    try {
      return unpackHours(body);
    } catch {
      this.#beyond += 1;
      return [];
    }
  }

  async #noteArrivals(): Promise<void> {
    let firstHour = kNever;
    let lastStoredMs = 0;
    for (const { hour, storedMs } of this.#open.all()) {
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
    if (over.length > 0 || this.#ids.length > kCompactRows) {
      const gone = new Set(over);
      const rest = this.#open.all().filter((open) => !gone.has(open));
      const parts = Array.from({ length: Math.ceil(over.length / kJudgedTogether) }, (_, at) =>
        over.slice(at * kJudgedTogether, (at + 1) * kJudgedTogether),
      );
      for (const chunk of await this.#apart(parts, this.#ids, rest)) {
        fresh.push(...(await this.#judgeAll(chunk, round)));
        ahead += chunk.hours.filter(({ hour }) => this.#isAhead(hour)).length;
        await this.#options.renew();
      }
    }
    try {
      fresh.push(...(await this.#tellEarly(round)));
    } catch (error) {
      // All that can be told of them is told once their hours are over, each by itself.
      if (!isHoursFault(error)) throw error;
    }
    const beyond = this.#beyond + this.#open.beyond;
    this.#beyond = 0;
    this.#open.beyond = 0;
    return { fresh, judged: over.length, beyond, ahead };
  }

  #over({ ripeSeconds, lastStoredMs }: RoundFacts): OpenHour[] {
    const nowMs = this.#options.now();
    const settled = nowMs - this.#options.holdbackMs;
    const isIdle = nowMs - lastStoredMs > this.#options.idleMs;
    return this.#open
      .all()
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

  /**
   * Writes the facts of `ids` anew, those of each part in rows of their own: so judging a part removes its own, and
   * what is still open is written once in a round, however much is over.
   */
  async #apart(
    parts: readonly (readonly OpenHour[])[],
    ids: readonly number[],
    rest: readonly OpenHour[],
  ): Promise<readonly Chunk[]> {
    const written = await this.#options.pool.withTransaction(async (client) => {
      await this.#lock(client);
      await client.query(REMOVE, [this.#lease.shard, ids]);
      const kept: (readonly number[])[] = [];
      for (const part of [rest, ...parts]) {
        const hours = part.map(({ hour }) => hour);
        kept.push(await insertFacts(client, factRows(hours, this.#options.now() / 1_000)));
      }
      return kept;
    });
    this.#replace(ids, written.flat());
    return parts.map((hours, at) => ({ hours, ids: written[at + 1] ?? [] }));
  }

  #replace(gone: readonly number[], fresh: readonly number[]): void {
    const removed = new Set(gone);
    this.#ids = [...this.#ids.filter((id) => !removed.has(id)), ...fresh];
  }

  /** As one, or where the store refuses something of them each by itself; what it refuses then is left out. */
  async #judgeAll(chunk: Chunk, round: RoundFacts): Promise<readonly Finding[]> {
    try {
      return await this.#judge(chunk, round);
    } catch (error) {
      if (!isHoursFault(error)) throw error;
    }
    const fresh: Finding[] = [];
    const parts = chunk.hours.map((each) => [each]);
    for (const single of await this.#apart(parts, chunk.ids, [])) {
      try {
        fresh.push(...(await this.#judge(single, round)));
      } catch (error) {
        if (!isHoursFault(error)) throw error;
        this.#open.forget(single.hours);
        await this.#judge({ hours: [], ids: single.ids }, round);
        this.#beyond += 1;
      }
    }
    return fresh;
  }

  async #judge({ hours: over, ids }: Chunk, round: RoundFacts): Promise<readonly Finding[]> {
    const fresh = await this.#options.pool.withTransaction(async (client) => {
      await this.#lock(client);
      await client.query(REMOVE, [this.#lease.shard, ids]);
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
      return told;
    });
    this.#open.forget(over);
    this.#replace(ids, []);
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
    const worth = this.#open.all().filter((open) => open.touched && mayTellEarly(open.hour));
    for (const open of this.#open.all()) open.touched = false;
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
    const states = new Map<string, DeviceState>();
    for (const row of rows) {
      const subject = canonicalIp(row.subject) ?? row.subject;
      try {
        states.set(subject, unpackState(row));
      } catch {
        // What cannot be read is begun anew.
        this.#beyond += 1;
      }
    }
    return states;
  }
}

const kNever = 2 ** 31 - 1;

/** What an hour's own content causes, in the store or in a detector: it would do so for ever. */
function isHoursFault(error: unknown): boolean {
  if (isDataFault(error) || error instanceof TypeError) return true;
  return error instanceof RangeError || error instanceof SyntaxError;
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
    all.push(...told.filter((each) => isTold(each, round.judge)));
  }
  return tellFinal(client, { subject: hour.subject, hour: hour.hour }, all);
}
