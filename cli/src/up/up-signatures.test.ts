/** A rule from the dashboard's API to its alert in the store, through a sensor that was running already. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { pageOf, SESSION_COOKIE } from '#contracts/rest.ts';
import { hitRowSchema, signatureOverviewSchema } from '#contracts/rest-signatures.ts';
import { freePort } from '../processes/readiness.ts';
import { PROGRAM, SAMPLE } from '../testing/run-netmoth.ts';

const rule = (sid: number) =>
  `alert dns any any -> any any (msg:"A question"; dns.query; content:"."; sid:${sid}; rev:1;)\n`;
/** Both match the same. */
const TOLD = 4_000_001;
const QUIET = 4_000_002;

let dir: string;
let child: ChildProcess;
let exited: Promise<unknown>;
let output = '';
let api = '';
let cookie = '';

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-up-signatures-'));
  await start();
  const password = /password (\S+)/.exec(output)?.[1];
  const response = await ask('POST', '/session', { user: 'admin', password });
  cookie = response.headers.getSetCookie().find((one) => one.startsWith(SESSION_COOKIE)) ?? '';
}, 120_000);
afterAll(async () => {
  await stop();
  rmSync(dir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const listen = `127.0.0.1:${await freePort()}`;
  api = `http://${listen}/api/v1`;
  output = '';
  // A quarter of the pace: two minutes, so that the rule comes while packets do.
  const args = ['up', '--data-dir', dir, '--listen', listen, '--pcap', SAMPLE, '--speed', '0.25'];
  const started = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [started.stdout, started.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  child = started;
  exited = once(child, 'close');
  await vi.waitUntil(() => output.includes('Ctrl-C'), { timeout: 110_000, interval: 200 });
}

async function stop(): Promise<void> {
  child?.kill('SIGINT');
  await exited;
}

function ask(method: string, path: string, body?: object): Promise<Response> {
  const raw = body instanceof Uint8Array;
  return fetch(`${api}${path}`, {
    method,
    headers: {
      cookie: cookie.split(';')[0] ?? '',
      'sec-fetch-site': 'same-origin',
      ...(body && { 'content-type': raw ? 'application/octet-stream' : 'application/json' }),
    },
    ...(body && { body: raw ? new Uint8Array(body) : JSON.stringify(body) }),
  });
}

const SET = '/signatures/sets/local';

/** The next version, as soon as the sensor that runs has loaded it. */
async function activated(version: number): Promise<void> {
  expect((await ask('POST', `${SET}/versions`)).status).toBe(201);
  expect((await ask('POST', `${SET}/versions/${version}/activate`)).status).toBe(200);
  await loaded(version);
}

async function loaded(version: number): Promise<void> {
  const sensors = async () => {
    const overview = await ask('GET', '/signatures');
    return signatureOverviewSchema.parse(await overview.json()).sensors;
  };
  await expect
    .poll(sensors, { timeout: 45_000 })
    .toMatchObject([
      { signatures: { state: 'active', rulesLoaded: 2 }, known: { set: 'local', version } },
    ]);
}

/** Alerts by signature. */
async function alerts(): Promise<ReadonlyMap<number, number>> {
  const page = await ask('GET', '/signatures/hits?last=1d');
  const { items } = pageOf(hitRowSchema).parse(await page.json());
  return new Map(items.map((hit) => [hit.signature_id, hit.alerts]));
}

const alertsOf = async (sid: number) => (await alerts()).get(sid) ?? 0;

test('what is activated is loaded by the sensor that runs, and fires', {
  timeout: 110_000,
}, async () => {
  expect((await ask('POST', '/signatures/sets', { name: 'local' })).status).toBe(201);
  const file = await ask('PUT', `${SET}/files/local.rules`, Buffer.from(rule(TOLD) + rule(QUIET)));
  expect(file.status).toBe(200);
  await activated(1);
  await expect.poll(() => alertsOf(TOLD), { timeout: 45_000 }).toBeGreaterThan(0);
  await expect.poll(() => alertsOf(QUIET), { timeout: 45_000 }).toBeGreaterThan(0);
});

test('what is suppressed fires no more, also after a new start; what is not still does', {
  timeout: 300_000,
}, async () => {
  const suppress = { track: 'by_either', addresses: '[0.0.0.0/0,::/0]' };
  const put = await ask('PUT', `${SET}/overrides/1/${QUIET}`, { suppress });
  expect(put.status).toBe(200);
  await activated(2);
  await staysQuiet();
  await stop();
  await start();
  const overrides = await ask('GET', `${SET}/overrides`);
  expect(await overrides.json()).toMatchObject({ items: [{ sid: QUIET, suppress }] });
  await loaded(2);
  await staysQuiet();
});

/**
 * Alerts of the version before may be on their way; both rules have as many of those, and they come first. So
 * once one rule is ahead, none of them is left.
 */
async function staysQuiet(): Promise<void> {
  const ahead = async () => {
    const counts = await alerts();
    return (counts.get(TOLD) ?? 0) - (counts.get(QUIET) ?? 0);
  };
  const isAhead = (by: number) => expect.poll(ahead, { timeout: 90_000 }).toBeGreaterThan(by);
  await isAhead(await ahead());
  const quiet = await alertsOf(QUIET);
  await isAhead((await ahead()) + 9);
  expect(await alertsOf(QUIET)).toBe(quiet);
}
