/**
 * Bounds the tables that are not partitioned. Every delete is limited, so a long pause never makes one
 * huge transaction; what is left over goes in the next round.
 */
import type pg from 'pg';

/** A batch id must outlive every possible redelivery: the stream's and the spools' age at most. */
export const KEPT_BATCH_IDS_DAYS = 14;
export const KEPT_REJECTED_ROWS = 10_000;
export const KEPT_DEVICES_DAYS = 90;
export const KEPT_DEVICES = 100_000;
const kRowsPerStatement = 100_000;

const STATEMENTS: readonly string[] = [
  `DELETE FROM batches WHERE id IN (
     SELECT id FROM batches WHERE stored_at < now() - interval '${KEPT_BATCH_IDS_DAYS} days'
     LIMIT ${kRowsPerStatement})`,
  `DELETE FROM rejected WHERE id IN (
     SELECT id FROM rejected ORDER BY id DESC OFFSET ${KEPT_REJECTED_ROWS} LIMIT ${kRowsPerStatement})`,
  `DELETE FROM devices WHERE ip IN (
     SELECT ip FROM devices WHERE updated_at < now() - interval '${KEPT_DEVICES_DAYS} days'
     LIMIT ${kRowsPerStatement})`,
  `DELETE FROM devices WHERE ip IN (
     SELECT ip FROM devices ORDER BY updated_at DESC OFFSET ${KEPT_DEVICES} LIMIT ${kRowsPerStatement})`,
];

export async function trim(client: pg.PoolClient): Promise<void> {
  for (const statement of STATEMENTS) await client.query(statement);
}
