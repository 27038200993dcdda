/** A rule from the dashboard's API to its alert in the store, through a sensor that was running already. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunningUp } from '../testing/running-up.ts';

const rule = (sid: number) =>
  `alert dns any any -> any any (msg:"A question"; dns.query; content:"."; sid:${sid}; rev:1;)\n`;
/** Both match the same. */
const TOLD = 4_000_001;
const QUIET = 4_000_002;
const SET = '/signatures/sets/local';

let dir: string;
let up: RunningUp;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-up-signatures-'));
  up = await RunningUp.start(dir);
  await up.logIn();
}, 120_000);
afterAll(async () => {
  await up?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The next version, as soon as the sensor that runs has loaded it. */
async function activated(version: number): Promise<void> {
  expect((await up.ask('POST', `${SET}/versions`)).status).toBe(201);
  expect((await up.ask('POST', `${SET}/versions/${version}/activate`)).status).toBe(200);
  await up.loaded('local', version);
}

test('what is activated is loaded by the sensor that runs, and fires', {
  timeout: 110_000,
}, async () => {
  expect((await up.ask('POST', '/signatures/sets', { name: 'local' })).status).toBe(201);
  const rules = Buffer.from(rule(TOLD) + rule(QUIET));
  expect((await up.ask('PUT', `${SET}/files/local.rules`, rules)).status).toBe(200);
  await activated(1);
  expect(await up.sensors()).toMatchObject([{ signatures: { rulesLoaded: 2 } }]);
  await up.firesOn(TOLD);
  await expect.poll(() => up.alertsOf(QUIET), { timeout: 45_000 }).toBeGreaterThan(0);
});

test('what is suppressed fires no more, also after a new start; what is not still does', {
  timeout: 300_000,
}, async () => {
  const suppress = { track: 'by_either', addresses: '[0.0.0.0/0,::/0]' };
  const put = await up.ask('PUT', `${SET}/overrides/1/${QUIET}`, { suppress });
  expect(put.status).toBe(200);
  await activated(2);
  await staysQuiet();
  await up.stop();
  const { cookie = '' } = up.headers;
  up = await RunningUp.start(dir);
  up.goOnAs(cookie);
  const overrides = await up.ask('GET', `${SET}/overrides`);
  expect(await overrides.json()).toMatchObject({ items: [{ sid: QUIET, suppress }] });
  await up.loaded('local', 2);
  await staysQuiet();
});

/**
 * Alerts of the version before may be on their way; both rules have as many of those, and they come first. So
 * once one rule is ahead, none of them is left.
 */
async function staysQuiet(): Promise<void> {
  const ahead = async () => {
    const counts = await up.alerts();
    return (counts.get(TOLD) ?? 0) - (counts.get(QUIET) ?? 0);
  };
  const isAhead = (by: number) => expect.poll(ahead, { timeout: 90_000 }).toBeGreaterThan(by);
  await isAhead(await ahead());
  const quiet = await up.alertsOf(QUIET);
  await isAhead((await ahead()) + 9);
  expect(await up.alertsOf(QUIET)).toBe(quiet);
}
