// What the analysis found, for the API: beacons, the traffic behind privacy reports, what people say of a finding.
//
// Invariant: values are bound, never part of the text; sums come from the rollups.
import { type Range, rollupOf } from './rollups.ts';
import { fragment, type Statement, statement } from './statement.ts';

export interface BeaconSelection extends Range {
  readonly device: string | undefined;
  readonly minScore: number;
  readonly limit: number;
  readonly after?: { readonly time: string; readonly key: string };
}

export function selectBeacons(selection: BeaconSelection): Statement {
  const { sinceMs, untilMs, device, minScore, limit, after } = selection;
  return statement(
    fragment(
      `SELECT beacons.id::text AS id, host(device) AS device, devices.hostname, target, score,
  interval_score, size_score, histogram_score, duration_score, prevalence, period_seconds, jitter,
  connections, beacons.first_seen, beacons.last_seen
FROM beacons LEFT JOIN devices ON devices.ip = beacons.device
WHERE beacons.last_seen >= to_timestamp(?::float8 / 1000)
  AND beacons.first_seen < to_timestamp(?::float8 / 1000) AND score >= ?::float8`,
      sinceMs,
      untilMs,
      minScore,
    ),
    ...(device === undefined ? [] : [fragment('AND device = ?::inet', device)]),
    ...(after === undefined
      ? []
      : [
          fragment(
            'AND (beacons.last_seen, beacons.id) < (?::timestamptz, ?::bigint)',
            after.time,
            after.key,
          ),
        ]),
    fragment('ORDER BY beacons.last_seen DESC, beacons.id DESC LIMIT ?', limit),
  );
}

/** Protocols that anybody on the way can read. */
const CLEARTEXT = [
  ...['http', 'ftp', 'ftp-data', 'ftp_data', 'telnet', 'smtp', 'pop3', 'imap', 'snmp', 'tftp'],
  ...['mqtt', 'sip', 'irc', 'ldap', 'nfs', 'syslog', 'dns'],
];
const WITHIN = `bucket >= to_timestamp(?::float8 / 1000) AND bucket < to_timestamp(?::float8 / 1000)`;
const REST_DEVICE = '0.0.0.0';

/**
 * The devices with most bytes, and how many of these were in clear text and with networks that nobody names.
 * `among`: how many devices there were.
 */
export function selectDeviceTraffic(
  range: Range & { readonly device: string | undefined; readonly limit: number },
): Statement {
  const device = rollupOf('rollup_device', range);
  const application = rollupOf('rollup_application', range);
  const country = rollupOf('rollup_country', range);
  const { untilMs } = range;
  return statement(
    fragment(
      `WITH total AS (
  SELECT device, sum(bytes_sent + bytes_received) AS bytes,
    sum(unnamed_bytes) AS unnamed, count(*) OVER () AS among
  FROM ${device.table}
  WHERE ${WITHIN} AND device <> ?::inet`,
      device.sinceMs,
      untilMs,
      REST_DEVICE,
    ),
    ...(range.device === undefined ? [] : [fragment('AND device = ?::inet', range.device)]),
    fragment('GROUP BY device ORDER BY bytes DESC, device LIMIT ?), clear AS (', range.limit),
    fragment(
      `SELECT device, sum(bytes) AS bytes FROM ${application.table}
  WHERE ${WITHIN} AND application = ANY(?::text[]) AND device IN (SELECT device FROM total)
  GROUP BY device), named AS (`,
      application.sinceMs,
      untilMs,
      CLEARTEXT,
    ),
    fragment(
      `SELECT device, array_agg(country ORDER BY bytes DESC) AS countries
  FROM (SELECT device, country, sum(bytes) AS bytes FROM ${country.table}
    WHERE ${WITHIN} AND device IN (SELECT device FROM total) GROUP BY device, country) AS each_country
  GROUP BY device)
SELECT host(total.device) AS device, devices.hostname, total.bytes, total.among,
  coalesce(clear.bytes, 0) AS cleartext, total.unnamed, coalesce(named.countries, '{}') AS countries
FROM total LEFT JOIN clear USING (device) LEFT JOIN named USING (device)
  LEFT JOIN devices ON devices.ip = total.device`,
      country.sinceMs,
      untilMs,
    ),
  );
}

/** Traffic by domain of these devices. */
export function selectDomainTraffic(
  range: Range,
  devices: readonly string[],
  limit: number,
): Statement {
  const { table, sinceMs } = rollupOf('rollup_domain', range);
  return statement(
    fragment(
      `SELECT host(device) AS device, domain, sum(bytes) AS bytes, sum(flows) AS flows FROM ${table}
WHERE ${WITHIN} AND device = ANY(?::inet[]) GROUP BY device, domain ORDER BY bytes DESC LIMIT ?`,
      sinceMs,
      range.untilMs,
      devices,
      limit,
    ),
  );
}

/** Sets the status and gives what the finding is about; no row where there is no such finding. */
export const SET_STATUS = `UPDATE findings SET status = $2, status_by = $3, status_at = now()
  WHERE id = $1::bigint RETURNING kind, host(subject) AS subject, about`;
export const SAY_NORMAL = `INSERT INTO analysis_normal (kind, subject, about, said_by)
  VALUES ($1, $2::inet, $3, $4) ON CONFLICT (kind, subject, about) DO NOTHING`;
export const UNSAY_NORMAL = `DELETE FROM analysis_normal
  WHERE kind = $1 AND subject = $2::inet AND about = $3`;
