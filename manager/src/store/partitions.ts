/**
 * Which tables are partitioned by day and how long each keeps its days.
 *
 * Invariant: this list is the list of partitioned tables in the migrations (a test compares).
 */

export const RETENTION_CLASSES = ['flows', 'aggregates', 'alerts'] as const;
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

/** Days kept, by class. */
export type Retention = Readonly<Record<RetentionClass, number>>;
export const DEFAULT_RETENTION: Retention = { flows: 7, aggregates: 30, alerts: 90 };

export interface PartitionedTable {
  readonly table: string;
  readonly retention: RetentionClass;
  /** Rows are updated in place: leave room on the page so that no index entry is needed for it. */
  readonly updated: boolean;
}

const EVENT_TABLES = ['flows', 'dns_queries', 'tls_handshakes', 'http_transactions', 'events'];
const ALERT_TABLES = ['alerts', 'anomalies'];
const ROLLUPS = [
  'total',
  'events',
  'device',
  'domain',
  'application',
  'country',
  'pair',
  'signature',
];

export const PARTITIONED_TABLES: readonly PartitionedTable[] = [
  ...EVENT_TABLES.map((table) => ({ table, retention: 'flows' as const, updated: false })),
  ...ALERT_TABLES.map((table) => ({ table, retention: 'alerts' as const, updated: false })),
  ...ROLLUPS.flatMap((rollup) =>
    ['minute', 'hour'].map((step) => ({
      table: `rollup_${rollup}_${step}`,
      retention: 'aggregates' as const,
      updated: true,
    })),
  ),
];

const kDayMs = 86_400_000;

/** `2026-11-21`, in UTC. */
export function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

export function addDays(day: string, days: number): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * kDayMs);
}

export function partitionName(table: string, day: string): string {
  return `${table}_${day.replaceAll('-', '')}`;
}
