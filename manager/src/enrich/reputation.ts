/**
 * Keeps in PostgreSQL which lists an address or a name is on: files that the user gives by path (lists of reputation
 * and of trackers) and the indicator lists of signature sets.
 *
 * Invariants: a list is replaced in one transaction, whole, and what stays on it keeps its `since`; a file that cannot
 * be read leaves what was read before and is told (`troubles`), once in the log. Only a file that changed is read;
 * of several managers with the same file one writes, by the digest. A list that another
 * manager took away or replaced (one of an older configuration, while a new one rolls out) is put back.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { StorePool } from '#manager/store/pool.ts';
import { MAX_LIST_ENTRIES, ReputationList } from './reputation-list.ts';

export interface ReputationOptions {
  readonly pool: StorePool;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly files: readonly string[];
}

const kLookEveryMs = 60_000;
const kRowsPerStatement = 20_000;
const kMaxFileBytes = 512 * 1024 * 1024;
const kMaxBodyBytes = 128 * 1024 * 1024;
const kMaxSetLists = 200;
const kLock = 7_318_011;
const decompressed = promisify(zstdDecompress);

const LOCK = `SELECT pg_advisory_xact_lock(${kLock})`;
const KNOWN = 'SELECT digest FROM reputation_lists WHERE name = $1';
const NAMES = 'SELECT name FROM reputation_lists';
const PUT_LIST = `INSERT INTO reputation_lists (name, digest, entries, left_out) VALUES ($1, $2, $3, $4)
  ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, entries = excluded.entries,
    left_out = excluded.left_out, read_at = now()`;
const FRESH = `CREATE TEMP TABLE fresh_entries (entry text, network inet, domain text) ON COMMIT DROP`;
const FILL = `INSERT INTO fresh_entries SELECT entry, CASE WHEN is_network THEN entry::inet END,
    CASE WHEN NOT is_network THEN entry END FROM unnest($1::text[], $2::bool[]) AS given (entry, is_network)`;
const REMOVE_GONE = `DELETE FROM reputation_entries AS old WHERE list = $1
  AND NOT EXISTS (SELECT FROM fresh_entries AS fresh WHERE fresh.entry = old.entry)`;
const ADD_NEW = `INSERT INTO reputation_entries (list, entry, network, domain)
  SELECT $1, entry, network, domain FROM fresh_entries ON CONFLICT (list, entry) DO NOTHING`;
const REMOVE_LISTS = 'DELETE FROM reputation_lists WHERE name <> ALL($1::text[])';
const SET_LISTS = `SELECT set_name || '/' || name AS name, encode(sha256, 'hex') AS digest FROM signature_files
  WHERE list IS NOT NULL AND coalesce(list->>'format', '') NOT IN ('misp', 'stix')
    AND size_bytes <= ${kMaxBodyBytes} ORDER BY 1 LIMIT ${kMaxSetLists}`;
const SET_BODY =
  "SELECT body FROM signature_files WHERE set_name || '/' || name = $1 AND list IS NOT NULL";

/** What a file was when it was read last. */
interface ReadFile {
  readonly mark: string;
  /** Undefined where nothing was in it, so that nothing was stored. */
  readonly digest: string | undefined;
  readonly trouble: string | undefined;
}

/** JSON, though nobody said so; `[Adblock Plus 2.0]` is none. */
const JSON_START = /^\s*(?:\{|\[\s*(?:[[{"\]]|$))/;

export class Reputation {
  readonly #options: ReputationOptions;
  readonly #marks = new Map<string, ReadFile>();
  /** Digests of sets' lists without any entry: they are stored nowhere, and need not be read again. */
  readonly #empty = new Map<string, string>();
  readonly #troubles = new Map<string, string>();

  constructor(options: ReputationOptions) {
    this.#options = options;
  }

  /** Files that are not in use as they are now. */
  troubles(): readonly { readonly path: string; readonly trouble: string }[] {
    return [...this.#troubles].map(([path, trouble]) => ({ path, trouble }));
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.pass().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'lists of reputation wait for the store');
      });
      await sleep(kLookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Takes up what changed, and forgets lists that are gone. */
  async pass(): Promise<void> {
    const { pool, files } = this.#options;
    for (const path of files) await this.#file(path);
    const { rows } = await pool.query<{ name: string; digest: string }>(SET_LISTS);
    for (const { name, digest } of rows) await this.#setList(name, digest);
    for (const name of this.#empty.keys()) {
      if (!rows.some((row) => row.name === name)) this.#empty.delete(name);
    }
    const wanted = [...files.map((path) => basename(path)), ...rows.map(({ name }) => name)];
    const known = await pool.query<{ name: string }>(NAMES);
    if (known.rows.some(({ name }) => !wanted.includes(name))) {
      await pool.query(REMOVE_LISTS, [wanted]);
    }
  }

  async #file(path: string): Promise<void> {
    try {
      const { ino, size, mtimeMs } = await stat(path);
      const mark = `${ino} ${size} ${mtimeMs}`;
      if (!(await this.#isStored(path, mark))) {
        if (size > kMaxFileBytes) throw new Error(`has more than ${kMaxFileBytes} bytes`);
        const hash = createHash('sha256');
        const source = createReadStream(path).on('data', (chunk) => hash.update(chunk));
        const list = await readLines(source);
        const digest = hash.digest('hex');
        await this.#store(basename(path), digest, list);
        const stored = list.size === 0 ? undefined : digest;
        this.#marks.set(path, { mark, digest: stored, trouble: troubleOf(list) });
      }
      this.#tell(path, this.#marks.get(path)?.trouble);
    } catch (error) {
      this.#tell(path, error instanceof Error ? error.message : String(error));
    }
  }

  /** Whether the file was read as it is now, and is still in the store as we read it. */
  async #isStored(path: string, mark: string): Promise<boolean> {
    const last = this.#marks.get(path);
    if (last?.mark !== mark) return false;
    if (last.digest === undefined) return true;
    return (await digestOf(this.#options.pool, basename(path))) === last.digest;
  }

  async #setList(name: string, digest: string): Promise<void> {
    const { pool } = this.#options;
    if (this.#empty.get(name) === digest) return;
    if ((await digestOf(pool, name)) === digest) return;
    const { rows } = await pool.query<{ body: Buffer }>(SET_BODY, [name]);
    const [row] = rows;
    if (row === undefined) return;
    const text = await decompressed(row.body, { maxOutputLength: kMaxBodyBytes });
    const list = await readLines(Readable.from([text]));
    if (list.size === 0) this.#empty.set(name, digest);
    else this.#empty.delete(name);
    await this.#store(name, digest, list);
  }

  async #store(name: string, digest: string, list: ReputationList): Promise<void> {
    const { pool, log } = this.#options;
    const { size, leftOut } = list;
    if ((await digestOf(pool, name)) === digest) return;
    // An empty list is more likely a broken download than a world without evil.
    if (size === 0) return;
    await pool.withTransaction(async (client) => {
      await client.query(LOCK);
      await client.query(PUT_LIST, [name, digest, size, leftOut]);
      await replaceEntries(client, name, list);
    });
    log.info({ list: name, entries: size, leftOut }, 'a list of reputation was read');
  }

  #tell(path: string, trouble: string | undefined): void {
    if (trouble === undefined) {
      this.#troubles.delete(path);
      return;
    }
    if (this.#troubles.get(path) !== trouble) {
      this.#options.log.warn({ file: path, trouble }, 'a list of reputation is not used as it is');
    }
    this.#troubles.set(path, trouble);
  }
}

function troubleOf({ size, leftOut }: ReputationList): string | undefined {
  if (size === 0) return 'no address and no name is in it';
  if (size < MAX_LIST_ENTRIES || leftOut === 0) return undefined;
  return `has more than ${MAX_LIST_ENTRIES} entries; ${leftOut} lines are left out`;
}

async function digestOf(pool: StorePool, name: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ digest: string }>(KNOWN, [name]);
  return rows[0]?.digest;
}

async function readLines(source: Readable): Promise<ReputationList> {
  const list = new ReputationList();
  let isJson: boolean | undefined;
  for await (const line of createInterface({ input: source })) {
    if (line.trim() !== '') isJson ??= JSON_START.test(line);
    if (isJson !== true) list.add(line);
  }
  return list;
}

async function replaceEntries(
  client: pg.ClientBase,
  name: string,
  list: ReputationList,
): Promise<void> {
  await client.query(FRESH);
  for (const some of chunksOf(list.entries())) {
    await client.query(FILL, [
      some.map(([entry]) => entry),
      some.map(([, kind]) => kind === 'network'),
    ]);
  }
  await client.query(REMOVE_GONE, [name]);
  await client.query(ADD_NEW, [name]);
}

function* chunksOf<T>(all: Iterable<T>): Generator<T[]> {
  let some: T[] = [];
  for (const each of all) {
    some.push(each);
    if (some.length < kRowsPerStatement) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
