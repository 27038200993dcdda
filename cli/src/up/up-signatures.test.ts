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

const RULE =
  'alert dns any any -> any any (msg:"A question"; dns.query; content:"."; sid:4000001; rev:1;)\n';

let dir: string;
let child: ChildProcess;
let exited: Promise<unknown>;
let output = '';
let api = '';
let cookie = '';

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-up-signatures-'));
  const listen = `127.0.0.1:${await freePort()}`;
  api = `http://${listen}/api/v1`;
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
  const password = /password (\S+)/.exec(output)?.[1];
  const response = await ask('POST', '/session', { user: 'admin', password });
  cookie = response.headers.getSetCookie().find((one) => one.startsWith(SESSION_COOKIE)) ?? '';
}, 120_000);
afterAll(async () => {
  child?.kill('SIGINT');
  await exited;
  rmSync(dir, { recursive: true, force: true });
});

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

test('what is activated is loaded by the sensor that runs, and fires', {
  timeout: 110_000,
}, async () => {
  const set = '/signatures/sets/local';
  expect((await ask('POST', '/signatures/sets', { name: 'local' })).status).toBe(201);
  const file = await ask('PUT', `${set}/files/local.rules`, Buffer.from(RULE));
  expect(file.status).toBe(200);
  expect((await ask('POST', `${set}/versions`)).status).toBe(201);
  expect((await ask('POST', `${set}/versions/1/activate`)).status).toBe(200);
  const sensors = async () => {
    const overview = await ask('GET', '/signatures');
    return signatureOverviewSchema.parse(await overview.json()).sensors;
  };
  await expect
    .poll(sensors, { timeout: 45_000 })
    .toMatchObject([
      { signatures: { state: 'active', rulesLoaded: 1 }, known: { set: 'local', version: 1 } },
    ]);
  const hits = async () => {
    const page = await ask('GET', '/signatures/hits?last=1d');
    return pageOf(hitRowSchema).parse(await page.json()).items;
  };
  await expect
    .poll(hits, { timeout: 45_000 })
    .toMatchObject([{ signature_id: 4_000_001, signature: 'A question' }]);
});
