// Rows for tests of the API, as ingest would store them. Invariant: every column without a default
// has a value here, so a test names only what it is about.
import type { StorePool } from '../../store/pool.ts';

type Row = Readonly<Record<string, unknown>>;

const HEADER = {
  flow_id: 1001,
  src_ip: '192.168.1.50',
  src_port: 40000,
  dest_ip: '93.184.216.34',
  dest_port: 443,
  sensor: 'lab',
  node: 'node1',
  proto: 'TCP',
  app_proto: 'tls',
  community_id: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
};

/** Values of a row of each table that a test does not give. */
const DEFAULTS = {
  flows: {
    ...HEADER,
    end: '2026-11-20T14:00:01.000000Z',
    pkts_toserver: 3,
    pkts_toclient: 4,
    bytes_toserver: 300,
    bytes_toclient: 4000,
    alerted: false,
    state: 'closed',
    reason: 'timeout',
    flow_state: 'CLOSED',
    domain: 'www.example.org',
  },
  dns_queries: {
    ...HEADER,
    proto: 'UDP',
    app_proto: 'dns',
    dest_port: 53,
    type: 'answer',
    rrname: 'www.example.org',
    rrtype: 'A',
    rcode: 'NOERROR',
    answers: ['93.184.216.34'],
  },
  tls_handshakes: {
    ...HEADER,
    version: 'TLS 1.3',
    sni: 'www.example.org',
    ja3: 'e7d705a3286e19ea42f587b344ee6865',
    ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1',
  },
  http_transactions: {
    ...HEADER,
    app_proto: 'http',
    hostname: 'www.example.org',
    url: '/',
    http_method: 'GET',
    status: 200,
    length: 1256,
  },
  alerts: {
    ...HEADER,
    signature_id: 2001,
    gid: 1,
    rev: 1,
    severity: 2,
    signature: 'ET TEST something',
    category: 'Misc activity',
    action: 'allowed',
    event: '{}',
  },
  anomalies: { ...HEADER, type: 'decode', event: 'decoder.ipv4.trunc_pkt' },
  devices: {
    ip: '192.168.1.50',
    first_seen: '2026-11-20T10:00:00.000000Z',
    last_seen: '2026-11-20T14:00:00.000000Z',
  },
} as const satisfies Record<string, Row>;
export type SeedTable = keyof typeof DEFAULTS;

let lastId = 1_000;

/** Inserts rows; those of events get an id that grows, and are stored on the day of `storedOn`. */
export async function seed(
  pool: StorePool,
  table: SeedTable,
  rows: readonly Row[],
  storedOn = new Date(),
): Promise<void> {
  const events = table !== 'devices';
  for (const row of rows) {
    lastId += 1;
    const given: Row = events ? { id: lastId, stored_on: storedOn } : {};
    await insert(pool, table, { ...given, ...DEFAULTS[table], ...row });
  }
}

/** Inserts a row of any table, all columns given. */
export async function insert(pool: StorePool, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row).map((column) => `"${column}"`);
  const places = columns.map((_, index) => `$${index + 1}`);
  await pool.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(row),
  );
}
