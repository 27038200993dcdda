/**
 * Bounds the tables that are not partitioned. Every delete is limited, so a long pause never makes one
 * huge transaction, and repeated until nothing over the bound is left.
 */
import type pg from 'pg';

/**
 * A batch that comes again is known by its id for this long. Neither the stream nor a sensor's spool has a
 * bound by age: a batch that was stored, whose acknowledgement was lost, and that then lay longer than this
 * in the spool of a sensor that was switched off, would be stored a second time.
 */
export const KEPT_BATCH_IDS_DAYS = 14;
export const KEPT_REJECTED_ROWS = 10_000;
export const KEPT_DEVICES_DAYS = 90;
export const KEPT_DEVICES = 100_000;
export const KEPT_DEVICE_EVIDENCE = 1_000_000;
/** Of all signatures that ever fired, those that fired last. */
export const KEPT_SIGNATURES_SEEN = 300_000;
export const KEPT_SIGNATURE_CHANGES = 100_000;
/** Subjects that analysis remembers; those heard of last stay. */
export const KEPT_ANALYSIS_STATES = 200_000;
export const KEPT_ANALYSIS_DAYS = 60;
export const KEPT_FACTS_DAYS = 3;
/** Where analysis works it keeps some ten thousand at most. */
export const KEPT_FACTS = 2_000_000;
export const KEPT_FINDINGS = 500_000;
export const KEPT_FINDINGS_DAYS = 90;
export const KEPT_NOTIFICATIONS = 100_000;
export const KEPT_NOTIFICATION_DAYS = 30;
export const KEPT_BEACONS = 200_000;
export const KEPT_BEACON_DAYS = 30;
const kRowsPerStatement = 100_000;

export type Trimmed = Record<
  | 'batches'
  | 'rejected'
  | 'devices'
  | 'device_evidence'
  | 'signatures_seen'
  | 'signature_changes'
  | 'analysis_states'
  | 'findings'
  | 'beacons'
  | 'notifications'
  | 'analysis_facts',
  number
>;

const STATEMENTS: readonly (readonly [keyof Trimmed, string])[] = [
  [
    'batches',
    `DELETE FROM batches WHERE id IN (
       SELECT id FROM batches WHERE stored_at < now() - interval '${KEPT_BATCH_IDS_DAYS} days' LIMIT $1)`,
  ],
  [
    'rejected',
    `DELETE FROM rejected WHERE id IN (
       SELECT id FROM rejected ORDER BY id DESC OFFSET ${KEPT_REJECTED_ROWS} LIMIT $1)`,
  ],
  [
    'devices',
    `DELETE FROM devices WHERE ip IN (
       SELECT ip FROM devices WHERE updated_at < now() - interval '${KEPT_DEVICES_DAYS} days' LIMIT $1)`,
  ],
  [
    'devices',
    `DELETE FROM devices WHERE ip IN (
       SELECT ip FROM devices ORDER BY confirmed DESC, updated_at DESC OFFSET ${KEPT_DEVICES} LIMIT $1)`,
  ],
  [
    'device_evidence',
    `DELETE FROM device_evidence WHERE (subject, attribute, source, value) IN (
       SELECT subject, attribute, source, value FROM device_evidence
       WHERE updated_at < now() - interval '${KEPT_DEVICES_DAYS} days' LIMIT $1)`,
  ],
  [
    'device_evidence',
    `DELETE FROM device_evidence WHERE (subject, attribute, source, value) IN (
       SELECT subject, attribute, source, value FROM device_evidence
       ORDER BY updated_at DESC OFFSET ${KEPT_DEVICE_EVIDENCE} LIMIT $1)`,
  ],
  [
    'signatures_seen',
    `DELETE FROM signatures_seen WHERE (gid, sid) IN (
       SELECT gid, sid FROM signatures_seen
       ORDER BY last_seen DESC OFFSET ${KEPT_SIGNATURES_SEEN} LIMIT $1)`,
  ],
  [
    'signature_changes',
    `DELETE FROM signature_changes WHERE id IN (
       SELECT id FROM signature_changes ORDER BY id DESC OFFSET ${KEPT_SIGNATURE_CHANGES} LIMIT $1)`,
  ],
  [
    'analysis_states',
    `DELETE FROM analysis_states WHERE (shard, subject) IN (
       SELECT shard, subject FROM analysis_states
       WHERE updated_at < now() - interval '${KEPT_ANALYSIS_DAYS} days'
         OR (NOT device AND updated_at < now() - interval '7 days') LIMIT $1)`,
  ],
  [
    'analysis_states',
    `DELETE FROM analysis_states WHERE (shard, subject) IN (
       SELECT shard, subject FROM analysis_states
       ORDER BY updated_at DESC OFFSET ${KEPT_ANALYSIS_STATES} LIMIT $1)`,
  ],
  [
    'findings',
    `DELETE FROM findings WHERE id IN (
       SELECT id FROM findings WHERE stored_at < now() - interval '${KEPT_FINDINGS_DAYS} days' LIMIT $1)`,
  ],
  [
    'findings',
    `DELETE FROM findings WHERE id IN (
       SELECT id FROM findings ORDER BY id DESC OFFSET ${KEPT_FINDINGS} LIMIT $1)`,
  ],
  [
    'beacons',
    `DELETE FROM beacons WHERE (device, target) IN (
       SELECT device, target FROM beacons
       WHERE updated_at < now() - interval '${KEPT_BEACON_DAYS} days' LIMIT $1)`,
  ],
  [
    'beacons',
    `DELETE FROM beacons WHERE (device, target) IN (
       SELECT device, target FROM beacons
       ORDER BY score DESC, device, target OFFSET ${KEPT_BEACONS} LIMIT $1)`,
  ],
  [
    'notifications',
    `DELETE FROM notifications WHERE id IN (
       SELECT id FROM notifications WHERE made_at < now() - interval '${KEPT_NOTIFICATION_DAYS} days' LIMIT $1)`,
  ],
  [
    'notifications',
    `DELETE FROM notifications WHERE id IN (
       SELECT id FROM notifications ORDER BY made_at DESC OFFSET ${KEPT_NOTIFICATIONS} LIMIT $1)`,
  ],
  [
    // What nobody took up in all that time nobody will: no manager analyses any more.
    'analysis_facts',
    `DELETE FROM analysis_facts WHERE (shard, id) IN (
       SELECT shard, id FROM analysis_facts
       WHERE stored_at < now() - interval '${KEPT_FACTS_DAYS} days' LIMIT $1)`,
  ],
  [
    'analysis_facts',
    `DELETE FROM analysis_facts WHERE (shard, id) IN (
       SELECT shard, id FROM analysis_facts ORDER BY id DESC OFFSET ${KEPT_FACTS} LIMIT $1)`,
  ],
];

/** Rows deleted of each table. */
export async function trim(
  client: pg.PoolClient,
  rowsPerStatement: number = kRowsPerStatement,
): Promise<Trimmed> {
  const trimmed = {
    ...{ batches: 0, rejected: 0, devices: 0, device_evidence: 0 },
    ...{ signatures_seen: 0, signature_changes: 0 },
    ...{ analysis_states: 0, findings: 0, beacons: 0, notifications: 0, analysis_facts: 0 },
  };
  for (const [table, statement] of STATEMENTS) {
    for (;;) {
      const { rowCount } = await client.query(statement, [rowsPerStatement]);
      trimmed[table] += rowCount ?? 0;
      if ((rowCount ?? 0) < rowsPerStatement) break;
    }
  }
  return trimmed;
}
