// A device's profile over a real server and store: the analysis' own memory and the rollups, for a device that is
// learned, one that is new, one whose memory is damaged, and an address of version 6.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DeviceProfile, deviceProfileSchema } from '#contracts/rest-profile.ts';
import { startTestPostgres, type TestPostgres } from '#testkit/postgres.ts';
import { newState, packState } from '../analysis/device-state.ts';
import { shardOf } from '../analysis/facts.ts';
import { teach } from '../analysis/seasons.ts';
import { type ApiBed, startApiBed } from './testing/api-bed.ts';
import { insert, seed } from './testing/seed.ts';

const HOUR_MS = 3_600_000;
const kNowMs = Date.UTC(2026, 10, 20, 15);
const kHour = kNowMs / HOUR_MS;
const DEVICE = '192.168.1.50';
const SIXTH = '2001:db8::50';
let postgres: TestPostgres;
let bed: ApiBed;

beforeAll(async () => {
  postgres = await startTestPostgres();
  const config = { learningHours: 48 };
  const storeUrl = await postgres.createDatabase();
  bed = await startApiBed({ storeUrl, nowMs: kNowMs, config });
  const first_seen = new Date(kNowMs - 14 * 24 * HOUR_MS).toISOString();
  const last_seen = new Date(kNowMs - 1).toISOString();
  const ips = [DEVICE, SIXTH, '192.168.1.7', '192.168.1.8'];
  const devices = ips.map((ip) => ({ ip, first_seen, last_seen }));
  await seed(bed.pool, 'devices', devices);
  await learned(DEVICE);
  await learned(SIXTH);
  await remember('192.168.1.8', { state: Buffer.from('broken'), beacons: Buffer.from('broken') });
  for (const device of [DEVICE, SIXTH]) {
    // At 14:00 on two Fridays.
    for (const back of [1, 1 + 168]) {
      const bucket = new Date((kHour - back) * HOUR_MS).toISOString();
      const row = { bucket, stored_on: '2026-11-20', flows: 5 };
      const amounts = { bytes_sent: 1_000, bytes_received: 3_000, packets: 9 };
      await insert(bed.pool, 'rollup_device_hour', { ...row, ...amounts, device });
      await insert(bed.pool, 'rollup_domain_hour', {
        ...{ ...row, bytes: 400, device, domain: 'www.example.org' },
      });
    }
  }
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  await postgres.stop();
});

async function learned(subject: string): Promise<void> {
  const state = newState();
  state.firstHour = kHour - 60;
  state.lastHour = kHour - 1;
  state.taught = 40;
  for (let hour = state.firstHour; hour < kHour; hour += 1) {
    teach(state.seasons.bytesOut, hour, 1_000);
    teach(state.seasons.bytesIn, hour, 3_000);
    teach(state.seasons.flows, hour, 5);
  }
  state.destinations.add('example.org', kHour, 9);
  state.peers.add('93.184.216.34');
  await remember(subject, packState(state));
}

const remember = (subject: string, stored: { state: Buffer; beacons: Buffer }) =>
  insert(bed.pool, 'analysis_states', {
    ...{ shard: shardOf(subject), subject, device: true, last_hour: kHour - 1, ...stored },
  });

const profileOf = async (ip: string): Promise<DeviceProfile> =>
  deviceProfileSchema.parse(await bed.get(`/devices/${ip}/profile`));

test.each([DEVICE, SIXTH])('%s: what was learned, hour by hour, and what is usual', async (ip) => {
  const profile = await profileOf(ip);
  expect(profile).toMatchObject({
    since: '2026-11-18T03:00:00.000000Z',
    judged: '2026-11-20T14:00:00.000000Z',
    ...{ learned_hours: 40, needed_hours: 48, days: 14, contacts: 1 },
    destinations: [{ name: 'example.org', kind: 'domain', weight: 9, bytes: 800 }],
  });
  // Friday, 14:00 UTC.
  const friday = profile.week[4 * 24 + 14];
  expect(friday?.seen).toEqual({ bytes_sent: 1_000, bytes_received: 3_000, flows: 5 });
  expect(friday?.expected?.bytes_sent).toBeGreaterThan(500);
  expect(profile.week[4 * 24 + 13]?.seen?.flows).toBe(0);
});

test('a new device and one whose memory is damaged have hours and nothing learned', async () => {
  for (const ip of ['192.168.1.7', '192.168.1.8']) {
    const profile = await profileOf(ip);
    expect(profile).toMatchObject({ since: null, learned_hours: 0, destinations: [] });
    expect(profile.week.every(({ expected }) => expected === null)).toBe(true);
  }
});

test('who was never seen has none', async () => {
  await expect(bed.get('/devices/192.0.2.1/profile')).rejects.toThrow('404');
});
