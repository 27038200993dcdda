// A fleet of sensors in real Chromium: a table, worst first, by state and by name, and one of them at the side.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityFaults, overflowPx } from './accessibility.ts';
import { reportFleet } from './bus-writer.ts';
import { DESKTOP, eventually, PHONE, type Stage, startStage } from './stage.ts';

const NODES = 240;
let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
  await stage.logIn();
}, 180_000);
afterAll(() => stage?.dispose());

const rows = () => stage.page.locator('tbody tr');

test('many sensors are a table, worst first, narrowed by state and name', async () => {
  const { page, url } = stage;
  await reportFleet(stage.nats, NODES);
  await page.goto(`${url}/sensors`);
  await page.getByRole('link', { name: `All ${NODES}` }).waitFor();
  // Reports end by themselves where nobody renews them; those of this test live long enough to be looked at.
  await rows().first().getByText('losing').waitFor();
  expect(await rows().count()).toBe(200);
  await stage.picture('fleet');
  await page.getByRole('button', { name: 'Show more' }).click();
  await eventually(() => rows().count()).toBe(NODES);
  await page.getByRole('link', { name: 'losing 24' }).click();
  await eventually(() => rows().count()).toBe(24);
  await page.getByLabel('Search sensors').fill('node-02');
  await eventually(() => rows().count()).toBe(1);
  await rows().first().getByRole('button', { name: 'node-020' }).click();
  const card = page.getByRole('article', { name: 'edge on node-020' });
  await card.getByText('AF_PACKET, 2 workers').waitFor();
  expect(new URL(page.url()).searchParams.get('sensor')).toBe('edge.node-020');
  expect(await accessibilityFaults(page)).toEqual([]);
  await stage.picture('fleet-one');
  await page.setViewportSize(PHONE);
  expect(await overflowPx(page)).toBeLessThanOrEqual(0);
  await page.setViewportSize(DESKTOP);
  await page.getByRole('button', { name: 'Close details' }).click();
  await eventually(() => card.count()).toBe(0);
  expect(stage.complaints()).toEqual([]);
});
