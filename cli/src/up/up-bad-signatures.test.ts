/**
 * Rules, lists and bundles that nobody should write, through `netmoth up` and the manager's REST: what is wrong is said
 * with its place, what is sound is matched, memory stays bounded, and what sensors match with goes on.
 */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { pageOf } from '#contracts/rest.ts';
import { faultRowSchema, signatureVersionSchema } from '#contracts/rest-signatures.ts';
import { garbage } from '../testing/garbage.ts';
import { runNetmoth, SAMPLE } from '../testing/run-netmoth.ts';
import { RunningUp } from '../testing/running-up.ts';

const MiB = 1024 * 1024;
const GIB = 1024 * MiB;
const sound = (sid: number) =>
  `alert dns any any -> any any (msg:"sound"; dns.query; content:"."; sid:${sid};)\n`;
const LONG = `alert ip any any -> any any (content:"${'a'.repeat(MiB)}"; sid:1;)\n${sound(20)}`;
const SLOW = 'alert tcp any any -> any any (msg:"slow"; content:"a"; pcre:"/^(a+)+$/"; sid:2;)\n';
const BITS = Array.from(
  { length: 100_000 },
  (_, at) =>
    `alert udp any any -> any any (msg:"m"; flowbits:set,bit${at}; noalert; sid:${at + 1000};)\n`,
).join('');
const BAD_LIST = `192.0.2.1\n${'not an address at all!\n'.repeat(1_000_000)}`;

let dir: string;
let up: RunningUp | undefined;
let bundle: Buffer;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'netmoth-up-bad-'));
  const rules = file('bundle.rules', sound(30));
  const made = await runNetmoth(['rules', 'compile', rules, '-o', join(dir, 'sound.bundle')]);
  expect(made.status).toBe(0);
  bundle = readFileSync(join(dir, 'sound.bundle'));
});
afterAll(async () => {
  await up?.stop();
  rmSync(dir, { recursive: true, force: true });
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

function changed(sound: Buffer, at: number, octet: number): Buffer {
  const bytes = Buffer.from(sound);
  bytes[at] = octet;
  return bytes;
}

/** Made of a sound one. */
const BUNDLES = {
  BUNDLE_VERSION: (sound: Buffer) => changed(sound, 8, 99),
  BUNDLE_ENGINE: (sound: Buffer) => changed(sound, 10, 99),
  BUNDLE_TRUNCATED: (sound: Buffer) => sound.subarray(0, -10),
  BUNDLE_DIGEST: (sound: Buffer) => {
    const at = sound.length >> 1;
    return changed(sound, at, (sound[at] ?? 0) ^ 1);
  },
  BUNDLE_MAGIC: () => garbage(MiB),
} as const;

test.each(Object.entries(BUNDLES))(
  'up --bundle: %s, before anything is started',
  async (code, made) => {
    const path = file(`${code}.bundle`, made(bundle));
    const args = ['up', '--data-dir', join(dir, 'none'), '--pcap', SAMPLE, '--bundle', path];
    const ended = await runNetmoth(args);
    expect(ended).toMatchObject({ status: 65, stdout: '' });
    expect(ended.stderr).toMatch(new RegExp(`^netmoth: .*${code}\\.bundle.*\\[${code}\\].*\\n$`));
  },
);

test('up --rules, --list: faults are told, sound rules fire, in less memory than a file has', {
  timeout: 300_000,
}, async () => {
  const huge = file('huge.rules', sound(10));
  truncateSync(huge, GIB);
  const rules = [
    ...[huge, file('long.rules', LONG), file('slow.rules', SLOW), file('bits.rules', BITS)],
    file('garbage.rules', garbage(2 * MiB)),
  ];
  const list = file('bad.txt', BAD_LIST);
  up = await RunningUp.start(join(dir, 'data'), {
    // Five minutes of packets.
    args: ['--speed', '0.1', ...rules.flatMap((path) => ['--rules', path]), '--list', list],
    env: { NODE_OPTIONS: '--max-old-space-size=768' },
    timeoutMs: 200_000,
  });
  expect(up.output).toMatch(/^huge\.rules:2:1 RULE_TOO_LONG .*65536$/m);
  expect(up.output).toMatch(/^long\.rules:1:1 RULE_TOO_LONG .*65536$/m);
  expect(up.output).toMatch(/^slow\.rules:1:\d+ RULE_PCRE_BACKTRACKING /m);
  expect(up.output).toMatch(/^garbage\.rules:\d+:\d+ RULE_/m);
  expect(up.output.match(/^bad\.txt:\d+:\d+ LIST_ENTRY /gm)).toHaveLength(10_000);
  expect(up.output).toMatch(/^signatures: 100003 rules, \d+ failed$/m);
  expect(up.output).toMatch(/^list bad \(plain\): 1 entries, 1000000 failed/m);
  await up.logIn();
  await up.firesOn(10);
  await up.firesOn(20);
});

function running(): RunningUp {
  if (up === undefined) throw new Error('it was not started');
  return up;
}

const put = (set: string, name: string, content: string | Uint8Array) =>
  running().ask('PUT', `/signatures/sets/${set}/files/${name}`, Buffer.from(content));

async function compiled(set: string): Promise<z.infer<typeof signatureVersionSchema>> {
  const response = await running().ask('POST', `/signatures/sets/${set}/versions`);
  expect(response.status).toBe(201);
  return signatureVersionSchema.parse(await response.json());
}

/** As `file code`. */
async function faultsOf(set: string): Promise<ReadonlySet<string>> {
  const response = await running().ask('GET', `/signatures/sets/${set}/faults?limit=1000`);
  const { items } = pageOf(faultRowSchema).parse(await response.json());
  return new Set(items.map((fault) => `${fault.file}:${fault.line} ${fault.code}`));
}

/** Declares so many octets and sends none. */
function declared(path: string, octets: number): Promise<number | undefined> {
  const { api, headers } = running();
  return new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/octet-stream', 'content-length': octets };
    const upload = request(`${api}${path}`, { method: 'PUT', headers: { ...headers, ...type } });
    upload.on('response', ({ statusCode }) => {
      resolve(statusCode);
      upload.destroy();
    });
    upload.on('error', reject);
    upload.flushHeaders();
  });
}

test('REST: what is too large is refused unread, what is wrong is told and changes nothing', {
  timeout: 300_000,
}, async () => {
  const { ask, firesOn, loaded } = bound(running());
  for (const name of ['good', 'bad', 'odd']) {
    expect((await ask('POST', '/signatures/sets', { name })).status).toBe(201);
  }
  expect((await put('good', 'a.rules', sound(40))).status).toBe(200);
  expect(await compiled('good')).toMatchObject({ loaded: 1 });
  expect((await ask('POST', '/signatures/sets/good/versions/1/activate')).status).toBe(200);
  await loaded('good', 1);
  await firesOn(40);

  expect(await declared('/signatures/sets/bad/files/huge.rules', GIB)).toBe(413);
  expect((await put('bad', 'huge.rules', Buffer.alloc(65 * MiB))).status).toBe(413);
  for (const [name, content] of Object.entries({
    ...{ 'long.rules': LONG, 'slow.rules': SLOW, 'bits.rules': BITS },
    'zz.rules': garbage(MiB),
  })) {
    expect((await put('bad', name, content)).status, name).toBe(200);
  }
  const bad = await compiled('bad');
  expect(bad).toMatchObject({ loaded: 100_002 });
  expect(bad.failed).toBeGreaterThan(100);
  const told = await faultsOf('bad');
  expect(told).toContain('long.rules:1 RULE_TOO_LONG');
  expect(told).toContain('slow.rules:1 RULE_PCRE_BACKTRACKING');
  expect([...told].some((each) => each.startsWith('zz.rules:'))).toBe(true);

  const list = await ask(
    'PUT',
    '/signatures/sets/odd/files/bad.txt?as=list&format=plain',
    Buffer.from(BAD_LIST),
  );
  expect(list.status).toBe(200);
  for (const [name, made] of Object.entries(BUNDLES)) {
    expect((await put('odd', `${name}.bundle`, made(bundle))).status, name).toBe(200);
  }
  const odd = await compiled('odd');
  expect(odd).toMatchObject({ loaded: 0, indicators: 1 });
  expect(odd.errors).toBeGreaterThan(1_000_000);
  // With the database of addresses, of which every manager holds 55 MB.
  expect(running().peakBytes('manager.json')).toBeLessThan(1_400 * MiB);
  await firesOn(40);
  await loaded('good', 1);
});

test('REST: a version that no sensor can load is refused by each, by reason; the old one fires on', {
  timeout: 300_000,
}, async () => {
  const { ask, firesOn, sensors } = bound(running());
  const { store } = JSON.parse(readFileSync(join(dir, 'data/manager.json'), 'utf8'));
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  try {
    for (const [version, reason] of (['BUNDLE_VERSION', 'BUNDLE_DIGEST'] as const).entries()) {
      // As a manager of a newer version would have stored it, or a disk that fails.
      expect((await put('good', 'a.rules', sound(50 + version))).status).toBe(200);
      const { number, digest } = await compiled('good');
      const stored = await client.query<{ bundle: Buffer }>(
        'SELECT bundle FROM signature_versions WHERE digest = $1',
        [digest.slice('sha256:'.length)],
      );
      expect(stored.rowCount).toBe(1);
      const whole = zstdDecompressSync(stored.rows[0]?.bundle ?? '');
      const broken = zstdCompressSync(BUNDLES[reason](whole));
      await client.query('UPDATE signature_versions SET bundle = $2 WHERE digest = $1', [
        ...[digest.slice('sha256:'.length), broken],
      ]);
      const activated = await ask('POST', `/signatures/sets/good/versions/${number}/activate`);
      expect(activated.status).toBe(200);
      await expect.poll(sensors, { timeout: 45_000 }).toMatchObject([
        {
          signatures: { wanted: digest, failure: { code: 'NM_BUNDLE_INVALID', reason, digest } },
          known: { set: 'good', version: 1 },
        },
      ]);
      await firesOn(40);
    }
  } finally {
    await client.end();
  }
});

function bound(one: RunningUp) {
  return {
    ask: one.ask.bind(one),
    firesOn: one.firesOn.bind(one),
    loaded: one.loaded.bind(one),
    sensors: one.sensors.bind(one),
  };
}
