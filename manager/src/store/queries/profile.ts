// What a device did, hour by hour of the rollups. Invariant: hours are asked for one by one, which finds them by the
// key of the rollup however many devices there are.
import { type Fragment, fragment, type Statement, statement } from './statement.ts';

interface Span {
  readonly device: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

const kCandidates = 1_000;

const HOURS = `bucket = ANY(ARRAY(SELECT generate_series(to_timestamp(?::float8 / 1000),
    to_timestamp((?::float8 - 1) / 1000), interval '1 hour')))`;

function within({ device, sinceMs, untilMs }: Span, column: string): Fragment {
  return fragment(`WHERE ${HOURS} AND ${column} = ?::inet`, sinceMs, untilMs, device);
}

/** Monday 00:00 UTC is hour 0. */
export function selectWeek(span: Span): Statement {
  return statement(
    fragment(`SELECT ((extract(isodow FROM bucket AT TIME ZONE 'UTC') - 1) * 24
    + extract(hour FROM bucket AT TIME ZONE 'UTC'))::int AS hour,
  sum(bytes_sent) AS bytes_sent, sum(bytes_received) AS bytes_received, sum(flows) AS flows
FROM rollup_device_hour`),
    within(span, 'device'),
    fragment('GROUP BY 1 ORDER BY 1'),
  );
}

export type CandidateKind = 'domains' | 'peers' | 'applications' | 'countries';

const SOURCES: Readonly<Record<CandidateKind, readonly [table: string, name: string, of: string]>> =
  {
    domains: ['rollup_domain_hour', 'domain', 'device'],
    applications: ['rollup_application_hour', 'application', 'device'],
    countries: ['rollup_country_hour', 'country', 'device'],
    peers: ['rollup_pair_hour', 'host(dest_ip)', 'src_ip'],
  };

/** The heaviest of a kind. */
export function selectCandidates(kind: CandidateKind, span: Span): Statement {
  const [table, name, of] = SOURCES[kind];
  const bytes = kind === 'peers' ? 'bytes_toserver + bytes_toclient' : 'bytes';
  return statement(
    fragment(`SELECT ${name} AS name, sum(${bytes}) AS bytes FROM ${table}`),
    within(span, of),
    fragment('GROUP BY 1 ORDER BY bytes DESC, name LIMIT ?', kCandidates),
  );
}

export const SELECT_STATE = `SELECT state, beacons FROM analysis_states
  WHERE shard = $1 AND subject = $2::inet AND device`;
