// The lists on a real PostgreSQL: filters, pages to the end under inserts, exports, errors.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ERROR_CODES } from '#contracts/errors.ts';
import { errorBodySchema, LISTS, type ListName, type Page, pageOf } from '#contracts/rest.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';
import { type SeedTable, seed } from './testing/seed.ts';

const NOW_MS = Date.parse('2026-11-20T15:00:00Z');
const STORED_ON = new Date(NOW_MS);
/** `minutes` before the bed's now, with microseconds. */
const ago = (minutes: number, micros = '000'): string =>
  new Date(NOW_MS - minutes * 60_000).toISOString().replace('Z', `${micros}Z`);

let postgres: TestPostgres;
let bed: ApiBed;

beforeAll(async () => {
  postgres = await startTestPostgres();
  bed = await startApiBed({ storeUrl: await postgres.createDatabase(), nowMs: NOW_MS });
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await postgres?.stop();
});

type AnyRow = Record<string, unknown>;

async function list(name: ListName, query = ''): Promise<Page<AnyRow>> {
  const page = await bed.get(`/${name}${query === '' ? '' : `?${query}`}`);
  return pageOf(LISTS[name].row.strict()).parse(page) as Page<AnyRow>;
}

async function refusal(
  path: string,
): Promise<{ status: number; message: string; paths: string[] }> {
  const cookie = await bed.logIn();
  const response = await bed.fetch(`/api/v1${path}`, { headers: { cookie } });
  const { error } = errorBodySchema.parse(await response.json());
  expect(error.code).toBe('NM_QUERY_INVALID' satisfies keyof typeof ERROR_CODES);
  const paths = (error.details ?? []).map((detail) => detail.path);
  return { status: response.status, message: error.message, paths };
}

const TABLE_OF: Record<Exclude<ListName, 'devices'>, SeedTable> = {
  flows: 'flows',
  dns: 'dns_queries',
  tls: 'tls_handshakes',
  http: 'http_transactions',
  alerts: 'alerts',
  anomalies: 'anomalies',
};

describe('filters', () => {
  /** Each filter of each list: a row that fits and the row of the defaults, which does not. */
  const COMMON: [string, AnyRow][] = [
    ['device=10.9.9.9', { src_ip: '10.9.9.9' }],
    ['device=10.9.9.8', { dest_ip: '10.9.9.8' }],
    ['device=2001:db8::0:9', { dest_ip: '2001:0db8:0000::9' }],
    ['sensor=other', { sensor: 'other' }],
    ['node=other', { node: 'other' }],
    ['flow_id=9007199254740991', { flow_id: 9007199254740991 }],
  ];
  const OWN: Record<Exclude<ListName, 'devices'>, [string, AnyRow][]> = {
    flows: [
      ['proto=sctp', { proto: 'SCTP' }],
      ['app_proto=ssh', { app_proto: 'ssh' }],
      ['src_ip=10.1.1.1', { src_ip: '10.1.1.1' }],
      ['dest_ip=10.1.1.2', { dest_ip: '10.1.1.2' }],
      ['port=4711', { src_port: 4711 }],
      ['port=4712', { dest_port: 4712 }],
      ['community_id=1%3Aother', { community_id: '1:other' }],
      ['domain=Example.NET', { domain: 'a.example.net' }],
    ],
    dns: [
      ['rrname=example.net', { rrname: 'example.net' }],
      ['rrname=below.net.', { rrname: 'a.b.Below.net' }],
      ['rrtype=aaaa', { rrtype: 'AAAA' }],
      ['rcode=nxdomain', { rcode: 'NXDOMAIN' }],
    ],
    tls: [
      ['sni=example.net', { sni: 'api.example.net' }],
      ['version=TLS%201.2', { version: 'TLS 1.2' }],
      ['ja3=0123456789abcdef0123456789abcdef', { ja3: '0123456789abcdef0123456789abcdef' }],
      ['ja4=t12i000000_000000000000_000000000000', { ja4: 't12i000000_000000000000_000000000000' }],
    ],
    http: [
      ['hostname=example.net', { hostname: 'example.net' }],
      ['method=post', { http_method: 'POST' }],
      ['status=404', { status: 404 }],
    ],
    alerts: [
      ['severity=1', { severity: 1 }],
      ['signature_id=999', { signature_id: 999 }],
    ],
    anomalies: [
      ['type=stream', { type: 'stream' }],
      ['event=decoder.udp.hlen_invalid', { event: 'decoder.udp.hlen_invalid' }],
    ],
  };

  for (const name of Object.keys(OWN) as (keyof typeof OWN)[]) {
    const filters = [...COMMON, ...OWN[name]];
    test(`${name}: every filter finds its row and no other`, async () => {
      const table = TABLE_OF[name];
      await seed(bed.pool, table, [{ time: ago(30) }], STORED_ON);
      for (const [query, row] of filters) {
        await seed(bed.pool, table, [{ time: ago(20), ...row }], STORED_ON);
        const { items } = await list(name, query);
        expect([query, items.length]).toEqual([query, 1]);
      }
      const tested = new Set(filters.map(([query]) => query.split('=')[0]));
      const paging = ['last', 'since', 'until', 'limit', 'cursor', 'format'];
      // Of findings alone, which are another table: analysis-routes.test.ts.
      const elsewhere = name === 'anomalies' ? ['status', 'min_score'] : [];
      const known = Object.keys(LISTS[name].query.shape).filter(
        (key) => ![...paging, ...elsewhere].includes(key),
      );
      expect([...tested].sort()).toEqual(known.sort());
    });
  }

  test('a name finds itself and what is below it, not what only ends alike', async () => {
    const names = ['moth.dev', 'a.moth.dev', 'b.a.moth.dev', 'notmoth.dev', 'moth.dev.org'];
    await seed(
      bed.pool,
      'dns_queries',
      names.map((rrname) => ({ time: ago(10), rrname })),
      STORED_ON,
    );
    const { items } = await list('dns', 'rrname=moth.dev');
    expect(items.map((row) => row['rrname']).sort()).toEqual([
      'a.moth.dev',
      'b.a.moth.dev',
      'moth.dev',
    ]);
  });

  test('a row has the values that were stored, times with microseconds, the rest null', async () => {
    const time = ago(4, '123');
    await seed(
      bed.pool,
      'flows',
      [{ time, sensor: 'exact', domain: null, flow_state: null }],
      STORED_ON,
    );
    const { items } = await list('flows', 'sensor=exact');
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^\d+$/),
        time,
        sensor: 'exact',
        node: 'node1',
        flow_id: 1001,
        src_ip: '192.168.1.50',
        src_port: 40000,
        dest_ip: '93.184.216.34',
        dest_port: 443,
        proto: 'TCP',
        app_proto: 'tls',
        kubernetes: null,
        end: '2026-11-20T14:00:01.000000Z',
        community_id: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
        state: 'closed',
        reason: 'timeout',
        flow_state: null,
        pkts_toserver: 3,
        pkts_toclient: 4,
        bytes_toserver: 300,
        bytes_toclient: 4000,
        domain: null,
        country: null,
        alerted: false,
        asn: null,
        asn_name: null,
        lists: null,
        traffic_type: null,
        traffic_rule: null,
      },
    ]);
  });

  test('combined filters must all hold', async () => {
    const row = { time: ago(5), src_ip: '10.3.3.3', dest_port: 8443, sensor: 'both' };
    await seed(bed.pool, 'flows', [row, { ...row, sensor: 'one' }], STORED_ON);
    expect((await list('flows', 'device=10.3.3.3&sensor=both&port=8443')).items).toHaveLength(1);
  });
});

describe('time range', () => {
  test('the last hour unless told; since is in, until is not', async () => {
    const sensor = 'clock';
    const at = [ago(90), ago(60), ago(59, '999'), ago(0), ago(-5)];
    await seed(
      bed.pool,
      'tls_handshakes',
      at.map((time) => ({ time, sensor })),
      STORED_ON,
    );
    const times = async (query: string): Promise<unknown[]> =>
      (await list('tls', `sensor=${sensor}&${query}`)).items.map((row) => row['time']);
    expect(await times('limit=10')).toEqual([at[2], at[1]]);
    expect(await times('last=2h')).toEqual([at[2], at[1], at[0]]);
    expect(await times(`since=${at[1]}&until=${ago(0)}`)).toEqual([at[2], at[1]]);
    expect(await times(`until=${at[1]}`)).toEqual([at[0]]);
    expect(await times(`since=${ago(61)}&until=2099-01-01T00:00:00Z`)).toHaveLength(4);
  });
});

describe('pages', () => {
  const sensor = 'pages';
  const TOTAL = 250;

  test('to the end without a gap or a double while rows come in', async () => {
    // Many rows share a time, so that only the id tells them apart.
    const rows = Array.from({ length: TOTAL }, (_, i) => ({
      time: ago(1 + (i % 7)),
      sensor,
      flow_id: i,
    }));
    await seed(bed.pool, 'flows', rows, STORED_ON);
    const seen: number[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: Page<AnyRow> = await list('flows', `sensor=${sensor}&limit=30${query}`);
      seen.push(...page.items.map((row) => Number(row['flow_id'])));
      cursor = page.next;
      pages += 1;
      const [newest, late] = [{ time: ago(0.01) }, { time: ago(30) }];
      await seed(
        bed.pool,
        'flows',
        [newest, late].map((row) => ({ ...row, sensor, flow_id: 100_000 + pages })),
        STORED_ON,
      );
      bed.advance(60_000);
    } while (cursor !== null);
    const wanted = seen.filter((id) => id < TOTAL);
    expect([...wanted].sort((a, b) => a - b)).toEqual(rows.map((row) => row.flow_id));
    const late = seen.filter((id) => id >= TOTAL);
    expect(new Set(late).size).toBe(late.length);
    expect(pages).toBeGreaterThan(8);
  });

  test('a page holds at most 1,000 whatever limit says, and tells that there is more', async () => {
    await bed.pool.query(
      `INSERT INTO anomalies (id, time, stored_on, sensor, node, type, event)
       SELECT 5000000 + n, $1::timestamptz, $2::date, 'many', 'node1', 'decode', 'x'
       FROM generate_series(1, 1001) AS n`,
      [ago(3), STORED_ON],
    );
    const page = await list('anomalies', 'sensor=many&limit=5000');
    expect([page.items.length, typeof page.next]).toEqual([1000, 'string']);
    const last = await list('anomalies', `sensor=many&limit=5000&cursor=${page.next}`);
    expect([last.items.length, last.next]).toEqual([1, null]);
  });

  test('a damaged cursor, or one of another list or other filters, is refused', async () => {
    const { next } = await list('flows', `sensor=${sensor}&limit=5`);
    const cursor = String(next);
    const flipped = `${cursor.slice(0, 20)}${cursor[20] === 'A' ? 'B' : 'A'}${cursor.slice(21)}`;
    for (const path of [
      `/flows?sensor=${sensor}&limit=5&cursor=${flipped}`,
      `/flows?sensor=${sensor}&limit=5&cursor=${cursor.slice(0, -2)}`,
      `/flows?sensor=other&limit=5&cursor=${cursor}`,
      `/flows?sensor=${sensor}&last=2h&cursor=${cursor}`,
      `/tls?sensor=${sensor}&limit=5&cursor=${cursor}`,
      '/flows?cursor=bm9wZQ',
      '/flows?cursor=%00',
    ]) {
      expect([path, await refusal(path)]).toMatchObject([path, { status: 400, paths: ['cursor'] }]);
    }
    expect((await list('flows', `sensor=${sensor}&limit=7&cursor=${cursor}`)).items).toHaveLength(
      7,
    );
  });
});

describe('devices', () => {
  test('with their traffic in the range, searched, paged, one by its address', async () => {
    const ips = ['10.20.0.1', '10.20.0.2', '10.20.0.3', 'fd00::20'];
    for (const [index, ip] of ips.entries()) {
      await seed(bed.pool, 'devices', [
        { ip, last_seen: ago(1), hostname: `printer-${index}`, mac: `02:00:00:00:20:0${index}` },
      ]);
    }
    await seed(bed.pool, 'devices', [
      { ip: '10.21.0.1', last_seen: ago(600), first_seen: ago(700) },
    ]);
    await bed.pool.query(
      `INSERT INTO rollup_device_minute VALUES
         ($1, 10, 1000, 5, 2, $4, '10.20.0.2'), ($2, 1, 100, 5, 1, $4, '10.20.0.2'),
         ($3, 7, 7, 7, 7, $4, '10.20.0.2')`,
      [ago(10), ago(20), ago(300), STORED_ON],
    );
    const page = await list('devices', 'search=10.20.');
    expect(page.items.map((row) => row['ip'])).toEqual(['10.20.0.3', '10.20.0.2', '10.20.0.1']);
    expect(page.items[1]).toMatchObject({ bytes_sent: 11, bytes_received: 1100, flows: 3 });
    expect(page.items[0]).toMatchObject({ bytes_sent: 0, bytes_received: 0, flows: 0 });
    expect((await list('devices', 'search=PRINTER-3')).items).toMatchObject([{ ip: 'fd00::20' }]);
    expect((await list('devices', 'search=20:01')).items).toMatchObject([{ ip: '10.20.0.2' }]);
    expect((await list('devices', 'search=%25')).items).toEqual([]);

    const seen: unknown[] = [];
    let next: string | null = null;
    do {
      const query: string = next === null ? '' : `&cursor=${next}`;
      const part: Page<AnyRow> = await list('devices', `search=printer&limit=1${query}`);
      seen.push(...part.items.map((row) => row['ip']));
      next = part.next;
    } while (next !== null);
    expect([...seen].sort()).toEqual([...ips].sort());

    expect(await bed.get(`/devices/10.20.0.2?since=${ago(15)}`)).toMatchObject({
      bytes_received: 1000,
    });
    expect(await bed.get('/devices/10.21.0.1')).toMatchObject({ bytes_received: 0 });
    const cookie = await bed.logIn();
    const unknown = await bed.fetch('/api/v1/devices/10.99.0.1', { headers: { cookie } });
    expect([unknown.status, errorBodySchema.parse(await unknown.json()).error.code]).toEqual([
      404,
      'NM_NOT_FOUND',
    ]);
  });
});

describe('wrong queries', () => {
  test('an unknown parameter names the nearest known one', async () => {
    expect(await refusal('/flows?devise=10.0.0.1')).toMatchObject({
      status: 400,
      paths: ['devise'],
      message: expect.stringContaining('did you mean device?'),
    });
    expect((await refusal('/dns?rname=x')).message).toContain('rrname');
    expect((await refusal('/stats/talkers?limits=3')).message).toContain('did you mean limit?');
    expect((await refusal('/tls?completelyother=1')).message).toContain('known are last, since');
  });

  test('all faults are told at once, each by its path', async () => {
    const { status, paths } = await refusal(
      '/flows?device=host&last=1y&limit=0&format=xml&colour=red&port=65536&proto=TCP&proto=UDP',
    );
    expect(status).toBe(400);
    expect(paths.sort()).toEqual(['colour', 'device', 'format', 'last', 'limit', 'port', 'proto']);
    expect((await refusal('/flows?last=1h&since=2026-11-20T00:00:00Z')).paths).toEqual(['last']);
    expect((await refusal('/flows?since=2026-11-21T00:00:00Z')).paths).toEqual(['since']);
    expect((await refusal('/devices/router.local')).paths).toEqual(['ip']);
  });

  test('values stay values', async () => {
    const evil = encodeURIComponent("'; DROP TABLE flows; --");
    expect((await list('flows', `sensor=${evil}`)).items).toEqual([]);
    expect((await list('dns', `rrname=${evil}`)).items).toEqual([]);
    expect((await list('devices', `search=${evil}`)).items).toEqual([]);
    expect((await list('flows', 'limit=1')).items).toHaveLength(1);
    expect((await refusal('/dns?rrname=%00')).status).toBe(400);
  });
});
