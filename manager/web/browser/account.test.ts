// The account and the bad days: tokens, password, log-out, an empty network, a bus and a manager that
// are away. In real Chromium against the real manager.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityFaults } from './accessibility.ts';
import { eventually, type Stage, startStage } from './stage.ts';

const NEXT_PASSWORD = 'a longer way to the lamp';
let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
  await stage.logIn();
}, 180_000);
afterAll(() => stage?.dispose());

test('where nothing is stored yet, every page says what to do', async () => {
  const { page, url } = stage;
  const hints: readonly (readonly [string, string])[] = [
    ['/', 'No traffic in this time range'],
    ['/flows', 'A flow is stored when it ends or falls silent'],
    ['/dns', 'Questions and answers appear when'],
    ['/tls', 'A handshake appears as soon as'],
    ['/http', 'Only unencrypted HTTP is listed here'],
    ['/alerts', 'That is good news'],
    ['/anomalies', 'No malformed packets'],
    ['/signatures', 'No signature fired in this time range'],
    ['/devices', 'A device is listed with its first packet'],
    ['/topology', 'Nobody talks with anybody here'],
    ['/beacons', 'No beacon in this time range'],
    ['/privacy', 'No traffic in this time range'],
    ['/notifications', 'Nobody is told yet'],
    ['/sensors', 'Run “netmoth up” to watch this machine'],
  ];
  for (const [path, hint] of hints) {
    await page.goto(`${url}${path}`);
    await page.getByText(hint).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  }
  await stage.picture('empty-sensors');
  await page.goto(`${url}/nowhere`);
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
});

test('a token is told once, works, and works no longer when revoked', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/settings`);
  await page.getByLabel('Name').fill('grafana');
  await page.getByLabel('Valid for').selectOption({ label: 'a year' });
  await page.getByRole('button', { name: 'Create token' }).click();
  const token = await page.locator('.new-token code').textContent();
  const ask = async () => {
    const answer = await fetch(`${url}/api/v1/flows`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return answer.status;
  };
  expect(await ask()).toBe(200);
  await stage.picture('settings-new-token');
  await page.getByRole('button', { name: 'Revoke token grafana' }).click();
  await page.getByRole('button', { name: 'Revoke “grafana”' }).click();
  await eventually(() => page.locator('.tokens li').count()).toBe(0);
  expect(await ask()).toBe(401);
});

test('the password is changed with the old one, and the new one logs in', async () => {
  const { page, url } = stage;
  await page.goto(`${url}/settings`);
  const change = async (current: string) => {
    await page.getByLabel('Current password').fill(current);
    await page.getByLabel('New password').fill(NEXT_PASSWORD);
    await page.getByRole('button', { name: 'Change password' }).click();
  };
  await change('not the password');
  await page.getByText('The current password is wrong.').waitFor();
  await change('moth to the lamp');
  await page.getByText('Password changed.').waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await page.getByLabel('Password').fill(NEXT_PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
});

test('a session that ends elsewhere leads to the login', async () => {
  const { page, browser, url } = stage;
  const cookies = await browser.cookies();
  await page.goto(`${url}/flows`);
  await page.getByRole('heading', { level: 1, name: 'Flows' }).waitFor();
  await browser.clearCookies();
  // Nobody touches the page: what it asks by itself, the state of the system, brings it about.
  try {
    await page.getByRole('button', { name: 'Log in' }).waitFor();
  } finally {
    await browser.addCookies(cookies);
  }
});

test('a bus that is away is said in the banner, and the banner goes with the trouble', async () => {
  const { page, url, natsServer } = stage;
  await page.goto(`${url}/flows`);
  await page.getByRole('heading', { level: 1, name: 'Flows' }).waitFor();
  await natsServer.pause();
  await page.locator('.banner').getByText('nats').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await stage.picture('degraded');
  await natsServer.start();
  await eventually(() => page.locator('.banner').getByText('nats').count()).toBe(0);
});

test('a store that is away is said where the rows would be', async () => {
  const { page, url, postgres } = stage;
  await page.goto(`${url}/flows`);
  await page.getByRole('heading', { level: 1, name: 'Flows' }).waitFor();
  await postgres.pause();
  await page.goto(`${url}/dns`).catch(() => undefined);
  await page.getByRole('alert').getByText('NM_STORE_UNAVAILABLE').waitFor({ timeout: 50_000 });
  await postgres.start();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { level: 1, name: 'DNS' }).waitFor();
});
