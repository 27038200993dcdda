// Findings among the anomalies, beacons, privacy reports, and what people say, over a real server.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { AnomalyRow, Page } from '#contracts/rest.ts';
import {
  type BeaconRow,
  beaconRowSchema,
  type PrivacyPage,
  type PrivacyRow,
  privacyRowSchema,
  thresholdsSchema,
} from '#contracts/rest-analysis.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';
import { seed } from './testing/seed.ts';

const kNowMs = Date.UTC(2026, 10, 20, 15);
let postgres: TestPostgres;
let bed: ApiBed;
let cookie: string;

beforeAll(async () => {
  postgres = await startTestPostgres();
  bed = await startApiBed({ storeUrl: await postgres.createDatabase(), nowMs: kNowMs });
  cookie = await bed.logIn();
  await bed.pool.query(
    `INSERT INTO findings (id, time, last_time, kind, subject, about, score, summary, parts, hour, confirmed)
     SELECT n, to_timestamp($1::float8 / 1000) - make_interval(mins => n), to_timestamp($1::float8 / 1000),
       CASE n WHEN 1 THEN 'beacon' ELSE 'tor' END, '10.0.0.5', 'x' || n, 40 + n * 10, 'says ' || n,
       '[{"name":"interval","points":20,"figure":"1.00","expected":"0"}]', 0, true
     FROM generate_series(1, 3) AS n`,
    [kNowMs],
  );
  await bed.pool.query(
    `INSERT INTO beacons (device, target, score, interval_score, size_score, histogram_score,
       duration_score, prevalence, period_seconds, jitter, connections, first_seen, last_seen)
     SELECT '10.0.0.5', 'tls c' || n || '.net', n / 10.0, 1, 1, 1, 1, 0.1, 60, 0.1, 100,
       to_timestamp($1::float8 / 1000) - interval '1 day', to_timestamp($1::float8 / 1000) - make_interval(mins => n)
     FROM generate_series(4, 9) AS n`,
    [kNowMs],
  );
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  await postgres.stop();
});

const anomalies = (query: string): Promise<Page<AnomalyRow>> =>
  bed.get(`/anomalies?${query}`) as Promise<Page<AnomalyRow>>;

async function say(id: string, status: string): Promise<number> {
  const response = await bed.fetch(`/api/v1/anomalies/${id}/status`, {
    method: 'PUT',
    headers: { cookie, 'content-type': 'application/json', origin: bed.url },
    body: JSON.stringify({ status }),
  });
  return response.status;
}

test('findings and malformed packets are one list, newest first, page by page', async () => {
  await seed(
    bed.pool,
    'anomalies',
    [{ time: new Date(kNowMs - 90_000).toISOString() }],
    new Date('2026-11-20'),
  );
  const { items } = await anomalies('limit=10');
  expect(items.map(({ type }) => type)).toEqual(['behaviour', 'decode', 'behaviour', 'behaviour']);
  expect(items[0]).toMatchObject({
    event: 'beacon',
    score: 50,
    summary: 'says 1',
    src_ip: '10.0.0.5',
  });
  expect(items[0]?.parts?.[0]?.name).toBe('interval');
  const first = await anomalies('limit=2');
  const second = await anomalies(`limit=2&cursor=${first.next}`);
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(items.map(({ id }) => id));
});

test('filters of findings: kind, score, status, device', async () => {
  expect((await anomalies('event=tor')).items).toHaveLength(2);
  expect((await anomalies('min_score=65')).items.map(({ score }) => score)).toEqual([70]);
  expect((await anomalies('status=open')).items).toHaveLength(3);
  expect((await anomalies('type=behaviour&device=10.0.0.5')).items).toHaveLength(3);
});

test('what is normal teaches, what is opened again unteaches', async () => {
  const normal = async (): Promise<unknown[]> =>
    (
      await bed.pool.query(
        'SELECT kind, host(subject) AS subject, about, said_by FROM analysis_normal',
      )
    ).rows;
  expect(await say('1', 'normal')).toBe(204);
  expect((await anomalies('status=normal')).items).toHaveLength(1);
  expect(await normal()).toEqual([
    { kind: 'beacon', subject: '10.0.0.5', about: 'x1', said_by: 'admin' },
  ]);
  expect(await say('1', 'normal')).toBe(204);
  expect(await normal()).toHaveLength(1);
  expect(await say('1', 'acknowledged')).toBe(204);
  expect(await normal()).toEqual([]);
  expect(await say('99', 'normal')).toBe(404);
  expect(await say('1', 'fine')).toBe(400);
});

test('beacons above a score, page by page, as JSON and as CSV', async () => {
  const page = (await bed.get('/beacons?last=1d&limit=4')) as Page<BeaconRow>;
  const rest = (await bed.get(`/beacons?last=1d&limit=4&cursor=${page.next}`)) as Page<BeaconRow>;
  const all = [...page.items, ...rest.items];
  expect(all.map(({ target }) => target)).toEqual([5, 6, 7, 8, 9].map((n) => `tls c${n}.net`));
  for (const row of all) expect(beaconRowSchema.safeParse(row).error).toBeUndefined();
  expect(((await bed.get('/beacons?min_score=0.85')) as Page<BeaconRow>).items).toHaveLength(1);
  const csv = await (await bed.fetch('/api/v1/beacons?format=csv', { headers: { cookie } })).text();
  expect(csv.split('\r\n')[0]).toBe(Object.keys(beaconRowSchema.shape).join(','));
  expect(csv.trim().split('\r\n')).toHaveLength(6);
});

test('a privacy report adds up, as JSON, CSV and a page to print', async () => {
  const bucket = new Date(kNowMs - 600_000).toISOString();
  const put = (table: string, columns: string, values: string): Promise<unknown> =>
    bed.pool.query(
      `INSERT INTO ${table} (bucket, stored_on, device, ${columns}) VALUES ('${bucket}', '2026-11-20', '10.0.0.6', ${values})`,
    );
  const sums = 'bytes_sent, bytes_received, packets, flows, unnamed_bytes';
  await put('rollup_device_minute', sums, '400, 600, 9, 4, 300');
  await put('rollup_application_minute', 'application, bytes, flows', "'http', 250, 1");
  await put('rollup_domain_minute', 'domain, bytes, flows', "'ad.doubleclick.net', 500, 2");
  await put('rollup_domain_minute', 'domain, bytes, flows', "'<b>.example.org', 500, 2");
  const { items } = (await bed.get('/privacy?device=10.0.0.6')) as Page<PrivacyRow>;
  // 40·0.5 + 30·1/20 + 20·0.25 + 10·0.3
  expect(items).toMatchObject([
    {
      ...{ score: 71, tracker_share: 0.5, tracker_owners: 1, cleartext_share: 0.25 },
      unknown_network_share: 0.3,
    },
  ]);
  expect(items[0]?.trackers).toMatchObject([
    { owner: 'Google', category: 'advertising', bytes: 500 },
  ]);
  expect(privacyRowSchema.safeParse(items[0]).error).toBeUndefined();
  const text = async (format: string): Promise<string> =>
    (await bed.fetch(`/api/v1/privacy?format=${format}`, { headers: { cookie } })).text();
  expect(await text('csv')).toContain('10.0.0.6');
  expect(await text('html')).toContain('71 of 100');
});

test('a privacy report of many devices goes on page by page, lowest score first, and says whom it leaves out', async () => {
  const many = 1_005;
  const bucket = new Date(kNowMs - 86_400_000 * 3).toISOString();
  const place = `bucket, stored_on, device`;
  const values = `'${bucket}', '2026-11-20', '10.7.0.0'::inet + n`;
  await bed.pool.query(
    `INSERT INTO rollup_device_minute (${place}, bytes_sent, bytes_received, packets, flows)
     SELECT ${values}, 1000 * n, 0, 1, 1 FROM generate_series(1, ${many}) AS n`,
  );
  // The heaviest tell trackers most: in the order of bytes they would come first too, so every third does.
  await bed.pool.query(
    `INSERT INTO rollup_domain_minute (${place}, domain, bytes, flows)
     SELECT ${values}, 'ad.doubleclick.net', (n % 3) * 400 * n, 1 FROM generate_series(1, ${many}) AS n`,
  );
  const range = `since=${bucket}&until=${new Date(kNowMs - 86_400_000 * 2).toISOString()}`;
  const rows: PrivacyRow[] = [];
  for (let cursor = ''; ; ) {
    const page = (await bed.get(`/privacy?${range}&limit=400${cursor}`)) as PrivacyPage;
    expect(page.left_out).toBe(5);
    rows.push(...page.items);
    if (page.next === null) break;
    cursor = `&cursor=${page.next}`;
  }
  expect(new Set(rows.map(({ device }) => device)).size).toBe(1_000);
  expect(rows).toHaveLength(1_000);
  const scores = rows.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => a - b));
  const csv = await bed.fetch(`/api/v1/privacy?${range}&limit=400&format=html`, {
    headers: { cookie },
  });
  expect(await csv.text()).toContain('605 more devices are not in this report');
});

test('thresholds by kind and device are kept, changed and taken back', async () => {
  const path = '/api/v1/anomalies/thresholds';
  const put = async (body: object): Promise<number> => {
    const headers = { cookie, origin: bed.url, 'content-type': 'application/json' };
    return (await bed.fetch(path, { method: 'PUT', headers, body: JSON.stringify(body) })).status;
  };
  const listed = async () =>
    ((await bed.get('/anomalies/thresholds')) as z.infer<typeof thresholdsSchema>).items;
  expect(await put({ kind: 'beacon', device: '10.0.0.5', min_score: 70 })).toBe(204);
  expect(await put({ kind: 'beacon', device: '10.0.0.5', min_score: 80 })).toBe(204);
  expect(await put({ min_score: 30 })).toBe(204);
  expect(await put({ kind: 'nonsense', min_score: 30 })).toBe(400);
  expect(await put({ device: 'printer', min_score: 30 })).toBe(400);
  const rows = await listed();
  expect(rows).toMatchObject([
    { kind: null, device: null, min_score: 30, said_by: 'admin' },
    { kind: 'beacon', device: '10.0.0.5', min_score: 80 },
  ]);
  expect(thresholdsSchema.safeParse({ items: rows }).error).toBeUndefined();
  const headers = { cookie, origin: bed.url };
  for (const { id } of rows) await bed.fetch(`${path}/${id}`, { method: 'DELETE', headers });
  expect(await listed()).toEqual([]);
});
