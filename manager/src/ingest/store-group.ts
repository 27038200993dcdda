/**
 * Writes one encoded group: one transaction that inserts the batch ids, copies the rows and adds to the
 * rollups.
 *
 * Invariant: exactly once. A batch whose id is there already makes the whole transaction end without a
 * trace and be encoded anew without it; whatever fails, repeating with the same ids is harmless.
 */
import type pg from 'pg';
import { insertFacts } from '#manager/analysis/facts.ts';
import { copyStream } from '#manager/store/binary-rows.ts';
import { copyIn } from '#manager/store/copy-in.ts';
import type { StorePool } from '#manager/store/pool.ts';
import { NOTICES_SQL, noticeArrays } from './alert-notices.ts';
import type { DecodedBatch } from './decode-batch.ts';
import { DEVICES_SQL, deviceArrays } from './device-sightings.ts';
import { type EventTable, HEADER_COLUMNS } from './event-tables.ts';
import { EVIDENCE_SQL, evidenceArrays } from './evidence-sightings.ts';
import type { EncodedGroup, Rejection } from './group-encoder.ts';
import { ROLLUPS, upsertSql } from './rollup-tables.ts';
import { SIGNATURES_SQL, signatureArrays } from './signature-sightings.ts';

const kRejectedTextChars = 1024;

const INSERT_BATCHES = `
  INSERT INTO batches (id, seq, events)
  SELECT * FROM unnest($1::uuid[], $2::int8[], $3::int4[]) AS fresh (id, seq, events)
  ORDER BY id
  ON CONFLICT (id) DO NOTHING`;

const INSERT_REJECTED = `
  INSERT INTO rejected (subject, msg_id, line, reason, sample)
  SELECT * FROM unnest($1::text[], $2::text[], $3::int4[], $4::text[], $5::bytea[])`;

const SEEN = 'SELECT id FROM batches WHERE id = ANY($1::uuid[])';
const NEXT_NUMBERS = "SELECT nextval('batch_seq') AS seq FROM generate_series(1, $1)";

/** Which of these batches are stored already. */
export async function seenBatches(
  pool: StorePool,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>(SEEN, [ids]);
  return new Set(rows.map((row) => row.id));
}

/** Numbers for row ids; a number that is not used leaves a gap, nothing more. */
export async function batchNumbers(pool: StorePool, count: number): Promise<readonly number[]> {
  const { rows } = await pool.query<{ seq: number }>(NEXT_NUMBERS, [count]);
  return rows.map((row) => row.seq);
}

/** True when it is committed; false when a batch of it was stored by somebody else in the meantime. */
export async function storeGroup(
  pool: StorePool,
  batches: readonly DecodedBatch[],
  group: EncodedGroup,
): Promise<boolean> {
  return takenBack(
    pool.withTransaction(async (client) => {
      if (await write(client, batches, group)) return true;
      throw new TakenBack();
    }),
  );
}

/** Writes everything and takes it back: throws what storing would throw. */
export async function tryGroup(pool: StorePool, group: EncodedGroup): Promise<void> {
  await takenBack(
    pool.withTransaction(async (client) => {
      await write(client, [], group);
      throw new TakenBack();
    }),
  );
}

/** Thrown in a transaction to end it by ROLLBACK though nothing failed. */
class TakenBack extends Error {}

async function takenBack(transaction: Promise<boolean>): Promise<boolean> {
  try {
    return await transaction;
  } catch (error) {
    if (error instanceof TakenBack) return false;
    throw error;
  }
}

async function write(
  client: pg.PoolClient,
  batches: readonly DecodedBatch[],
  group: EncodedGroup,
): Promise<boolean> {
  const inserted = await client.query({
    name: 'insert-batches',
    text: INSERT_BATCHES,
    values: [
      batches.map((batch) => batch.msgId),
      batches.map((batch) => batch.seq),
      batches.map((batch) => batch.count),
    ],
  });
  if (inserted.rowCount !== batches.length) return false;
  for (const [table, rows] of group.tables) {
    if (rows.rows > 0) await copyIn(client, copySql(table), copyStream([rows.bytes()]));
  }
  await insertRejected(client, group.rejections);
  await insertFacts(client, group.facts);
  // What other replicas may wait for comes last, so that they wait shortly.
  if (group.devices.length > 0) {
    await client.query({
      name: 'upsert-devices',
      text: DEVICES_SQL,
      values: deviceArrays(group.devices),
    });
  }
  if (group.evidence.length > 0) {
    await client.query({
      name: 'upsert-evidence',
      text: EVIDENCE_SQL,
      values: evidenceArrays(group.evidence),
    });
  }
  if (group.signatures.length > 0) {
    await client.query({
      name: 'upsert-signatures',
      text: SIGNATURES_SQL,
      values: signatureArrays(group.signatures),
    });
  }
  if (group.notices.length > 0) {
    await client.query({
      name: 'tell-alerts',
      text: NOTICES_SQL,
      values: noticeArrays(group.notices),
    });
  }
  for (const { rollup, step, parameters } of group.rollups) {
    await client.query({
      name: `upsert-${rollup}-${step}`,
      text: upsertSql(ROLLUPS[rollup], step),
      values: [...parameters, group.storedOn],
    });
  }
  return true;
}

export async function insertRejected(
  client: Pick<pg.ClientBase, 'query'>,
  rejections: readonly Rejection[],
): Promise<void> {
  if (rejections.length === 0) return;
  await client.query(INSERT_REJECTED, [
    rejections.map(({ subject }) => storable(subject)),
    rejections.map(({ msgId }) => (msgId === null ? null : storable(msgId))),
    rejections.map((rejection) => rejection.line),
    rejections.map(({ reason }) => storable(reason)),
    rejections.map((rejection) => rejection.sample),
  ]);
}

/** A refusal must never be refused itself: what PostgreSQL takes of any text a sender made up. */
function storable(text: string): string {
  return text.slice(0, kRejectedTextChars).replaceAll('\0', '�');
}

function copySql({ table, columns }: EventTable): string {
  const names = [...HEADER_COLUMNS, ...columns].map((column) => `"${column}"`);
  return `COPY ${table} (${names.join(', ')}) FROM STDIN (FORMAT binary)`;
}
