// The graph over a real server and store: machines with two addresses, pods of a workload, what is not ours, bounds.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Topology, topologySchema } from '#contracts/rest-topology.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';
import { insert, seed } from './testing/seed.ts';

const kNowMs = Date.UTC(2026, 10, 20, 15);
const kBucket = new Date(kNowMs - 600_000).toISOString();
const kToday = new Date(kNowMs);
const LAPTOP = 'mac:02:00:00:00:00:01';
let postgres: TestPostgres;
let bed: ApiBed;

beforeAll(async () => {
  postgres = await startTestPostgres();
  bed = await startApiBed({ storeUrl: await postgres.createDatabase(), nowMs: kNowMs });
  await seed(bed.pool, 'devices', [
    { ip: '192.168.1.50', subject: LAPTOP, hostname: 'laptop', type: 'laptop' },
    { ip: '192.168.1.51', subject: LAPTOP, hostname: 'laptop', type: 'laptop' },
    { ip: '192.168.1.77', subject: 'ip:192.168.1.77', label: 'Office', type: 'printer' },
    ...[1, 2, 3].map((n) => ({ ip: `10.1.0.${n}`, subject: `ip:10.1.0.${n}`, type: 'pod' })),
  ]);
  for (const [n, workload] of [
    [1, 'deployment/web'],
    [2, 'deployment/web'],
    [3, 'deployment/db'],
  ] as const) {
    await evidence(`ip:10.1.0.${n}`, 'hostname', `pod-${n}`, `shop/pod-${n}`);
    await evidence(`ip:10.1.0.${n}`, 'type', 'pod', workload);
  }
  await pair('192.168.1.50', '192.168.1.77', 100, 200);
  await pair('192.168.1.51', '192.168.1.77', 1_000, 2_000);
  await pair('192.168.1.50', '93.184.216.34', 10, 90_000);
  await pair('192.168.1.77', '198.51.100.7', 1, 2);
  await pair('192.168.1.77', '224.0.0.251', 60, 0);
  await pair('192.168.1.50', '0.0.0.0', 9_999_999, 0);
  await pair('10.1.0.1', '10.1.0.3', 5_000, 6_000);
  await pair('10.1.0.2', '10.1.0.3', 500, 600);
  const time = new Date(kNowMs - 500_000).toISOString();
  const alerts = [
    // The answer is what matched: the alert's source is the server of the flow.
    { time, src_ip: '192.168.1.77', dest_ip: '192.168.1.50' },
    { time, src_ip: '192.168.1.51', dest_ip: '192.168.1.77' },
    { time: new Date(kNowMs - 7_200_000).toISOString(), dest_ip: '192.168.1.77' },
  ];
  await seed(bed.pool, 'alerts', alerts, kToday);
  await seed(
    bed.pool,
    'flows',
    [{ time, dest_ip: '93.184.216.34', asn_name: 'EDGECAST', country: 'US' }],
    kToday,
  );
  for (const [id, status] of [
    [1, 'open'],
    [2, 'normal'],
  ] as const) {
    await insert(bed.pool, 'findings', {
      ...{ id, time, last_time: time, kind: 'tor', subject: '192.168.1.51', about: '', score: 80 },
      ...{ summary: 'says', parts: '[]', hour: 0, confirmed: true, status },
    });
  }
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  await postgres.stop();
});

const evidence = (subject: string, attribute: string, value: string, detail: string) =>
  insert(bed.pool, 'device_evidence', {
    ...{ subject, attribute, source: 'kubernetes', value, detail, confidence: 95 },
    ...{ first_seen: kBucket, last_seen: kBucket },
  });

const pair = (src: string, dest: string, toServer: number, toClient: number) =>
  insert(bed.pool, 'rollup_pair_minute', {
    ...{ bucket: kBucket, stored_on: '2026-11-20', src_ip: src, dest_ip: dest, flows: 1 },
    ...{ bytes_toserver: toServer, bytes_toclient: toClient },
  });

async function topology(query = ''): Promise<Topology> {
  const answer = topologySchema.parse(await bed.get(`/topology?${query}`));
  const ids = new Set(answer.nodes.map(({ id }) => id));
  expect(ids.size).toBe(answer.nodes.length);
  const ends = new Set(answer.edges.flatMap(({ source, target }) => [source, target]));
  expect(ends).toEqual(ids);
  return answer;
}

const edgesOf = ({ edges }: Topology) =>
  edges.map(({ source, target, bytes_toserver: sent }) => `${source} ${target} ${sent}`).sort();

test('addresses of a machine are one node; alerts and findings are theirs', async () => {
  const graph = await topology('device=192.168.1.51');
  expect(edgesOf(graph)).toEqual([
    `${LAPTOP} ip:192.168.1.77 1100`,
    `${LAPTOP} ip:93.184.216.34 10`,
  ]);
  expect(graph.nodes).toMatchObject([
    { id: LAPTOP, label: 'laptop', addresses: 2, bytes: 93_310, findings: 1, top_score: 80 },
    { id: 'ip:93.184.216.34', label: 'www.example.org', network: 'EDGECAST', country: 'US' },
    { id: 'ip:192.168.1.77', label: 'Office', place: 'inside', kind: 'printer', bytes: 3_300 },
  ]);
  // What has alerts comes first, whichever way the packet went.
  expect(graph.edges.map(({ alerts }) => alerts)).toEqual([2, 0]);
  expect(graph.left_out).toBe(0);
});

test('pods of a workload are one node where that is asked for', async () => {
  const pods = await topology('namespace=shop');
  expect(pods.nodes.map(({ id }) => id)).toEqual(['ip:10.1.0.3', 'ip:10.1.0.1', 'ip:10.1.0.2']);
  const workloads = await topology('namespace=shop&by=workload');
  expect(edgesOf(workloads)).toEqual(['shop/deployment/web shop/deployment/db 5500']);
  expect(workloads.nodes).toMatchObject([
    { id: 'shop/deployment/db', label: 'deployment/db', namespace: 'shop', addresses: 1 },
    { id: 'shop/deployment/web', label: 'deployment/web', namespace: 'shop', addresses: 2 },
  ]);
  expect((await topology('namespace=elsewhere')).edges).toEqual([]);
});

test('what is not ours: each by itself, as one node, or left out', async () => {
  const places = async (query: string) =>
    (await topology(`kind=printer&${query}`)).nodes.map(({ id, place }) => `${place} ${id}`).sort();
  const ours = [`group ip:224.0.0.251`, `inside ip:192.168.1.77`, `inside ${LAPTOP}`];
  expect(await places('')).toEqual([...ours, 'outside ip:198.51.100.7'].sort());
  expect(await places('outside=one')).toEqual([...ours, 'outside outside'].sort());
  expect(await places('outside=none')).toEqual(ours);
});

test('the bound leaves out the lightest and says how many', async () => {
  const all = await topology();
  const some = await topology('limit=2');
  expect(some.edges).toEqual(all.edges.slice(0, 2));
  expect(some.left_out).toBe(all.edges.length - 2);
  expect(some.edges[0]?.alerts).toBe(2);
  await expect(bed.get('/topology?limit=501')).rejects.toThrow('400');
});

test('beyond a day the hours are read, and no range is no traffic', async () => {
  expect((await topology('last=2d')).edges).toEqual([]);
  await bed.pool.query(
    `INSERT INTO rollup_pair_hour SELECT * FROM rollup_pair_minute ON CONFLICT DO NOTHING`,
  );
  const twoDays = await topology('last=2d');
  expect(edgesOf(twoDays)).toEqual(edgesOf(await topology()));
  expect(twoDays.edges[0]?.alerts).toBe(3);
});
