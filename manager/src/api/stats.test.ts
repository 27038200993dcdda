// Statistics from seeded rollups: sums, steps, top lists, one device.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Bandwidth,
  type EventCounts,
  STATS,
  type StatsName,
  type Top,
} from '#contracts/rest.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { MAX_POINTS } from '../store/queries/rollups.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';
import { insert, seed } from './testing/seed.ts';

const NOW_MS = Date.parse('2026-11-20T15:20:30Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY = { stored_on: new Date(NOW_MS) };
const SENSOR = { ...DAY, sensor: 'lab', node: 'node1' };

let postgres: TestPostgres;
let bed: ApiBed;

const bucket = (agoMs: number, stepMs: number): string =>
  new Date(Math.floor((NOW_MS - agoMs) / stepMs) * stepMs).toISOString();

/** Adds to a rollup's minute and hour, as ingest does. */
async function roll(name: string, agoMs: number, row: Record<string, unknown>): Promise<void> {
  await insert(bed.pool, `rollup_${name}_minute`, { bucket: bucket(agoMs, MINUTE_MS), ...row });
  await insert(bed.pool, `rollup_${name}_hour`, { bucket: bucket(agoMs, HOUR_MS), ...row });
}

beforeAll(async () => {
  postgres = await startTestPostgres();
  bed = await startApiBed({ storeUrl: await postgres.createDatabase(), nowMs: NOW_MS });
  for (const [agoMs, bytes] of [
    [MINUTE_MS, 100],
    [30 * MINUTE_MS, 1000],
    [5 * HOUR_MS, 10_000],
    [70 * HOUR_MS, 100_000],
  ] as const) {
    await roll('total', agoMs, {
      ...SENSOR,
      bytes_toserver: bytes,
      bytes_toclient: 2 * bytes,
      packets: 5,
      flows: 1,
    });
    const device = { ...DAY, bytes_sent: bytes, bytes_received: 3 * bytes, packets: 5, flows: 1 };
    await roll('device', agoMs, { ...device, device: '10.0.0.1' });
    await roll('device', agoMs, { ...device, device: 'fd00::2', bytes_sent: 1 });
    await roll('device', agoMs, { ...device, device: '0.0.0.0', bytes_sent: 1e9 });
    for (const [kind, key] of [
      ['domain', 'example.org'],
      ['application', 'tls'],
      ['country', 'NL'],
    ] as const) {
      await roll(kind, agoMs, { ...DAY, bytes, flows: 2, device: '10.0.0.1', [kind]: key });
      await roll(kind, agoMs, { ...DAY, bytes: 7, flows: 1, device: 'fd00::2', [kind]: key });
      await roll(kind, agoMs, { ...DAY, bytes: 9, flows: 1, device: '10.0.0.1', [kind]: 'XX' });
      await roll(kind, agoMs, { ...DAY, bytes: 1e9, flows: 9, device: '0.0.0.0', [kind]: '*' });
    }
    const pair = { ...DAY, bytes_toserver: bytes, bytes_toclient: bytes, flows: 1 };
    await roll('pair', agoMs, { ...pair, src_ip: '10.0.0.1', dest_ip: '93.184.216.34' });
    await roll('pair', agoMs, {
      ...pair,
      src_ip: '8.8.8.8',
      dest_ip: '10.0.0.1',
      bytes_toserver: 1,
    });
    await roll('pair', agoMs, { ...pair, src_ip: '10.0.0.7', dest_ip: '10.0.0.8' });
    await roll('events', agoMs, { ...SENSOR, event_type: 'flow', events: 3 });
    await roll('events', agoMs, { ...SENSOR, event_type: 'dns', events: 4 });
    // A name that every object has.
    await roll('events', agoMs, { ...SENSOR, event_type: 'constructor', events: 1 });
  }
  await seed(bed.pool, 'devices', [{ ip: '10.0.0.1', hostname: 'desk' }]);
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await postgres?.stop();
});

async function stats<T>(name: StatsName, query = ''): Promise<T> {
  return STATS[name].strict().parse(await bed.get(`/stats/${name}?${query}`)) as T;
}
const sum = (
  points: Bandwidth['points'],
  key: 'bytes_toserver' | 'bytes_toclient' | 'packets' | 'flows',
): number => points.reduce((total, point) => total + point[key], 0);

describe('bandwidth', () => {
  test('the last hour by the minute, empty minutes too', async () => {
    const { bucketSeconds, points } = await stats<Bandwidth>('bandwidth');
    expect([bucketSeconds, points.length]).toEqual([60, 61]);
    expect(points[0]?.time).toBe('2026-11-20T14:20:00.000000Z');
    expect(points.at(-1)?.time).toBe('2026-11-20T15:20:00.000000Z');
    expect(points.filter((point) => point.flows > 0)).toEqual([
      {
        time: '2026-11-20T14:50:00.000000Z',
        bytes_toserver: 1000,
        bytes_toclient: 2000,
        packets: 5,
        flows: 1,
      },
      {
        time: '2026-11-20T15:19:00.000000Z',
        bytes_toserver: 100,
        bytes_toclient: 200,
        packets: 5,
        flows: 1,
      },
    ]);
  });

  test('longer ranges in longer steps, nothing lost in between', async () => {
    for (const [last, step, bytes] of [
      ['6h', 60, 11_100],
      ['24h', 300, 11_100],
      ['4d', 1800, 111_100],
      ['30d', 21_600, 111_100],
    ] as const) {
      const { bucketSeconds, points } = await stats<Bandwidth>('bandwidth', `last=${last}`);
      expect([last, bucketSeconds, sum(points, 'bytes_toserver')]).toEqual([last, step, bytes]);
      expect(points.length).toBeLessThanOrEqual(MAX_POINTS);
    }
    const all = await stats<Bandwidth>('bandwidth', 'since=1970-01-01T00:00:00Z');
    expect(all.points.length).toBeLessThanOrEqual(MAX_POINTS);
    expect(sum(all.points, 'bytes_toclient')).toBe(222_200);
  });

  test('of one device: sent and received', async () => {
    const { points } = await stats<Bandwidth>('bandwidth', 'device=10.0.0.1');
    expect([sum(points, 'bytes_toserver'), sum(points, 'bytes_toclient')]).toEqual([1100, 3300]);
  });
});

describe('top lists', () => {
  test('talkers: without the rest, with names; of one device its peers', async () => {
    expect(await stats<Top>('talkers')).toEqual({
      items: [
        { key: '10.0.0.1', label: 'desk', bytes: 4400, flows: 2 },
        { key: 'fd00::2', label: null, bytes: 3302, flows: 2 },
      ],
    });
    expect((await stats<Top>('talkers', 'limit=1')).items).toHaveLength(1);
    expect((await stats<Top>('talkers', 'device=10.0.0.1&last=2h')).items).toEqual([
      { key: '93.184.216.34', label: null, bytes: 2200, flows: 2 },
      { key: '8.8.8.8', label: null, bytes: 1102, flows: 2 },
    ]);
  });

  test('domains, applications and countries', async () => {
    for (const [name, key] of [
      ['domains', 'example.org'],
      ['applications', 'tls'],
      ['countries', 'NL'],
    ] as const) {
      expect(await stats<Top>(name)).toEqual({
        items: [
          { key, label: null, bytes: 1114, flows: 6 },
          { key: 'XX', label: null, bytes: 18, flows: 2 },
        ],
      });
      const one = await stats<Top>(name, 'device=fd00::2&last=6h');
      expect(one.items).toEqual([{ key, label: null, bytes: 21, flows: 3 }]);
      expect((await stats<Top>(name, 'last=5d&limit=1')).items[0]?.bytes).toBe(111_100 + 28);
    }
  });
});

describe('events', () => {
  test('by type and time', async () => {
    const { total, byType, points } = await stats<EventCounts>('events');
    expect([total, byType]).toEqual([16, { flow: 6, dns: 8, constructor: 2 }]);
    expect(points).toHaveLength(61);
    expect(points[59]?.counts).toEqual({ flow: 3, dns: 4, constructor: 1 });
    expect(points[60]?.counts).toEqual({});
    expect((await stats<EventCounts>('events', 'last=5d')).total).toBe(32);
  });

  test('of one device, counted from the events themselves', async () => {
    const time = new Date(NOW_MS - 10 * MINUTE_MS).toISOString();
    await seed(bed.pool, 'alerts', [{ time, dest_ip: '10.0.0.1' }], DAY.stored_on);
    await seed(bed.pool, 'dns_queries', [{ time, src_ip: '10.0.0.1' }, { time }], DAY.stored_on);
    await seed(bed.pool, 'flows', [{ time, src_ip: '10.0.0.1' }], DAY.stored_on);
    const { total, byType } = await stats<EventCounts>('events', 'device=10.0.0.1');
    expect([total, byType]).toEqual([3, { alert: 1, dns: 1, flow: 1 }]);
  });
});
