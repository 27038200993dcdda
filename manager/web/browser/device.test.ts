// The page of a device in real Chromium: two days of real flows go through the real analysis, and what it learned of
// them, hour by hour and by destination, is what is seen.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type EveEvent, eveEventSchema } from '#contracts/eve.ts';
import { accessibilityFaults, overflowPx } from './accessibility.ts';
import { publishEvents } from './bus-writer.ts';
import { eveTraffic, LAPTOP, SITE } from './eve-traffic.ts';
import { DESKTOP, PHONE, type Stage, startStage } from './stage.ts';

const HOUR_MS = 3_600_000;
const HOURS = 40;
/** Calls a bare address outside like a clock. */
const CALLER = '192.168.1.30';
const CALLED = '203.0.113.9';
const PERIOD_MS = 600_000;
const FILES = '192.168.1.20';
/** In the middle of each hour that it is at work. */
const BUSY = 4_000_000;

let stage: Stage;

beforeAll(async () => {
  const list = join(mkdtempSync(join(tmpdir(), 'netmoth-list-')), 'bad-places.txt');
  writeFileSync(list, `${CALLED}\n198.51.100.0/24\n`);
  stage = await startStage([`analysis.reputationLists=${list}`]);
  await stage.logIn();
  await publishEvents(stage.nats, twoDays(Date.now()));
}, 180_000);
afterAll(() => stage?.dispose());
beforeEach(async () => {
  await stage.page.setViewportSize(DESKTOP);
  stage.complaints();
});

const learnedHours = () =>
  stage.page.evaluate(async (ip) => {
    const answer = await fetch(`/api/v1/devices/${ip}/profile`);
    return answer.ok ? ((await answer.json()) as { learned_hours: number }).learned_hours : 0;
  }, LAPTOP);

/** Each hour a site outside and a server within; heavy every fourth hour. */
function twoDays(nowMs: number): readonly EveEvent[] {
  const [flow] = eveTraffic(nowMs).filter(({ event_type }) => event_type === 'flow');
  if (flow?.event_type !== 'flow') throw new Error('no flow');
  const stamp = (ms: number) => new Date(ms).toISOString().replace('Z', '000+0000');
  const one = (ms: number, more: object, heavy: boolean): EveEvent =>
    eveEventSchema.parse({
      ...flow,
      ...{ timestamp: stamp(ms), flow_id: Math.round(ms), src_ip: LAPTOP },
      // Both ends shook hands.
      tcp: { tcp_flags: '1b', tcp_flags_ts: '1b', tcp_flags_tc: '1b', state: 'closed' },
      flow: {
        ...flow.flow,
        ...{ start: stamp(ms - 4_200), end: stamp(ms) },
        bytes_toclient: heavy ? BUSY : 40_000,
      },
      ...more,
    });
  const now = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const calls = Array.from({ length: (HOURS * HOUR_MS) / PERIOD_MS - 3 }, (_, index) =>
    one(
      now - HOUR_MS / 2 - index * PERIOD_MS,
      {
        ...{ src_ip: CALLER, dest_ip: CALLED, dest_port: 8443, app_proto: 'failed' },
        ...{ flow_id: 5_000_000 + index, netmoth: { schema: 1, flow_state: 'CLOSED' } },
      },
      false,
    ),
  );
  const work = Array.from(
    { length: HOURS },
    (_, back) => now - back * HOUR_MS - HOUR_MS / 2,
  ).flatMap((ms, index) => [
    one(ms, { dest_ip: SITE.ip }, index % 4 === 0),
    one(
      ms + 1_000,
      {
        dest_ip: FILES,
        dest_port: 445,
        app_proto: 'smb',
        netmoth: { schema: 1, flow_state: 'CLOSED' },
      },
      false,
    ),
  ]);
  return [...work, ...calls];
}

const week = () => stage.page.getByRole('region', { name: 'Its week' });
const usual = () => stage.page.getByRole('region', { name: 'Usual destinations' });

test('the week has what was seen and what is expected, hour by hour', {
  timeout: 260_000,
}, async () => {
  const { page, url } = stage;
  // All but the newest hour, which nothing has followed yet. The analysis takes its time where the machine is busy.
  await expect.poll(learnedHours, { timeout: 200_000, interval: 1_000 }).toBeGreaterThan(HOURS - 3);
  stage.complaints();
  await page.goto(`${url}/device?ip=${LAPTOP}&last=7d`);
  await week()
    .getByText(/learning: \d\d of 168 hours/)
    .waitFor();
  const hours = week().locator('tbody td');
  expect(await hours.count()).toBe(168);
  expect(await week().locator('tbody td.unknown').count()).toBeGreaterThan(100);
  await week().getByText('4.04 MB', { exact: false }).first().waitFor();
  await week().getByRole('button', { name: 'Expected' }).click();
  await week().getByText('What analysis expects', { exact: false }).waitFor();
  await week().getByRole('button', { name: 'Flows' }).click();
  await week()
    .getByText(/the warmest hour is \d+ flows/)
    .waitFor();
  await week().getByRole('button', { name: 'Seen' }).click();
  await week().getByText('the warmest hour is 2 flows', { exact: false }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(stage.complaints()).toEqual([]);
});

test('usual destinations: the site by its domain, the server within by its service', async () => {
  const { page } = stage;
  await usual()
    .getByRole('row', { name: /^example\.org domain/ })
    .waitFor();
  await usual()
    .getByRole('row', { name: new RegExp(`^TCP/445/${FILES} within`) })
    .waitFor();
  await usual().getByText('TCP/80', { exact: false }).waitFor();
  await usual().scrollIntoViewIfNeeded();
  await stage.picture('device-usual');
  await page.getByRole('button', { name: 'Anomalies' }).click();
  await page
    .getByRole('heading', { name: /anomalies/ })
    .or(page.locator('tbody .row-open'))
    .first()
    .waitFor();
});

test('who calls like a clock is on the page of beacons, which leads to the device', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/beacons?last=7d`);
  const row = page.locator('tbody tr').filter({ hasText: CALLED });
  await row.getByText('10 min').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await stage.picture('beacons');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toContain(`TCP ${CALLED}:8443`);
  await row.getByRole('button').click();
  await page.getByRole('heading', { level: 1, name: CALLER }).waitFor();
  // And so is whom it calls, on a list that the manager was given.
  const listed = page.getByRole('region', { name: 'Dealt with on lists' });
  await listed.getByRole('row', { name: new RegExp(`^${CALLED} .*bad-places`) }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await stage.picture('device-listed');
});

test('what a person calls it shows everywhere; it fits a phone', async () => {
  const { page, url } = stage;
  await page.getByLabel('Call it').fill('Anna’s laptop');
  await page.getByLabel('Kind').selectOption('laptop');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.facts').getByText('Anna’s laptop').waitFor();
  await page.setViewportSize(PHONE);
  await page.goto(`${url}/device?ip=${LAPTOP}&last=7d`);
  await week().waitFor();
  expect(await overflowPx(page)).toBeLessThanOrEqual(0);
  expect(await accessibilityFaults(page)).toEqual([]);
  await week().scrollIntoViewIfNeeded();
  await stage.picture('device-week-phone');
  await page.goto(`${url}/topology?last=7d`);
  await page.getByRole('button', { name: /^Anna’s laptop, laptop,/ }).waitFor();
});
