// Who talks with whom: the pairs of a time range, gathered by machine or workload, the most telling edges of them.
//
// Invariants: sums come from the rollup of pairs, and are made in the store; an address is the machine or workload
// that is known to hold it now; "all the rest" (0.0.0.0) is no end of any edge.
import type { TopologyQuery } from '#contracts/rest-topology.ts';
import { type Range, rollupOf } from './rollups.ts';
import { fragment, type Statement, statement } from './statement.ts';

const REST_DEVICE = '0.0.0.0';
/** The id of all that is not ours, where it is one node. */
export const OUTSIDE = 'outside';
/** RFC 5771, RFC 919, RFC 4291: nobody's own address. */
const GROUPS = ['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'];
/** RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291: ours, even where nobody answered there. */
const OURS = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'],
  ...['127.0.0.0/8', 'fc00::/7', 'fe80::/10', '::1/128'],
];

const WITHIN =
  'bucket >= to_timestamp(?::float8 / 1000) AND bucket < to_timestamp(?::float8 / 1000)';

/** Of each address: its node, and what is known of it. Evidence of a cluster is asked for pods alone. */
const WHO = `), ends AS (
  SELECT src_ip AS ip, bytes_toserver + bytes_toclient AS bytes FROM pairs
  UNION ALL SELECT dest_ip, bytes_toserver + bytes_toclient FROM pairs
), addresses AS (
  SELECT ip, sum(bytes) AS bytes FROM ends GROUP BY ip
), known AS (
  SELECT addresses.ip, addresses.bytes, devices.subject, devices.type AS kind,
    coalesce(devices.label, devices.hostname) AS name,
    CASE WHEN addresses.ip <<= ANY(?::inet[]) THEN 'group'
      WHEN devices.ip IS NOT NULL OR addresses.ip <<= ANY(?::inet[]) THEN 'inside'
      ELSE 'outside' END AS place,
    split_part(pod.detail, '/', 1) AS namespace, made.detail AS workload
  FROM addresses LEFT JOIN devices USING (ip)
    LEFT JOIN LATERAL (SELECT detail FROM device_evidence
      WHERE devices.type = 'pod' AND subject = devices.subject AND attribute = 'hostname'
        AND source = 'kubernetes' ORDER BY last_seen DESC LIMIT 1) AS pod ON true
    LEFT JOIN LATERAL (SELECT detail FROM device_evidence
      WHERE devices.type = 'pod' AND subject = devices.subject AND attribute = 'type'
        AND source = 'kubernetes' ORDER BY last_seen DESC LIMIT 1) AS made ON true
), who AS MATERIALIZED (
  SELECT *, CASE
      WHEN place = 'outside' AND ? THEN '${OUTSIDE}'
      WHEN ? AND workload IS NOT NULL THEN concat(namespace, '/', workload)
      ELSE coalesce(subject, 'ip:' || host(ip)) END AS node
  FROM known
), edges AS (
  SELECT source.node AS source, target.node AS target,
    sum(bytes_toserver) AS bytes_toserver, sum(bytes_toclient) AS bytes_toclient,
    sum(flows) AS flows
  FROM pairs JOIN who AS source ON source.ip = src_ip JOIN who AS target ON target.ip = dest_ip
  WHERE source.node <> target.node`;

const ALERTED = `GROUP BY 1, 2
), alerted AS (
  SELECT least(one.node, two.node) AS a, greatest(one.node, two.node) AS b, count(*) AS alerts
  FROM alerts JOIN who AS one ON one.ip = src_ip JOIN who AS two ON two.ip = dest_ip
  WHERE time >= to_timestamp(?::float8 / 1000) AND time < to_timestamp(?::float8 / 1000)
  GROUP BY 1, 2
), chosen AS (
  SELECT edges.*, coalesce(alerts, 0) AS alerts, count(*) OVER () AS among
  FROM edges LEFT JOIN alerted ON a = least(source, target) AND b = greatest(source, target)
  ORDER BY coalesce(alerts, 0) > 0 DESC, bytes_toserver + bytes_toclient DESC, source, target
  LIMIT ?
), shown AS (
  SELECT source AS node FROM chosen UNION SELECT target FROM chosen
), found AS (
  SELECT node, count(*) AS findings, max(score) AS top_score
  FROM findings JOIN who ON who.ip = findings.subject JOIN shown USING (node)
  WHERE last_time >= to_timestamp(?::float8 / 1000) AND time < to_timestamp(?::float8 / 1000)
    AND status = 'open' GROUP BY node
), busiest AS (
  SELECT DISTINCT ON (node) node, host(ip) AS ip, name, place, kind, namespace, workload,
    count(*) OVER (PARTITION BY node) AS addresses
  FROM who JOIN shown USING (node) ORDER BY node, bytes DESC, ip
)
SELECT
  (SELECT coalesce(json_agg(row_to_json(chosen)), '[]') FROM chosen) AS edges,
  (SELECT coalesce(json_agg(json_build_object(
      'node', node, 'ip', ip, 'name', name, 'place', place, 'kind', kind,
      'namespace', nullif(namespace, ''), 'workload', workload, 'addresses', addresses,
      'findings', coalesce(findings, 0), 'top_score', top_score)), '[]')
    FROM busiest LEFT JOIN found USING (node)) AS nodes`;

/** The pairs of a machine: all its addresses. */
const OF_MACHINE = `AND ARRAY[src_ip, dest_ip] && ARRAY(
    SELECT ip FROM devices WHERE subject = (SELECT subject FROM devices WHERE ip = ?::inet)
    UNION SELECT ?::inet)`;

/** What sums fifty thousand pairs without going to the disk. */
export const TOPOLOGY_MEMORY = "SET LOCAL work_mem = '32MB'";

export function selectTopology(
  range: Range,
  { by, outside, device, namespace, kind, limit }: Omit<TopologyQuery, 'last' | 'since' | 'until'>,
): Statement {
  const { table, sinceMs } = rollupOf('rollup_pair', range);
  const { untilMs } = range;
  const either = (condition: string, value: string) =>
    fragment(
      `AND (${condition.replace('END', 'source')} OR ${condition.replace('END', 'target')})`,
      ...[value, value],
    );
  return statement(
    fragment(
      `WITH pairs AS MATERIALIZED (
  SELECT src_ip, dest_ip, sum(bytes_toserver) AS bytes_toserver,
    sum(bytes_toclient) AS bytes_toclient, sum(flows) AS flows
  FROM ${table} WHERE ${WITHIN} AND src_ip <> ?::inet AND dest_ip <> ?::inet
`,
      ...[sinceMs, untilMs, REST_DEVICE, REST_DEVICE],
    ),
    // Asked of one machine, its own pairs are enough; a workload is more than the one pod.
    ...(device === undefined || by === 'workload' ? [] : [fragment(OF_MACHINE, device, device)]),
    fragment('GROUP BY 1, 2'),
    fragment(WHO, GROUPS, OURS, outside === 'one', by === 'workload'),
    ...(outside === 'none'
      ? [fragment(`AND source.place <> 'outside' AND target.place <> 'outside'`)]
      : []),
    ...(device === undefined
      ? []
      : [either('END.node IN (SELECT node FROM who WHERE ip = ?::inet)', device)]),
    ...(namespace === undefined ? [] : [either('END.namespace = ?', namespace)]),
    ...(kind === undefined ? [] : [either('lower(END.kind) = lower(?)', kind)]),
    fragment(ALERTED, range.sinceMs, untilMs, limit, range.sinceMs, untilMs),
  );
}

const kNamedFlows = 20_000;

/** Names, networks and countries of addresses that are not ours, by the newest flows of the range. */
export function selectNames(range: Range, addresses: readonly string[]): Statement {
  return statement(
    fragment(
      `SELECT host(dest_ip) AS ip, max(asn_name) AS network, max(country) AS country,
  (array_agg(domain ORDER BY time DESC) FILTER (WHERE domain IS NOT NULL))[1] AS domain
FROM (SELECT time, dest_ip, domain, asn_name, country FROM flows
  WHERE time >= to_timestamp(?::float8 / 1000) AND time < to_timestamp(?::float8 / 1000)
  ORDER BY time DESC, id DESC LIMIT ${kNamedFlows}) AS newest
WHERE dest_ip = ANY(?::inet[]) GROUP BY dest_ip`,
      ...[range.sinceMs, range.untilMs, addresses],
    ),
  );
}
