// Devices with their traffic in a time range, last seen first.
//
// Invariant: traffic comes from the rollups. A device seen again while a client pages moves to the
// front of the list, so a later page may lack it; it never comes twice with the same last_seen.
import { rollupOf } from './rollups.ts';
import { type Fragment, fragment, type Statement, statement } from './statement.ts';

export interface DeviceSelection {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Part of address, name, MAC, label, vendor, system or kind. */
  readonly search?: string;
  readonly ip?: string;
  readonly after?: { readonly time: string; readonly key: string };
  readonly limit: number;
}

const CHOOSE = `WITH chosen AS (
  SELECT * FROM devices WHERE true`;

const ADD_TRAFFIC_BEFORE = `), traffic AS (
  SELECT device, sum(bytes_sent) AS bytes_sent, sum(bytes_received) AS bytes_received,
    sum(flows) AS flows
  FROM `;
const ADD_TRAFFIC_AFTER = `
  WHERE bucket >= to_timestamp(?::float8 / 1000) AND bucket < to_timestamp(?::float8 / 1000)
    AND device IN (SELECT ip FROM chosen)
  GROUP BY device
)
SELECT host(chosen.ip) AS ip, mac::text AS mac, vendor, coalesce(label, hostname) AS hostname,
  subject, label, os, os_confidence, type, type_confidence, first_seen, last_seen,
  coalesce(bytes_sent, 0) AS bytes_sent, coalesce(bytes_received, 0) AS bytes_received,
  coalesce(flows, 0) AS flows
FROM chosen LEFT JOIN traffic ON traffic.device = chosen.ip
ORDER BY chosen.last_seen DESC, chosen.ip DESC`;

export function selectDevices(selection: DeviceSelection): Statement {
  const { table, sinceMs } = rollupOf('rollup_device', selection);
  return statement(
    fragment(CHOOSE),
    ...conditions(selection),
    fragment('ORDER BY last_seen DESC, ip DESC LIMIT ?', selection.limit),
    fragment(`${ADD_TRAFFIC_BEFORE}${table}${ADD_TRAFFIC_AFTER}`, sinceMs, selection.untilMs),
  );
}

function conditions({ sinceMs, untilMs, search, ip, after }: DeviceSelection): Fragment[] {
  // One device is told whenever it was seen; the list holds those that were there in the range.
  if (ip !== undefined) return [fragment('AND ip = ?::inet', ip)];
  const found: Fragment[] = [
    fragment(
      `AND last_seen >= to_timestamp(?::float8 / 1000)
    AND first_seen < to_timestamp(?::float8 / 1000)`,
      sinceMs,
      untilMs,
    ),
  ];
  if (search !== undefined) {
    found.push(
      fragment(
        `AND position(lower(?) IN lower(concat_ws(' ', host(ip), hostname, mac::text, label, vendor, os, type))) > 0`,
        search,
      ),
    );
  }
  if (after !== undefined) {
    found.push(fragment('AND (last_seen, ip) < (?::timestamptz, ?::inet)', after.time, after.key));
  }
  return found;
}
