// What people do with the dashboard, in real Chromium against the real manager: filter, page, look
// closer, export, copy, and all of it by keyboard alone.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { publishEvents } from './bus-writer.ts';
import { ANOMALY, eveTraffic, FLOWS, JA4, LAPTOP, PRINTER, SIGNATURE } from './eve-traffic.ts';
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

const rows = () => stage.page.locator('tbody tr');
const search = () => new URL(stage.page.url()).searchParams;

test('typing a value filters, the filter is in the URL and goes with its chip', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/flows?last=6h`);
  await rows().first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type(PRINTER);
  await page.getByRole('option', { name: `Address is ${PRINTER}` }).waitFor();
  await page.keyboard.press('Enter');
  await eventually(() => search().get('device')).toBe(PRINTER);
  expect(search().get('last')).toBe('6h');
  await eventually(() => rows().count()).toBe(FLOWS / 5);
  for (const text of await rows().allInnerTexts()) expect(text).toContain(PRINTER);
  await page.getByRole('link', { name: `Remove filter Address ${PRINTER}` }).click();
  await eventually(() => rows().count()).toBe(100);
  expect(search().get('device')).toBeNull();
});

test('a click on a value filters by it, the browser goes back', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/tls`);
  await rows().first().getByRole('link', { name: JA4 }).click();
  await eventually(() => search().get('ja4')).toBe(JA4);
  await rows().first().getByRole('link', { name: 'TLS 1.3' }).click();
  await eventually(() => search().get('version')).toBe('TLS 1.3');
  await page.goBack();
  await eventually(() => search().get('version')).toBeNull();
  expect(search().get('ja4')).toBe(JA4);
});

test('anomalies are shown by layer', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/anomalies`);
  await rows().first().waitFor();
  await page.getByRole('link', { name: 'Streams' }).click();
  await page.getByRole('heading', { name: 'No anomalies match these filters' }).waitFor();
  await page.getByRole('link', { name: 'Packets' }).click();
  await rows().first().getByText(ANOMALY).waitFor();
  expect(search().get('type')).toBe('decode');
});

test('a filter that the manager refuses is explained', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/flows?device=nowhere`);
  await page.getByRole('alert').getByText('NM_QUERY_INVALID').waitFor();
  await page.getByRole('alert').getByText('device', { exact: false }).first().waitFor();
  await page.getByRole('link', { name: 'Remove filter Address nowhere' }).click();
  await rows().first().waitFor();
  // The browser itself reports the answer 400.
  expect(stage.complaints().filter((one) => !one.includes('400'))).toEqual([]);
});

test('more rows come with the next page, none twice', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/flows`);
  await eventually(() => rows().count()).toBe(100);
  await page.getByRole('button', { name: 'Load more' }).click();
  await eventually(() => rows().count()).toBe(FLOWS);
  const ids = await rows().evaluateAll((all) => all.map((row) => row.getAttribute('data-row')));
  expect(new Set(ids).size).toBe(FLOWS);
  expect(await page.getByRole('button', { name: 'Load more' }).count()).toBe(0);
});

test('details show every field, the rest of the flow, and copy the community id', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/alerts`);
  await rows().first().locator('.row-open').click();
  const details = page.getByRole('dialog', { name: 'Details of this alert' });
  await details.getByText('Attempted Information Leak').waitFor();
  await details.getByText(SIGNATURE).waitFor();
  await stage.picture('alert-details');
  await details.getByRole('region', { name: 'In the same flow' }).getByText('flows').click();
  await page.getByRole('heading', { level: 1, name: 'Flows' }).waitFor();
  await eventually(() => rows().count()).toBe(1);
  await rows().first().locator('.row-open').click();
  await page.getByRole('button', { name: 'Copy Community id' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^1:[A-Za-z0-9+/]{27}=$/);
  await page.getByRole('dialog', { name: 'Details of this flow' }).getByText(copied).waitFor();
  expect(stage.complaints()).toEqual([]);
});

test('the details follow the arrows and Escape gives the focus back', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/flows`);
  await rows().first().waitFor();
  await rows().first().locator('.row-open').press('Enter');
  await page.getByRole('dialog', { name: 'Details of this flow' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await eventually(() => rows().nth(1).getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('Escape');
  await eventually(() => page.getByRole('dialog').count()).toBe(0);
  const focused = page.locator(':focus');
  expect(await focused.getAttribute('class')).toBe('row-open');
});

test('the export holds every row that the filter keeps', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/flows?device=${LAPTOP}`);
  await rows().first().waitFor();
  const save = async (name: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name, exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`netmoth-flows.${name.toLowerCase()}`);
    return readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
  };
  const ofLaptop = (FLOWS / 5) * 4;
  const csv = await save('CSV');
  expect(csv).toHaveLength(ofLaptop + 1);
  expect(csv[0]).toContain('community_id');
  const lines = (await save('NDJSON')).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toHaveLength(ofLaptop);
  expect(new Set(lines.map((line) => line['src_ip']))).toEqual(new Set([LAPTOP]));
});

test('the time range is chosen, kept in the URL, and holds on every page', async () => {
  const { page, url } = stage;
  await page.goto(url);
  await page.getByRole('button', { name: 'Last hour' }).click();
  await page.getByRole('button', { name: 'Last 24 hours' }).click();
  await eventually(() => search().get('last')).toBe('24h');
  await page.getByRole('link', { name: 'DNS', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'DNS' }).waitFor();
  expect(search().get('last')).toBe('24h');
  await page.getByRole('button', { name: 'Last 24 hours' }).click();
  await page.getByLabel('From').fill('2020-01-01T00:00');
  await page.getByLabel('To', { exact: true }).fill('2020-01-02T00:00');
  await page.getByRole('button', { name: 'Use this range' }).click();
  await page.getByRole('heading', { name: 'No dns in this time range' }).waitFor();
  // The empty state leads to where there is something.
  await page.getByRole('link', { name: /^Go to the newest/ }).click();
  await rows().first().waitFor();
});

test('dragging over the chart looks closer', async () => {
  const { page, url } = stage;
  await page.goto(url);
  const plot = page.locator('.chart .u-over').first();
  const box = await plot.boundingBox();
  if (box === null) throw new Error('the chart has no size');
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 40, { steps: 5 });
  await page.mouse.up();
  await eventually(() => search().get('since')).not.toBeNull();
  const span = Date.parse(search().get('until') ?? '') - Date.parse(search().get('since') ?? '');
  expect(span).toBeGreaterThan(10 * 60_000);
  expect(span).toBeLessThan(20 * 60_000);
});

test('with the keyboard alone: skip link, pages, help, filter, details', async () => {
  const { page, url } = stage;
  await page.goto(url);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  expect(await skip.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await skip.isVisible()).toBe(true);
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');

  await page.keyboard.press('g');
  await page.keyboard.press('f');
  await page.getByRole('heading', { level: 1, name: 'Flows' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await eventually(() => page.getByRole('dialog').count()).toBe(0);

  await page.keyboard.press('/');
  await page.keyboard.type(`port:443`);
  await page.keyboard.press('Enter');
  await eventually(() => search().get('port')).toBe('443');
  await rows().first().waitFor();
  const outlined = () =>
    page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    expect(await outlined()).not.toBe('none');
    if ((await page.locator('.row-open:focus').count()) === 1) break;
  }
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Details of this flow' }).waitFor();
});

test('on a phone the navigation opens, leads on and closes', async () => {
  const { page, url } = stage;
  await page.setViewportSize(PHONE);
  await page.goto(url);
  const flows = page.getByRole('navigation').getByRole('link', { name: 'Flows' });
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  expect(await flows.isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Open navigation' }).click();
  await flows.click();
  await page.getByRole('heading', { level: 1, name: 'Flows' }).waitFor();
  await eventually(() => flows.isVisible()).toBe(false);
});

test('motion stops where the reader asks for it', async () => {
  const { page, url } = stage;
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.setViewportSize(PHONE);
  await page.goto(url);
  const duration = await page
    .locator('.nav')
    .evaluate((element) => getComputedStyle(element).transitionDuration);
  expect(Number.parseFloat(duration)).toBe(0);
  await page.emulateMedia({ reducedMotion: null });
});
