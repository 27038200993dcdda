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
/** Of what is no device. */
const KEPT_STRANGERS_DAYS = 7;
export const KEPT_FACTS_DAYS = 3;
/** Where analysis works it keeps some ten thousand at most. */
export const KEPT_FACTS = 2_000_000;
export const KEPT_FINDINGS = 500_000;
export const KEPT_FINDINGS_DAYS = 90;
export const KEPT_NOTIFICATIONS = 100_000;
export const KEPT_NOTIFICATION_DAYS = 30;
export const KEPT_ALERT_NOTICES = 100_000;
export const KEPT_REVERSE_NAMES = 100_000;
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
  | 'alert_notices'
  | 'reverse_names'
  | 'analysis_facts',
  number
>;

/** What goes: rows of `table`, whose key is `key`, that `which` chooses. Constants of this file alone. */
type Bound = readonly [table: keyof Trimmed, key: string, which: string];

const olderThan = (table: keyof Trimmed, key: string, column: string, days: number): Bound => [
  table,
  key,
  `WHERE ${column} < now() - interval '${days} days'`,
];
/** All but the first `kept` in this order. */
const beyond = (table: keyof Trimmed, key: string, order: string, kept: number): Bound => [
  table,
  key,
  `ORDER BY ${order} OFFSET ${kept}`,
];

const kEvidence = 'subject, attribute, source, value';
const BOUNDS: readonly Bound[] = [
  olderThan('batches', 'id', 'stored_at', KEPT_BATCH_IDS_DAYS),
  beyond('rejected', 'id', 'id DESC', KEPT_REJECTED_ROWS),
  olderThan('devices', 'ip', 'updated_at', KEPT_DEVICES_DAYS),
  beyond('devices', 'ip', 'confirmed DESC, updated_at DESC', KEPT_DEVICES),
  olderThan('device_evidence', kEvidence, 'updated_at', KEPT_DEVICES_DAYS),
  beyond('device_evidence', kEvidence, 'updated_at DESC', KEPT_DEVICE_EVIDENCE),
  beyond('signatures_seen', 'gid, sid', 'last_seen DESC', KEPT_SIGNATURES_SEEN),
  beyond('signature_changes', 'id', 'id DESC', KEPT_SIGNATURE_CHANGES),
  olderThan('analysis_states', 'shard, subject', 'updated_at', KEPT_ANALYSIS_DAYS),
  [
    'analysis_states',
    'shard, subject',
    `WHERE NOT device AND updated_at < now() - interval '${KEPT_STRANGERS_DAYS} days'`,
  ],
  beyond('analysis_states', 'shard, subject', 'updated_at DESC', KEPT_ANALYSIS_STATES),
  olderThan('findings', 'id', 'stored_at', KEPT_FINDINGS_DAYS),
  beyond('findings', 'id', 'id DESC', KEPT_FINDINGS),
  olderThan('beacons', 'device, target', 'updated_at', KEPT_BEACON_DAYS),
  beyond('beacons', 'device, target', 'score DESC, device, target', KEPT_BEACONS),
  olderThan('notifications', 'id', 'made_at', KEPT_NOTIFICATION_DAYS),
  beyond('notifications', 'id', 'made_at DESC', KEPT_NOTIFICATIONS),
  olderThan('alert_notices', 'id', 'updated_at', KEPT_NOTIFICATION_DAYS),
  beyond('alert_notices', 'id', 'updated_at DESC', KEPT_ALERT_NOTICES),
  beyond('reverse_names', 'ip', 'looked_up_at DESC', KEPT_REVERSE_NAMES),
  // What nobody took up in all that time nobody will: no manager analyses any more.
  olderThan('analysis_facts', 'shard, id', 'stored_at', KEPT_FACTS_DAYS),
  beyond('analysis_facts', 'shard, id', 'id DESC', KEPT_FACTS),
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
    ...{ alert_notices: 0, reverse_names: 0 },
  };
  for (const [table, key, which] of BOUNDS) {
    const statement = `DELETE FROM ${table} WHERE (${key}) IN (
      SELECT ${key} FROM ${table} ${which} LIMIT $1)`;
    for (;;) {
      const { rowCount } = await client.query(statement, [rowsPerStatement]);
      trimmed[table] += rowCount ?? 0;
      if ((rowCount ?? 0) < rowsPerStatement) break;
    }
  }
  return trimmed;
}
