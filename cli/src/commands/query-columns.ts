/** The columns of `netmoth query`'s tables, one list each. What is left out is in --json. */
import type { ListName } from '#contracts/rest.ts';
import { formatBytes, formatCount } from '../format.ts';
import type { Column } from '../table.ts';

/** A row of any list: its fields by EVE's names. */
export type QueryRow = Readonly<Record<string, unknown>>;

function text(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  return Array.isArray(value) ? value.join(' ') : String(value);
}

function field(name: string, title = name): Column<QueryRow> {
  return { title, value: (row) => text(row[name]) };
}

const time: Column<QueryRow> = {
  title: 'time',
  value: (row) => text(row.time).replace('T', ' ').slice(0, 23),
};

function end(prefix: 'src' | 'dest', title: string): Column<QueryRow> {
  return {
    title,
    value: (row) => {
      const ip = text(row[`${prefix}_ip`]);
      const port = row[`${prefix}_port`];
      if (port === null || port === undefined) return ip;
      return ip.includes(':') ? `[${ip}]:${text(port)}` : `${ip}:${text(port)}`;
    },
  };
}

function sum(title: string, format: (sum: number) => string, ...names: string[]): Column<QueryRow> {
  return {
    title,
    right: true,
    value: (row) => format(names.reduce((total, name) => total + Number(row[name] ?? 0), 0)),
  };
}

function decimal(name: string, digits: number, title = name): Column<QueryRow> {
  return { title, right: true, value: (row) => Number(row[name] ?? 0).toFixed(digits) };
}

const ends = [end('src', 'source'), end('dest', 'destination')];

/** The event lists, devices, and what analysis keeps. */
export type QueryList = ListName | 'beacons' | 'privacy';

export const COLUMNS: Readonly<Record<QueryList, readonly Column<QueryRow>[]>> = {
  flows: [
    time,
    ...ends,
    field('proto'),
    field('app_proto', 'app'),
    sum('packets', formatCount, 'pkts_toserver', 'pkts_toclient'),
    sum('sent', formatBytes, 'bytes_toserver'),
    sum('received', formatBytes, 'bytes_toclient'),
    field('state'),
    field('domain'),
  ],
  dns: [
    time,
    ...ends,
    field('type'),
    field('rrtype', 'record'),
    field('rcode'),
    field('rrname', 'name'),
    field('answers'),
  ],
  tls: [time, ...ends, field('version'), field('ja4'), field('sni', 'server name')],
  http: [
    time,
    ...ends,
    field('http_method', 'method'),
    field('status'),
    field('hostname', 'host'),
    field('url'),
  ],
  alerts: [time, field('severity'), ...ends, field('signature_id', 'sid'), field('signature')],
  anomalies: [time, field('score'), ...ends, field('type'), field('event'), field('summary')],
  beacons: [
    field('device'),
    field('target'),
    decimal('score', 2),
    decimal('period_seconds', 0, 'period s'),
    decimal('jitter', 2),
    sum('calls', formatCount, 'connections'),
    { title: 'last seen', value: (row) => text(row.last_seen).replace('T', ' ').slice(0, 19) },
  ],
  privacy: [
    field('device'),
    field('hostname', 'name'),
    field('score'),
    decimal('tracker_share', 3, 'trackers'),
    field('tracker_owners', 'owners'),
    decimal('cleartext_share', 3, 'clear text'),
    decimal('unknown_network_share', 3, 'unknown'),
    sum('bytes', formatBytes, 'bytes'),
    field('contacts', 'countries'),
  ],
  devices: [
    field('ip', 'address'),
    field('hostname', 'name'),
    field('type'),
    field('os', 'system'),
    field('mac'),
    field('vendor'),
    sum('flows', formatCount, 'flows'),
    sum('sent', formatBytes, 'bytes_sent'),
    sum('received', formatBytes, 'bytes_received'),
    { title: 'last seen', value: (row) => text(row.last_seen).replace('T', ' ').slice(0, 19) },
  ],
};
