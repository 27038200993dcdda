// The event lists: newest first by (time, id), from after a position, within a time range.
//
// Invariants: every condition is one of the constant texts below with bound values; names are looked
// for through their reversed form, as 0001-first.sql indexes them; the columns are the row schemas' own, but for
// the flows' `lists`, which lists-of-rows.ts adds.
import type { ListName } from '#contracts/rest.ts';
import { type Fragment, fragment, type Statement, statement } from './statement.ts';

export type EventListName = Exclude<ListName, 'devices'>;

export interface ListSelection {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Checked query parameters; those without a condition below are ignored. */
  readonly filters: Readonly<Record<string, unknown>>;
  /** Rows strictly after this one, in list order. */
  readonly after?: { readonly time: string; readonly key: string };
  readonly limit: number;
}

const HEADER = `id::text AS id, time, sensor, node, flow_id, host(src_ip) AS src_ip, src_port,
  host(dest_ip) AS dest_ip, dest_port, proto, app_proto, kubernetes`;

const TABLES: Readonly<Record<EventListName, { table: string; columns: string }>> = {
  flows: {
    table: 'flows',
    columns: `"end", community_id, state, reason, flow_state, pkts_toserver, pkts_toclient,
  bytes_toserver, bytes_toclient, domain, country, alerted, asn, asn_name, traffic_type, traffic_rule`,
  },
  dns: { table: 'dns_queries', columns: 'type, rrname, rrtype, rcode, answers' },
  tls: {
    table: 'tls_handshakes',
    columns: 'version, sni, subject, issuerdn, fingerprint, notbefore, notafter, ja3, ja3s, ja4',
  },
  http: {
    table: 'http_transactions',
    columns: 'hostname, url, http_method, status, http_user_agent, http_content_type, length',
  },
  alerts: { table: 'alerts', columns: 'signature_id, signature, category, severity, action' },
  anomalies: {
    table: 'all_anomalies',
    columns: 'type, event, score, summary, parts, last_time, repeats, status',
  },
};

type Condition = (value: unknown) => Fragment;

const equals =
  (column: string): Condition =>
  (value) =>
    fragment(`AND ${column} = ?`, value);
const equalsAnyCase =
  (column: string): Condition =>
  (value) =>
    fragment(`AND lower(${column}) = lower(?)`, value);
const eitherEnd =
  (source: string, destination: string, type: string): Condition =>
  (value) =>
    fragment(`AND (${source} = ?::${type} OR ${destination} = ?::${type})`, value, value);

/** The name itself and what is below it: a range of the reversed names, "." being before "/". */
function nameOrBelow(column: string): Condition {
  const indexed = `reverse(lower(${column})) COLLATE "C"`;
  return (value) => {
    const reversed = [...String(value).replace(/\.$/, '').toLowerCase()].reverse().join('');
    return fragment(
      `AND (${indexed} = ? OR (${indexed} >= ? AND ${indexed} < ?))`,
      reversed,
      `${reversed}.`,
      `${reversed}/`,
    );
  };
}

const COMMON: Readonly<Record<string, Condition>> = {
  device: eitherEnd('src_ip', 'dest_ip', 'inet'),
  sensor: equals('sensor'),
  node: equals('node'),
  flow_id: equals('flow_id'),
};

const CONDITIONS: Readonly<Record<EventListName, Readonly<Record<string, Condition>>>> = {
  flows: {
    ...COMMON,
    proto: equalsAnyCase('proto'),
    app_proto: equalsAnyCase('app_proto'),
    src_ip: (value) => fragment('AND src_ip = ?::inet', value),
    dest_ip: (value) => fragment('AND dest_ip = ?::inet', value),
    port: eitherEnd('src_port', 'dest_port', 'integer'),
    community_id: equals('community_id'),
    domain: nameOrBelow('domain'),
  },
  dns: {
    ...COMMON,
    rrname: nameOrBelow('rrname'),
    rrtype: equalsAnyCase('rrtype'),
    rcode: equalsAnyCase('rcode'),
  },
  tls: {
    ...COMMON,
    sni: nameOrBelow('sni'),
    version: equalsAnyCase('version'),
    ja3: equals('ja3'),
    ja4: equals('ja4'),
  },
  http: {
    ...COMMON,
    hostname: nameOrBelow('hostname'),
    method: equalsAnyCase('http_method'),
    status: equals('status'),
  },
  alerts: { ...COMMON, severity: equals('severity'), signature_id: equals('signature_id') },
  anomalies: {
    ...COMMON,
    type: equals('type'),
    event: equals('event'),
    status: equals('status'),
    min_score: (value) => fragment('AND score >= ?', value),
  },
};

/** Filters whose columns have an index, for values that few rows have. */
const INDEXED: ReadonlySet<string> = new Set([
  'device',
  'src_ip',
  'dest_ip',
  'flow_id',
  'community_id',
  'domain',
  'rrname',
  'sni',
  'hostname',
  'ja3',
  'ja4',
  'signature_id',
  'event',
]);

/** Whether these filters look for something that may be rare (find-rows.ts). */
export function mayBeRare(filters: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(filters).some((name) => INDEXED.has(name) && filters[name] !== undefined);
}

export function selectList(list: EventListName, selection: ListSelection): Statement {
  const { table, columns } = TABLES[list];
  const { after } = selection;
  const conditions = Object.entries(CONDITIONS[list])
    .filter(([name]) => selection.filters[name] !== undefined)
    .map(([name, condition]) => condition(selection.filters[name]));
  return statement(
    fragment(`SELECT ${HEADER}, ${columns}`),
    fragment(
      `FROM ${table}
WHERE time >= to_timestamp(?::float8 / 1000) AND time < to_timestamp(?::float8 / 1000)`,
      selection.sinceMs,
      selection.untilMs,
    ),
    ...conditions,
    ...(after === undefined
      ? []
      : [fragment('AND (time, id) < (?::timestamptz, ?::bigint)', after.time, after.key)]),
    fragment(`ORDER BY ${table}.time DESC, ${table}.id DESC LIMIT ?`, selection.limit),
  );
}
