/**
 * Sets of signatures as people keep them: files, variables, overrides, and the versions compiled of them.
 *
 * Invariants: every change holds the set's row until it is committed, is bounded (SIGNATURE_LIMITS) and
 * leaves a line in signature_changes in the same transaction; a version is whole or not there at all.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, zstdCompress, zstdDecompress } from 'node:zlib';
import type pg from 'pg';
import { NetmothError } from '#contracts/errors.ts';
import {
  SIGNATURE_LIMITS,
  type SignatureFile,
  type SignatureListOptions,
  type SignatureOverride,
  type SignatureSet,
  type SignatureSetDetail,
  type SignatureSuppression,
  type SignatureThreshold,
  type SignatureVersion,
} from '#contracts/rest-signatures.ts';
import { copyStream } from '../store/binary-rows.ts';
import { copyIn } from '../store/copy-in.ts';
import type { StorePool } from '../store/pool.ts';
import * as sql from '../store/queries/signature-sets.ts';
import type { Compiler } from './compiler.ts';
import { suppressionOf } from './suppressions.ts';
import { FAULT_COLUMNS, RULE_COLUMNS } from './version-rows.ts';

const compressed = promisify(zstdCompress);
const decompressed = promisify(zstdDecompress);
const unzipped = promisify(gunzip);
const kGzip = Buffer.from([0x1f, 0x8b]);

/** Who changes something in which set. */
export interface Change {
  readonly set: string;
  readonly user: string;
}

export interface RuleId {
  readonly gid: number;
  readonly sid: number;
}

export interface OverrideValues {
  readonly enabled: boolean | null;
  readonly threshold: SignatureThreshold | null;
  readonly suppress: SignatureSuppression | null;
}

export interface GivenFile {
  readonly name: string;
  /** null: rules, or configuration by its name. */
  readonly list: SignatureListOptions | null;
}

type SetRow = Omit<SignatureSet, 'newest'> & Pick<SignatureSetDetail, 'variables'>;

export class SignatureSets {
  readonly #pool: StorePool;
  readonly #compiler: Compiler;

  constructor(pool: StorePool, compiler: Compiler) {
    this.#pool = pool;
    this.#compiler = compiler;
  }

  async list(): Promise<SignatureSet[]> {
    const rows = await this.#rows<SetRow>(sql.SELECT_SETS, [null]);
    const newest = await this.#rows<SignatureVersion & { set_name: string }>(sql.SELECT_NEWEST, [
      rows.map(({ name }) => name),
    ]);
    const bySet = new Map(newest.map(({ set_name, ...version }) => [set_name, version]));
    return rows.map(({ variables: _, ...row }) => ({
      ...row,
      newest: bySet.get(row.name) ?? null,
    }));
  }

  async detail(set: string): Promise<SignatureSetDetail> {
    const [row] = await this.#rows<SetRow>(sql.SELECT_SETS, [set]);
    if (row === undefined) throw noSet(set);
    const versions = await this.#rows<SignatureVersion>(sql.SELECT_VERSIONS, [set]);
    const fileList = await this.#rows<SignatureFile>(sql.SELECT_FILES, [set]);
    return { ...row, newest: versions[0] ?? null, versions, fileList };
  }

  async create(change: Change, variables: Readonly<Record<string, string>>): Promise<void> {
    const { set, user } = change;
    checkVariables(variables);
    await this.#pool.withTransaction(async (client) => {
      const { rowCount } = await client.query(sql.INSERT_SET, [
        ...[set, JSON.stringify(variables), user, SIGNATURE_LIMITS.sets],
      ]);
      if (rowCount === 0) {
        const told = `there is a set ${set} already, or there are ${SIGNATURE_LIMITS.sets} sets`;
        throw new NetmothError('NM_CONFLICT', told);
      }
      await note(client, change, 'create', '');
    });
  }

  async remove(change: Change): Promise<void> {
    await this.#change(change, async (client) => {
      const active = await client.query<{ set: string | null }>(sql.SELECT_ACTIVE);
      if (active.rows[0]?.set === change.set) {
        const told = `sensors match with a version of ${change.set}; activate another one first`;
        throw new NetmothError('NM_CONFLICT', told);
      }
      await client.query(sql.DELETE_SET, [change.set]);
      return ['delete', ''];
    });
  }

  async putVariables(change: Change, variables: Readonly<Record<string, string>>): Promise<void> {
    checkVariables(variables);
    await this.#change(change, async (client) => {
      await client.query(sql.UPDATE_VARIABLES, [change.set, JSON.stringify(variables)]);
      return ['variables', Object.keys(variables).sort().join(', ')];
    });
  }

  /** Takes a file as it comes; gzip is unpacked, within the bound. */
  async putFile(change: Change, { name, list }: GivenFile, given: Buffer): Promise<SignatureFile> {
    const bytes = await plain(given);
    const body = await compressed(bytes);
    const sha256 = createHash('sha256').update(bytes).digest();
    let stored: SignatureFile | undefined;
    await this.#change(change, async (client) => {
      const options = list === null ? null : JSON.stringify(list);
      const values = [change.set, name, bytes.length, sha256, body, change.user, options];
      const { rows } = await client.query<SignatureFile>(sql.UPSERT_FILE, values);
      stored = rows[0];
      const size = await client.query<{ files: number; bytes: number }>(sql.SELECT_SET_SIZE, [
        change.set,
      ]);
      const { files = 0, bytes: setBytes = 0 } = size.rows[0] ?? {};
      const { filesPerSet, setBytes: most } = SIGNATURE_LIMITS;
      if (files > filesPerSet) throw tooMuch(`a set has at most ${filesPerSet} files`);
      if (setBytes > most) throw tooMuch(`the files of a set have at most ${most} bytes`);
      return [list === null ? 'file' : 'list', `${name}, ${bytes.length} bytes`];
    });
    if (stored === undefined) throw new Error(`file ${name} was not stored`);
    return stored;
  }

  async file(set: string, name: string): Promise<Buffer> {
    const [row] = await this.#rows<{ body: Buffer }>(sql.SELECT_FILE_BODY, [set, name]);
    if (row === undefined) throw missing(`the set ${set} has no file ${name}`);
    return decompressed(row.body);
  }

  async removeFile(change: Change, name: string): Promise<void> {
    await this.#change(change, async (client) => {
      const { rowCount } = await client.query(sql.DELETE_FILE, [change.set, name]);
      if (rowCount === 0) throw missing(`the set ${change.set} has no file ${name}`);
      return ['file removed', name];
    });
  }

  async overrides(set: string): Promise<SignatureOverride[]> {
    return this.#rows<SignatureOverride>(sql.SELECT_OVERRIDES, [set]);
  }

  async putOverride(
    change: Change,
    { gid, sid }: RuleId,
    { enabled, threshold, suppress }: OverrideValues,
  ): Promise<SignatureOverride> {
    if (enabled === null && threshold === null && suppress === null) {
      const told = 'an override says something: enabled, threshold or suppress (or delete it)';
      throw new NetmothError('NM_QUERY_INVALID', told);
    }
    let stored: SignatureOverride | undefined;
    await this.#change(change, async (client) => {
      const { overridesPerSet } = SIGNATURE_LIMITS;
      if (suppress !== null) await checkSuppression(client, change.set, { gid, sid, suppress });
      const rate = threshold === null ? null : JSON.stringify(threshold);
      const hosts = suppress === null ? null : JSON.stringify(suppress);
      const values = [change.set, gid, sid, enabled, rate, hosts, change.user, overridesPerSet];
      const { rows } = await client.query<SignatureOverride>(sql.UPSERT_OVERRIDE, values);
      stored = rows[0];
      if (stored === undefined) throw tooMuch(`a set has at most ${overridesPerSet} overrides`);
      const states = { true: 'enabled', false: 'disabled', null: 'as in its file' } as const;
      const told = [`${gid}:${sid} ${states[`${enabled}`]}`, rate, suppressionText(suppress)];
      return ['override', told.filter((each) => each !== null).join(', ')];
    });
    if (stored === undefined) throw new Error(`override ${gid}:${sid} was not stored`);
    return stored;
  }

  async removeOverride(change: Change, { gid, sid }: RuleId): Promise<void> {
    await this.#change(change, async (client) => {
      const { rowCount } = await client.query(sql.DELETE_OVERRIDE, [change.set, gid, sid]);
      if (rowCount === 0) throw missing(`the set ${change.set} has no override of ${gid}:${sid}`);
      return ['override removed', `${gid}:${sid}`];
    });
  }

  /** The next version of a set, from what it is now. */
  async compile(change: Change): Promise<SignatureVersion> {
    const { set, user } = change;
    const draft = await this.#draft(set);
    if (draft.files.length === 0) {
      throw new NetmothError('NM_QUERY_INVALID', `the set ${set} has no files to compile`);
    }
    const [next] = await this.#rows<{ id: number }>(sql.NEXT_VERSION_ID, []);
    if (next === undefined) throw new Error('no number for a version');
    const { revision, variables, files, overrides } = draft;
    const made = await this.#compiler.compile({
      versionId: next.id,
      ...{ files, variables, overrides },
    });
    const { counts } = made;
    return this.#pool.withTransaction(async (client) => {
      const { rowCount } = await client.query(sql.LOCK_SET, [set]);
      if (rowCount === 0) throw noSet(set);
      const { rows } = await client.query<SignatureVersion>(sql.INSERT_VERSION, [
        ...[next.id, set, made.digest, revision, JSON.stringify(variables)],
        ...[Buffer.from(made.bundle), made.sizeBytes],
        ...[counts.loaded, counts.indicators, counts.failed, counts.disabled, counts.replaced],
        ...[counts.skipped, counts.errors, counts.warnings, user],
      ]);
      const [version] = rows;
      if (version === undefined) throw new Error(`version of ${set} was not stored`);
      await copyRows(client, `signature_rules (${RULE_COLUMNS})`, made.rules);
      await copyRows(client, `signature_faults (${FAULT_COLUMNS})`, made.faults);
      await client.query(sql.TRIM_VERSIONS, [set, SIGNATURE_LIMITS.versionsPerSet]);
      const told = `version ${version.number}: ${counts.loaded} rules, ${counts.errors} errors`;
      await note(client, change, 'compile', told);
      return version;
    });
  }

  /** Which rows belong to a version (the newest unless told), and its variables. */
  async version(
    set: string,
    number: number | undefined,
  ): Promise<{ id: number; variables: Readonly<Record<string, string>> } | undefined> {
    const [found] = await this.#rows<{ id: number; variables: Record<string, string> }>(
      sql.SELECT_VERSION_ID,
      [set, number ?? null],
    );
    if (found === undefined && number !== undefined) {
      throw missing(`the set ${set} has no version ${number}`);
    }
    return found;
  }

  async #draft(set: string) {
    return this.#pool.withTransaction(async (client) => {
      const locked = await client.query<{ revision: number }>(sql.LOCK_SET, [set]);
      const revision = locked.rows[0]?.revision;
      if (revision === undefined) throw noSet(set);
      const files = await client.query<GivenFile & { body: Buffer }>(sql.SELECT_BODIES, [set]);
      const overrides = await client.query<SignatureOverride>(sql.SELECT_OVERRIDES, [set]);
      const [row] = (await client.query<SetRow>(sql.SELECT_SETS, [set])).rows;
      return {
        revision,
        variables: row?.variables ?? {},
        files: files.rows,
        overrides: overrides.rows.map(({ gid, sid, enabled, threshold, suppress }) => ({
          ...{ gid, sid, enabled, threshold, suppress },
        })),
      };
    });
  }

  /** A change of what a version is compiled from; `work` says what it was, for the record. */
  async #change(
    change: Change,
    work: (client: pg.PoolClient) => Promise<readonly [action: string, detail: string]>,
  ): Promise<void> {
    await this.#pool.withTransaction(async (client) => {
      const { rowCount } = await client.query(sql.LOCK_SET, [change.set]);
      if (rowCount === 0) throw noSet(change.set);
      const [action, detail] = await work(client);
      await client.query(sql.TOUCH_SET, [change.set]);
      await note(client, change, action, detail);
    });
  }

  async #rows<R extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<R[]> {
    return (await this.#pool.query<R>(text, values)).rows;
  }
}

/** A line of signature_changes. */
export async function note(
  client: pg.PoolClient,
  { set, user }: Change,
  action: string,
  detail: string,
): Promise<void> {
  await client.query(sql.INSERT_CHANGE, [user, set, action, detail.slice(0, 1024)]);
}

async function copyRows(client: pg.PoolClient, into: string, rows: Uint8Array): Promise<void> {
  if (rows.length === 0) return;
  // A Buffer does not stay one on its way out of a thread, and pg takes nothing else.
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
  await copyIn(client, `COPY ${into} FROM STDIN (FORMAT binary)`, copyStream([bytes]));
}

async function plain(given: Buffer): Promise<Buffer> {
  const { fileBytes } = SIGNATURE_LIMITS;
  if (!given.subarray(0, kGzip.length).equals(kGzip)) return given;
  try {
    return await unzipped(given, { maxOutputLength: fileBytes });
  } catch (cause) {
    const told = `the file is broken gzip, or larger than ${fileBytes} bytes unpacked`;
    throw new NetmothError('NM_QUERY_INVALID', told, { cause });
  }
}

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const most = SIGNATURE_LIMITS.variables;
  if (Object.keys(variables).length > most) throw tooMuch(`a set has at most ${most} variables`);
}

/** Addresses are read where they are written, by the set's variables, so that who writes them hears of it. */
async function checkSuppression(
  client: pg.PoolClient,
  set: string,
  { suppress, ...rule }: RuleId & { readonly suppress: SignatureSuppression },
): Promise<void> {
  const { rows } = await client.query<Pick<SetRow, 'variables'>>(sql.SELECT_VARIABLES, [set]);
  const entry = suppressionOf(rule, suppress, rows[0]?.variables ?? {});
  if (typeof entry === 'string') {
    throw new NetmothError('NM_QUERY_INVALID', `the suppression: ${entry}`);
  }
}

function suppressionText(suppress: SignatureSuppression | null): string | null {
  if (suppress === null) return null;
  if (suppress.track === 'always') return 'suppressed';
  return `suppressed ${suppress.track} ${suppress.addresses}`;
}

function tooMuch(message: string): NetmothError {
  return new NetmothError('NM_QUERY_INVALID', message);
}

export function missing(message: string): NetmothError {
  return new NetmothError('NM_NOT_FOUND', message);
}

function noSet(set: string): NetmothError {
  return missing(`there is no set ${set}`);
}
