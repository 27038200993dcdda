/**
 * What ingest writes for analysis: the gathered hours of one transaction, by shard.
 *
 * Invariant: a subject is always of the same shard, in every manager of every version: the hash of its address's
 * text, of which an engine writes only one.
 */
import type pg from 'pg';
import { packRows } from './hour-codec.ts';
import { SHARDS } from './leases.ts';
import { hash32 } from './sketch.ts';
import { HOUR_SECONDS, type SubjectHour } from './subject-hour.ts';

export interface FactRow {
  readonly shard: number;
  readonly newestSeconds: number;
  readonly body: Buffer;
}

/** Events that claim to be later than this after they were stored come from a clock that is wrong. */
export const MAX_AHEAD_SECONDS = 3_600;
/** Hours of subjects in one row at most. */
const kHoursPerRow = 512;

export function shardOf(subject: string): number {
  return hash32(subject) % SHARDS;
}

export function factRows(hours: readonly SubjectHour[], nowSeconds: number): FactRow[] {
  const byShard = new Map<number, SubjectHour[]>();
  for (const hour of hours) {
    const shard = shardOf(hour.subject);
    const list = byShard.get(shard);
    if (list === undefined) byShard.set(shard, [hour]);
    else list.push(hour);
  }
  return [...byShard].flatMap(([shard, list]) => {
    const rows: FactRow[] = [];
    for (const { hours: some, body } of packRows(list, kHoursPerRow)) {
      rows.push({ shard, newestSeconds: newestOf(some, nowSeconds), body });
    }
    return rows;
  });
}

/**
 * By the events' own clock, which may be wrong: what lies ahead of ours counts as now where it is little, and not at
 * all where it is much, so that one clock that is fast never ends the hours of the others.
 */
export function newestOf(hours: readonly SubjectHour[], nowSeconds: number): number {
  let newest = 0;
  for (const hour of hours) {
    let seconds = hour.hour * HOUR_SECONDS;
    for (const { lastSeconds } of hour.contacts.values()) {
      if (lastSeconds > seconds) seconds = lastSeconds;
    }
    if (seconds > nowSeconds + MAX_AHEAD_SECONDS) continue;
    newest = Math.max(newest, Math.min(seconds, Math.floor(nowSeconds)));
  }
  return newest;
}

const INSERT = `INSERT INTO analysis_facts (shard, newest_seconds, body)
  SELECT * FROM unnest($1::int2[], $2::int8[], $3::bytea[]) AS fresh (shard, newest_seconds, body)
  RETURNING id`;

export async function insertFacts(
  client: pg.ClientBase,
  rows: readonly FactRow[],
): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const inserted = await client.query<{ id: number }>({
    name: 'insert-facts',
    text: INSERT,
    values: [
      rows.map(({ shard }) => shard),
      rows.map(({ newestSeconds }) => newestSeconds),
      rows.map(({ body }) => body),
    ],
  });
  return inserted.rows.map(({ id }) => id);
}
