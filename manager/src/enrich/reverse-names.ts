/**
 * Names of addresses by reverse DNS (RFC 1035 3.5, RFC 3596 2.5): of our devices that nothing else has named, and of
 * an address that somebody asks about. Off unless the user turns it on: whoever runs the resolver learns who is asked
 * about.
 *
 * Invariants: an address is asked about once a day by one manager (the row is claimed before asking); at most
 * `perSecond` questions a second, one after the other; a name is evidence like any other (`dns.ptr`), never a fact.
 * Bound: MAX_WAITING addresses wait for their turn; what comes beyond them is counted and has no name for now.
 */
import { Resolver } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { cleanText } from '#manager/ingest/event-fields.ts';
import type { StorePool } from '#manager/store/pool.ts';

export interface ReverseNamesOptions {
  readonly pool: StorePool;
  readonly log: Pick<Logger, 'warn'>;
  /** Addresses of resolvers, with or without a port; empty: the system's. */
  readonly servers: readonly string[];
  readonly perSecond: number;
  /** Addresses that found no room in the line. */
  readonly beyond: { inc(): void };
}

const kPassMs = 60_000;
const kTimeoutMs = 2_000;
const kPerPass = 256;
const kFreshHours = 24;
const kConfidence = 50;
const kMaxNameChars = 253;
export const MAX_WAITING = 512;

const STALE = `looked_up_at < now() - interval '${kFreshHours} hours'`;
const CLAIM = `INSERT INTO reverse_names AS kept (ip) VALUES ($1::inet)
  ON CONFLICT (ip) DO UPDATE SET looked_up_at = now() WHERE kept.${STALE} RETURNING ip`;
const KEEP = 'UPDATE reverse_names SET name = $2 WHERE ip = $1::inet';
const KNOWN = 'SELECT name FROM reverse_names WHERE ip = $1::inet';
const UNNAMED = `SELECT host(devices.ip) AS ip FROM devices LEFT JOIN reverse_names USING (ip)
  WHERE hostname IS NULL AND confirmed AND (reverse_names.ip IS NULL OR ${STALE})
  ORDER BY devices.last_seen DESC LIMIT ${kPerPass}`;
const EVIDENCE = `INSERT INTO device_evidence
    (subject, attribute, source, value, detail, confidence, first_seen, last_seen)
  SELECT coalesce(subject, 'ip:' || host(ip)), 'hostname', 'dns.ptr', $2, 'reverse DNS', ${kConfidence}, now(), now()
  FROM devices WHERE ip = $1::inet
  ON CONFLICT (subject, attribute, source, value) DO UPDATE SET last_seen = now(), updated_at = now(),
    concluded = false`;

export class ReverseNames {
  readonly #options: ReverseNamesOptions;
  readonly #resolver = new Resolver({ timeout: kTimeoutMs, tries: 1 });
  /** Addresses that are asked about, or wait for it. */
  readonly #waiting = new Map<string, Promise<string | null>>();
  #nextMs = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** Throws where a server is no address. */
  constructor(options: ReverseNamesOptions) {
    this.#options = options;
    if (options.servers.length > 0) this.#resolver.setServers([...options.servers]);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.pass(signal).catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'names of devices are not looked up');
      });
      await sleep(kPassMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Asks for devices without a name, those seen last first. */
  async pass(signal?: AbortSignal): Promise<void> {
    const { pool } = this.#options;
    const { rows } = await pool.query<{ ip: string }>(UNNAMED);
    for (const { ip } of rows) {
      if (signal?.aborted) return;
      await this.nameOf(ip);
    }
  }

  /** null: it has none, or there is no room to ask. What is found is evidence where the address is a device's. */
  nameOf(ip: string): Promise<string | null> {
    const waiting = this.#waiting.get(ip);
    if (waiting !== undefined) return waiting;
    if (this.#waiting.size >= MAX_WAITING) {
      this.#options.beyond.inc();
      return Promise.resolve(null);
    }
    const name = this.#find(ip).finally(() => this.#waiting.delete(ip));
    this.#waiting.set(ip, name);
    return name;
  }

  async #find(ip: string): Promise<string | null> {
    const { pool } = this.#options;
    const claimed = await pool.query(CLAIM, [ip]);
    if (claimed.rows.length === 0) {
      const { rows } = await pool.query<{ name: string | null }>(KNOWN, [ip]);
      return rows[0]?.name ?? null;
    }
    const name = await this.#inTurn(() => this.#ask(ip));
    await pool.query(KEEP, [ip, name]);
    if (name !== null) await pool.query(EVIDENCE, [ip, name]);
    return name;
  }

  async #ask(ip: string): Promise<string | null> {
    try {
      const [name = ''] = await this.#resolver.reverse(ip);
      return name === '' ? null : cleanText(name.slice(0, kMaxNameChars).toLowerCase());
    } catch {
      return null;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(async () => {
      const waitMs = this.#nextMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      this.#nextMs = performance.now() + 1_000 / this.#options.perSecond;
      return work();
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
