/**
 * Who analyses which shard: leases in PostgreSQL, by its clock.
 *
 * Invariants: a shard has one owner at a time; one that is not heard of for LEASE_SECONDS loses its shards to the
 * others at their next round, so a dead manager's share moves within LEASE_SECONDS + kRoundMs. Whoever has more
 * than its share gives the surplus back, so that a newcomer gets some.
 */
import type { StorePool } from '#manager/store/pool.ts';

export const SHARDS = 32;
export const LEASE_SECONDS = 15;
/** Between two rounds of each manager. */
export const ROUND_MS = 5_000;
const kForgottenSeconds = 600;

export interface Lease {
  readonly shard: number;
  /** Of this ownership: another one has another. */
  readonly epoch: number;
}

const HELLO = `INSERT INTO analysis_members (id, seen_at) VALUES ($1, clock_timestamp())
  ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`;
const FORGET = `DELETE FROM analysis_members
  WHERE seen_at < clock_timestamp() - make_interval(secs => $1)`;
const ALIVE = `SELECT count(*) AS alive FROM analysis_members
  WHERE seen_at > clock_timestamp() - make_interval(secs => $1)`;
const RENEW = `UPDATE analysis_shards
  SET lease_until = clock_timestamp() + make_interval(secs => $2)
  WHERE owner = $1 RETURNING shard, epoch`;
const CLAIM = `UPDATE analysis_shards
  SET owner = $1, epoch = epoch + 1, lease_until = clock_timestamp() + make_interval(secs => $2)
  WHERE shard IN (
    SELECT shard FROM analysis_shards WHERE owner IS NULL OR lease_until < clock_timestamp()
    ORDER BY shard LIMIT $3 FOR UPDATE SKIP LOCKED)
  RETURNING shard, epoch`;
const GIVE_BACK = `UPDATE analysis_shards SET owner = NULL, lease_until = '-infinity'
  WHERE owner = $1 AND shard = ANY($2::int2[])`;
const LEAVE = 'DELETE FROM analysis_members WHERE id = $1';

/** One round: says that we live, keeps what is ours, takes or gives what the share says. */
export async function renewLeases(pool: StorePool, self: string): Promise<readonly Lease[]> {
  return pool.withTransaction(async (client) => {
    await client.query(HELLO, [self]);
    await client.query(FORGET, [kForgottenSeconds]);
    const { rows } = await client.query<{ alive: number }>(ALIVE, [LEASE_SECONDS]);
    const share = Math.ceil(SHARDS / Math.max(1, Number(rows[0]?.alive ?? 1)));
    const kept = (await client.query<Lease>(RENEW, [self, LEASE_SECONDS])).rows;
    if (kept.length > share) {
      const surplus = kept.slice(share).map(({ shard }) => shard);
      await client.query(GIVE_BACK, [self, surplus]);
      return kept.slice(0, share);
    }
    if (kept.length === share) return kept;
    const claimed = await client.query<Lease>(CLAIM, [self, LEASE_SECONDS, share - kept.length]);
    return [...kept, ...claimed.rows];
  });
}

/** Everything goes back at once, so that nobody has to wait for the leases to end. */
export async function leave(pool: StorePool, self: string): Promise<void> {
  await pool.withTransaction(async (client) => {
    const all = Array.from({ length: SHARDS }, (_, shard) => shard);
    await client.query(GIVE_BACK, [self, all]);
    await client.query(LEAVE, [self]);
  });
}
