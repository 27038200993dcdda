/**
 * Which version sensors are to match with.
 *
 * Invariants: the newest activation counts and its generation only grows, so whoever carries it out can
 * tell what is newer; a set's row is held while one of its versions is activated, so that a compilation or
 * a removal beside it sees the version as active and leaves it, or is seen and the version is missing.
 */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { SignatureOverview } from '#contracts/rest-signatures.ts';
import type { StorePool } from '../store/pool.ts';
import * as sql from '../store/queries/signature-sets.ts';
import { type Change, missing, note } from './signature-sets.ts';

const decompressed = promisify(zstdDecompress);
const kKeptActivations = 1_000;

export type ActiveVersion = NonNullable<SignatureOverview['active']>;

/** `active` is null where sensors are to match nothing of ours; the whole, where nothing was ever active. */
export interface Activation {
  readonly generation: number;
  readonly active: ActiveVersion | null;
}

export class Activations {
  readonly #pool: StorePool;

  constructor(pool: StorePool) {
    this.#pool = pool;
  }

  async newest(): Promise<Activation | null> {
    const { rows } = await this.#pool.query<ActiveVersion | { generation: number; set: null }>(
      sql.SELECT_ACTIVE,
    );
    const [row] = rows;
    if (row === undefined) return null;
    return { generation: row.generation, active: row.set === null ? null : row };
  }

  async activate(change: Change, number: number): Promise<void> {
    await this.#pool.withTransaction(async (client) => {
      await client.query(sql.LOCK_SET, [change.set]);
      const { rowCount } = await client.query(sql.INSERT_ACTIVATION, [
        ...[change.set, number, change.user],
      ]);
      if (rowCount === 0) throw missing(`the set ${change.set} has no version ${number}`);
      await client.query(sql.TRIM_ACTIVATIONS, [kKeptActivations]);
      await note(client, change, 'activate', `version ${number}`);
    });
  }

  /** Nothing changes where nothing is active. */
  async deactivate(user: string): Promise<void> {
    const active = (await this.newest())?.active ?? null;
    if (active === null) return;
    await this.#pool.withTransaction(async (client) => {
      await client.query(sql.INSERT_DEACTIVATION, [user]);
      await note(client, { set: active.set, user }, 'deactivate', `version ${active.version}`);
    });
  }

  /** The bytes of a bundle by its digest; undefined where no version has it. */
  async bundle(digest: string): Promise<Buffer | undefined> {
    const { rows } = await this.#pool.query<{ bundle: Buffer }>(sql.SELECT_BUNDLE, [
      digest.replace(/^sha256:/, ''),
    ]);
    return rows[0] === undefined ? undefined : decompressed(rows[0].bundle);
  }

  /** Digests (with "sha256:") that versions here have. */
  async known(
    digests: readonly string[],
  ): Promise<ReadonlyMap<string, { set: string; version: number }>> {
    const { rows } = await this.#pool.query<{ digest: string; set: string; version: number }>(
      sql.SELECT_BY_DIGESTS,
      [digests.map((digest) => digest.replace(/^sha256:/, ''))],
    );
    return new Map(rows.map(({ digest, set, version }) => [`sha256:${digest}`, { set, version }]));
  }
}
