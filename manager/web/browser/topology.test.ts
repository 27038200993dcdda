// The graph in real Chromium against the real manager: what was published is what is drawn, by mouse, by keyboard
// and as a table, and what happens while one looks comes in by itself.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessibilityFaults, overflowPx } from './accessibility.ts';
import { publishEvents } from './bus-writer.ts';
import { eveTraffic, LAPTOP, PRINTER, SITE } from './eve-traffic.ts';
import { DESKTOP, eventually, PHONE, type Stage, startStage } from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
  await stage.logIn();
  await publishEvents(stage.nats, eveTraffic(Date.now()));
}, 180_000);
afterAll(() => stage?.dispose());
beforeEach(async () => {
  await stage.page.setViewportSize(DESKTOP);
  stage.complaints();
});

const search = () => new URL(stage.page.url()).searchParams;
const node = (name: string) => stage.page.getByRole('button', { name: new RegExp(`^${name},`) });
const panel = (name: string) => stage.page.getByRole('complementary', { name: `About ${name}` });

test('a click opens a node, and leads on to the device', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/topology`);
  await node(LAPTOP).click();
  await panel(LAPTOP).getByText('Talks with 4').waitFor();
  await panel(LAPTOP).getByRole('button', { name: SITE.name }).click();
  await panel(SITE.name).getByText(SITE.ip).waitFor();
  expect(search().get('node')).toBe(`ip:${SITE.ip}`);
  expect(await accessibilityFaults(page)).toEqual([]);
  await stage.picture('topology-chosen');
  await page.keyboard.press('Escape');
  await eventually(() => panel(SITE.name).count()).toBe(0);
  await node(PRINTER).click();
  await panel(PRINTER).getByRole('link', { name: 'All about it' }).click();
  await page.getByRole('heading', { level: 1, name: PRINTER }).waitFor();
  expect(stage.complaints()).toEqual([]);
});

test('with the keyboard: one stop, arrows walk, Enter opens', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/topology`);
  await node(LAPTOP).waitFor();
  const stops = page.locator('[data-node][tabindex="0"]');
  expect(await stops.count()).toBe(1);
  await stops.focus();
  const seen = new Set<string>();
  const focused = () => page.locator('[data-node]:focus').getAttribute('data-node');
  for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) {
    seen.add((await focused()) ?? '');
    await page.keyboard.press(key);
  }
  expect(seen.size).toBeGreaterThan(2);
  expect(await stops.count()).toBe(1);
  const chosen = await focused();
  await page.keyboard.press('Enter');
  await eventually(() => search().get('node')).toBe(chosen);
});

test('as a table the same ties; filters are in the URL and narrow both', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/topology?view=table`);
  const rows = page.locator('tbody tr');
  await rows.first().waitFor();
  expect(await rows.count()).toBe(8);
  await page.getByLabel('Outside').selectOption({ label: 'as one' });
  await eventually(() => rows.count()).toBe(2);
  await page.getByLabel('Outside').selectOption({ label: 'left out' });
  await page.getByText('Nobody talks with anybody here').waitFor();
  expect(search().get('outside')).toBe('none');
  await page.goto(`${url}/topology?view=table&device=${PRINTER}`);
  await eventually(() => rows.count()).toBe(4);
  await page.getByRole('link', { name: 'Show all devices' }).click();
  await eventually(() => rows.count()).toBe(8);
});

test('who begins to talk comes in while one looks', async () => {
  const { page, url, nats } = stage;
  await page.goto(`${url}/topology`);
  await node(LAPTOP).waitFor();
  const [flow] = eveTraffic(Date.now()).filter(({ event_type }) => event_type === 'flow');
  if (flow === undefined) throw new Error('no flow');
  const fresh = { ...flow, flow_id: 99, dest_ip: '198.51.100.99', netmoth: { schema: 1 } };
  await publishEvents(nats, [fresh]);
  await node('198.51.100.99').waitFor();
});

test('on a phone it fits', async () => {
  const { page, url } = stage;
  await page.setViewportSize(PHONE);
  await page.goto(`${url}/topology`);
  await node(LAPTOP).click();
  await panel(LAPTOP).waitFor();
  await stage.picture('topology-phone-chosen');
  expect(await overflowPx(page)).toBeLessThanOrEqual(0);
  expect(await accessibilityFaults(page)).toEqual([]);
});
