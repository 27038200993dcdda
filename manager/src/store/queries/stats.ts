// Statistics, read from the rollups. Invariant: nothing here reads raw events, but for the event
// counts of one device, which no rollup holds. "All the rest" ('*', 0.0.0.0) is never an item.
import { chartOf, type Range, rollupOf } from './rollups.ts';
import { type Fragment, fragment, type Statement, statement } from './statement.ts';

export interface StatsSelection extends Range {
  readonly device?: string | undefined;
  readonly limit: number;
}

const REST_DEVICE = '0.0.0.0';
const REST_NAME = '*';

const WITHIN =
  'bucket >= to_timestamp(?::float8 / 1000) AND bucket < to_timestamp(?::float8 / 1000)';

/** All steps of the chart, also the empty ones, LEFT JOINed to `sums`. */
const STEPS_BEFORE = `WITH steps AS (
  SELECT generate_series(to_timestamp(?::float8 / 1000),
    to_timestamp((?::float8 - 1) / 1000), make_interval(secs => ?::float8 / 1000)) AS time
), sums AS (
  SELECT date_bin(make_interval(secs => ?::float8 / 1000), bucket, 'epoch') AS time,`;

export function selectBandwidth(selection: StatsSelection): { stepMs: number; query: Statement } {
  const { device, untilMs } = selection;
  const { table, sinceMs, stepMs } = chartOf(
    device === undefined ? 'rollup_total' : 'rollup_device',
    selection,
  );
  const sums =
    device === undefined
      ? 'sum(bytes_toserver) AS bytes_toserver, sum(bytes_toclient) AS bytes_toclient'
      : 'sum(bytes_sent) AS bytes_toserver, sum(bytes_received) AS bytes_toclient';
  return {
    stepMs,
    query: statement(
      fragment(STEPS_BEFORE, sinceMs, untilMs, stepMs, stepMs),
      fragment(
        `${sums}, sum(packets) AS packets, sum(flows) AS flows FROM ${table} WHERE ${WITHIN}`,
        sinceMs,
        untilMs,
      ),
      ...(device === undefined ? [] : [fragment('AND device = ?::inet', device)]),
      fragment(`GROUP BY 1)
SELECT steps.time, coalesce(bytes_toserver, 0) AS bytes_toserver,
  coalesce(bytes_toclient, 0) AS bytes_toclient, coalesce(packets, 0) AS packets,
  coalesce(flows, 0) AS flows
FROM steps LEFT JOIN sums USING (time) ORDER BY steps.time`),
    ),
  };
}

const TOP_END = 'ORDER BY bytes DESC, key LIMIT ?';

/** Devices by bytes; of one device, those at the other end. */
export function selectTalkers(selection: StatsSelection): Statement {
  return selection.device === undefined
    ? topOfAll(selection)
    : topPeersOf(selection.device, selection);
}

const NAMED_BEFORE = 'SELECT host(key) AS key, devices.hostname AS label, bytes, flows FROM (';
const NAMED_AFTER = `) AS top LEFT JOIN devices ON devices.ip = top.key
ORDER BY bytes DESC, top.key`;

function topOfAll(selection: StatsSelection): Statement {
  const { table, sinceMs } = rollupOf('rollup_device', selection);
  return statement(
    fragment(NAMED_BEFORE),
    fragment(
      `SELECT device AS key, sum(bytes_sent + bytes_received) AS bytes, sum(flows) AS flows
FROM ${table} WHERE ${WITHIN} AND device <> ?::inet GROUP BY device`,
      sinceMs,
      selection.untilMs,
      REST_DEVICE,
    ),
    fragment(TOP_END, selection.limit),
    fragment(NAMED_AFTER),
  );
}

function topPeersOf(device: string, selection: StatsSelection): Statement {
  const { table, sinceMs } = rollupOf('rollup_pair', selection);
  return statement(
    fragment(NAMED_BEFORE),
    fragment(
      `SELECT CASE WHEN src_ip = ?::inet THEN dest_ip ELSE src_ip END AS key,
  sum(bytes_toserver + bytes_toclient) AS bytes, sum(flows) AS flows
FROM ${table} WHERE ${WITHIN} AND (src_ip = ?::inet OR dest_ip = ?::inet)
  AND src_ip <> ?::inet AND dest_ip <> ?::inet GROUP BY 1`,
      device,
      sinceMs,
      selection.untilMs,
      device,
      device,
      REST_DEVICE,
      REST_DEVICE,
    ),
    fragment(TOP_END, selection.limit),
    fragment(NAMED_AFTER),
  );
}

const NAMES = {
  domains: { rollup: 'rollup_domain', column: 'domain' },
  applications: { rollup: 'rollup_application', column: 'application' },
  countries: { rollup: 'rollup_country', column: 'country' },
} as const;

export function selectTopNames(what: keyof typeof NAMES, selection: StatsSelection): Statement {
  const { rollup, column } = NAMES[what];
  const { table, sinceMs } = rollupOf(rollup, selection);
  return statement(
    fragment(
      `SELECT ${column} AS key, NULL AS label, sum(bytes) AS bytes, sum(flows) AS flows
FROM ${table} WHERE ${WITHIN} AND ${column} <> ?`,
      sinceMs,
      selection.untilMs,
      REST_NAME,
    ),
    ...(selection.device === undefined ? [] : [fragment('AND device = ?::inet', selection.device)]),
    fragment(`GROUP BY ${column}`),
    fragment(TOP_END, selection.limit),
  );
}

/** Events by step and type; a step without any comes once, with a null type. */
export function selectEvents(selection: StatsSelection): { stepMs: number; query: Statement } {
  const { sinceMs, stepMs, table } = chartOf('rollup_events', selection);
  const source =
    selection.device === undefined
      ? fragment(
          `event_type, sum(events) AS events FROM ${table} WHERE ${WITHIN}`,
          sinceMs,
          selection.untilMs,
        )
      : deviceEvents(selection.device, sinceMs, selection.untilMs);
  return {
    stepMs,
    query: statement(
      fragment(STEPS_BEFORE, sinceMs, selection.untilMs, stepMs, stepMs),
      source,
      fragment(`GROUP BY 1, 2)
SELECT steps.time, event_type, coalesce(events, 0) AS events
FROM steps LEFT JOIN sums USING (time) ORDER BY steps.time, event_type`),
    ),
  };
}

const EVENT_TABLES = [
  ['alerts', "'alert'"],
  ['flows', "'flow'"],
  ['dns_queries', "'dns'"],
  ['tls_handshakes', "'tls'"],
  ['http_transactions', "'http'"],
  ['anomalies', "'anomaly'"],
  ['events', 'event_type'],
] as const;

function deviceEvents(device: string, sinceMs: number, untilMs: number): Fragment {
  const one = EVENT_TABLES.map(
    ([table, type]) => `SELECT time AS bucket, ${type} AS event_type FROM ${table}
  WHERE time >= to_timestamp(?::float8 / 1000) AND time < to_timestamp(?::float8 / 1000)
    AND (src_ip = ?::inet OR dest_ip = ?::inet)`,
  );
  return fragment(
    `event_type, count(*) AS events FROM (${one.join('\nUNION ALL ')}) AS of_device`,
    ...EVENT_TABLES.flatMap(() => [sinceMs, untilMs, device, device]),
  );
}
