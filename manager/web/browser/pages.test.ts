// Every page in real Chromium against the real manager, with rows that went over the real bus into the
// real database: what is stored is what is seen, in both themes, on a desk and on a phone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityFaults, overflowPx } from './accessibility.ts';
import { keepReporting, NODE, publishEvents } from './bus-writer.ts';
import { ANOMALY, eveTraffic, FLOWS, JA4, LAPTOP, SIGNATURE, SITE } from './eve-traffic.ts';
import { DESKTOP, eventually, PASSWORD, PHONE, type Stage, startStage } from './stage.ts';

let stage: Stage;
let reporting: Disposable;

beforeAll(async () => {
  stage = await startStage();
  reporting = await keepReporting(stage.nats);
  await publishEvents(stage.nats, eveTraffic(Date.now()));
}, 180_000);
afterAll(async () => {
  reporting?.[Symbol.dispose]();
  await stage?.dispose();
});

test('the login refuses a wrong password and takes the right one', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/flows?port=443`);
  await page.getByLabel('Password').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await stage.picture('login');
  await page.getByLabel('Password').fill('wrong password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('User or password is wrong.').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  // The address that was asked for is where one arrives.
  await page.getByRole('heading', { level: 1, name: 'Flows' }).waitFor();
  expect(new URL(page.url()).search).toBe('?port=443');
});

test('no script, style, font or request comes from elsewhere', async () => {
  const { page, url } = stage;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const answer = await page.goto(url);
  await page.getByRole('img', { name: /^Bandwidth/ }).waitFor();
  expect(answer?.headers()['content-security-policy']).toContain("script-src 'self'");
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((one) => !one.startsWith(url))).toEqual([]);
  page.removeAllListeners('request');
});

/** Path, heading, and texts of stored rows that must be there. */
const PAGES: readonly (readonly [string, string, readonly string[]])[] = [
  ['/', 'Overview', ['Traffic', LAPTOP, SITE.name, SIGNATURE, NODE, '1.00 %']],
  ['/flows', 'Flows', [LAPTOP, SITE.name, 'tls']],
  ['/dns', 'DNS', [SITE.name, 'NOERROR', SITE.ip]],
  ['/tls', 'TLS', ['TLS 1.3', JA4]],
  ['/http', 'HTTP', ['/page/', '404', SITE.name]],
  ['/alerts', 'Alerts', [SIGNATURE, 'Attempted Information Leak']],
  ['/anomalies', 'Anomalies', [ANOMALY, 'decode']],
  ['/signatures', 'Signatures', [SIGNATURE, 'No set of signatures yet', NODE]],
  ['/devices', 'Devices', [LAPTOP]],
  [`/device?ip=${LAPTOP}`, LAPTOP, ['Talks to domains', SITE.name, 'Peers', SITE.ip]],
  ['/privacy', 'Privacy', [LAPTOP, 'Report to print']],
  ['/topology', 'Topology', [LAPTOP, SITE.name, 'outside']],
  ['/sensors', 'Sensors', [NODE, 'losing', 'eth0', 'a ring of 64 MB on eth0']],
  ['/live', 'Live log', ['Waiting for events']],
  ['/settings', 'Settings', ['Logged in as', 'API tokens', 'Change password']],
];

const LOOKS = [
  ['desktop', 'dark', DESKTOP],
  ['desktop', 'light', DESKTOP],
  ['phone', 'dark', PHONE],
  ['phone', 'light', PHONE],
] as const;

describe.each(LOOKS)('%s, %s', (device, theme, viewport) => {
  test.each(PAGES)('%s shows what is stored', async (path, heading, texts) => {
    const { page, url } = stage;
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: theme });
    await page.goto(`${url}${path}`);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    for (const text of texts) {
      await page.locator('main').getByText(text).filter({ visible: true }).first().waitFor();
    }
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    await stage.picture(`${heading.toLowerCase().replaceAll(' ', '-')}-${device}-${theme}`);
    expect(await overflowPx(page)).toBeLessThanOrEqual(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(stage.complaints()).toEqual([]);
  });
});

test('the overview adds up what was published', async () => {
  const { page, url } = stage;
  await page.setViewportSize(DESKTOP);
  await page.goto(url);
  const flows = page.locator('.figure', { hasText: 'Flows' }).locator('dd');
  await eventually(() => flows.textContent()).toBe(String(FLOWS));
});

test('the theme can be chosen and is kept', async () => {
  const { page, url } = stage;
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(url);
  const ground = () =>
    page.evaluate(
      () => getComputedStyle(document.body.parentElement ?? document.body).backgroundColor,
    );
  const dark = await ground();
  await page.getByRole('button', { name: /^Theme/ }).click();
  const light = await ground();
  expect(light).not.toBe(dark);
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  expect(await ground()).toBe(light);
  await page.getByRole('button', { name: /^Theme: light/ }).click();
  await page.getByRole('button', { name: /^Theme: dark/ }).click();
  await page.getByRole('button', { name: /^Theme: system/ }).waitFor();
  expect(await ground()).toBe(dark);
});
