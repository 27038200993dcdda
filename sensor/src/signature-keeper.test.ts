// From a wish to an engine that matches with it: the real engine, compiler and object store.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BundleRefused } from '#contracts/bundle-faults.ts';
import type { LiveEngine } from '#contracts/native.ts';
import { engineConfigFrom, startLive } from '#native/index.ts';
import { signed } from '#signatures/bundle/signature.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { bundleOf, publish } from '../test/bundles.ts';
import { writeUdpCapture } from '../test/capture-file.ts';
import { silentLog } from '../test/pipeline.ts';
import { until } from '../test/stored.ts';
import { BundleCache } from './bundle-cache.ts';
import { fetchBundle } from './bundle-fetch.ts';
import { SignatureKeeper, type SignatureKeeperOptions } from './signature-keeper.ts';

const temporary = temporaryDirectory('netmoth-signatures');
const capture = join(temporary.path, 'slow.pcap');
const engines: LiveEngine[] = [];
let nats: TestNats;
let connection: NatsConnection;
let folders = 0;

beforeAll(async () => {
  writeUdpCapture(capture, { net: 1, flows: 600, gapMicros: 1_000_000 }); // ten minutes
  nats = await startTestNats();
  connection = await connect({ servers: nats.url });
});
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.stop()));
  await connection.close();
  await nats.stop();
  temporary.remove();
});

function newFolder(): string {
  folders += 1;
  return join(temporary.path, `cache-${folders}`);
}

function keeperOf(
  path: string,
  rest: Partial<SignatureKeeperOptions> & { capacityBytes?: number } = {},
): SignatureKeeper {
  const { capacityBytes = 1024 ** 2, ...options } = rest;
  const now = () => new Date();
  return new SignatureKeeper({
    cache: new BundleCache({ path, capacityBytes, now }),
    ...{ bundle: undefined, trusted: [], log: silentLog, now, random: () => 0 },
    fetch: (digest, maxBytes) => fetchBundle(connection, digest, maxBytes),
    ...options,
  });
}

function start(bundlePath: string | undefined): LiveEngine {
  const engine = startLive({
    source: { replay: { path: capture, speed: 1, rebaseTime: true } },
    engine: engineConfigFrom(),
    ...{ alertMaxMs: 100, batchMaxMs: 100, batchMaxBytes: 65_536, queueBatches: 64 },
    ...(bundlePath === undefined ? {} : { bundlePath }),
    onBatch: () => undefined,
    onEnd: () => undefined,
  });
  engines.push(engine);
  return engine;
}

const busAway: SignatureKeeperOptions['fetch'] = () => {
  throw new BundleRefused('BUNDLE_FETCH', 'the bus is away');
};

test('a wish is fetched and matched with, and stays so over a restart without the bus', async () => {
  const [one, two] = [bundleOf(1), bundleOf(2)];
  for (const made of [one, two]) await publish(nats.url, made);
  const path = newFolder();
  const keeper = keeperOf(path, { capacityBytes: 1 });
  const engine = await keeper.startEngine(start);
  expect(keeper.status()).toEqual({ state: 'none', swaps: 0, failures: 0 });
  keeper.want({ digest: one.digest, revision: 'a' });
  expect(keeper.status()).toMatchObject({ wanted: one.digest });
  await keeper.settled();
  keeper.want({ digest: two.digest, revision: 'b' });
  await keeper.settled();
  expect(engine.signatures()?.digest).toBe(two.digest);
  expect(keeper.status()).toMatchObject({
    ...{ state: 'active', digest: two.digest, revision: 'b', rulesLoaded: 1, rulesFailed: 0 },
    ...{ swaps: 2, failures: 0 },
  });
  // The bound lets nothing stay beside what is in use.
  expect(readdirSync(path).toSorted()).toEqual([`${two.digest.slice(7)}.bundle`, 'wanted.json']);
  keeper.stop();

  const again = keeperOf(path, { fetch: busAway });
  expect((await again.startEngine(start)).signatures()?.digest).toBe(two.digest);
  expect(again.status()).toMatchObject({ state: 'active', revision: 'b', failures: 0 });
  // The bus tells the wish again, and then that nothing is wanted any more.
  again.want({ digest: two.digest, revision: 'b' });
  await again.settled();
  expect(again.status()).toMatchObject({ swaps: 1 });
  again.want(undefined);
  await again.settled();
  expect(again.status()).toMatchObject({ state: 'none', failures: 0 });
  expect(existsSync(join(path, 'wanted.json'))).toBe(false);
  again.stop();
});

test('a wish that cannot be remembered is matched with all the same, and remembered later', async () => {
  const made = bundleOf(3);
  await publish(nats.url, made);
  const path = newFolder();
  const wanted = join(path, 'wanted.json');
  mkdirSync(join(wanted, 'in the way'), { recursive: true });
  const keeper = keeperOf(path);
  const engine = await keeper.startEngine(start);
  keeper.want({ digest: made.digest });
  await keeper.settled();
  expect(engine.signatures()?.digest).toBe(made.digest);
  expect(keeper.status()).toMatchObject({ state: 'active', digest: made.digest, failures: 0 });
  rmSync(wanted, { recursive: true });
  keeper.busUp();
  await keeper.settled();
  expect(JSON.parse(readFileSync(wanted, 'utf8'))).toEqual({ digest: made.digest });
  expect(keeper.status()).toMatchObject({ swaps: 1, failures: 0 });
  keeper.stop();
});

test('what is not sound or not signed by a trusted key is refused by reason; the old set stays', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const stranger: KeyObject = generateKeyPairSync('ed25519').privateKey;
  const good = bundleOf(10);
  await publish(nats.url, { digest: good.digest, bytes: signed(good.bytes, privateKey) });
  const keeper = keeperOf(newFolder(), { trusted: [publicKey] });
  const engine = await keeper.startEngine(start);
  keeper.want({ digest: good.digest });
  await keeper.settled();
  expect(keeper.status().state).toBe('active');
  const altered = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };
  const cases: ReadonlyArray<readonly [string, string, (bytes: Buffer) => Buffer]> = [
    ['BUNDLE_UNSIGNED', 'NM_BUNDLE_UNTRUSTED', (bytes) => bytes],
    ['BUNDLE_KEY', 'NM_BUNDLE_UNTRUSTED', (bytes) => signed(bytes, stranger)],
    [
      'BUNDLE_SIGNATURE',
      'NM_BUNDLE_UNTRUSTED',
      (bytes) => signed(bytes, privateKey).subarray(0, -1),
    ],
    [
      'BUNDLE_SIGNATURE',
      'NM_BUNDLE_UNTRUSTED',
      (bytes) => Buffer.concat([signed(bytes, privateKey), Buffer.alloc(1)]),
    ],
    [
      'BUNDLE_SIGNATURE',
      'NM_BUNDLE_UNTRUSTED',
      (bytes) => altered(signed(bytes, privateKey), bytes.length + 100),
    ],
    ['BUNDLE_TRUNCATED', 'NM_BUNDLE_INVALID', (bytes) => bytes.subarray(0, -1)],
    ['BUNDLE_DIGEST', 'NM_BUNDLE_INVALID', (bytes) => altered(signed(bytes, privateKey), 300)],
    ['BUNDLE_OTHER', 'NM_BUNDLE_INVALID', () => signed(good.bytes, privateKey)],
    ['BUNDLE_MAGIC', 'NM_BUNDLE_INVALID', () => Buffer.from('<html>no such page</html>')],
  ];
  for (const [at, [reason, code, change]] of cases.entries()) {
    const { digest, bytes } = bundleOf(100 + at);
    await publish(nats.url, { digest, bytes: change(bytes) });
    keeper.want({ digest });
    await keeper.settled();
    expect(keeper.status()).toMatchObject({
      ...{ state: 'failed', digest: good.digest, wanted: digest },
      failure: { digest, reason, code },
    });
    expect(engine.signatures()?.digest).toBe(good.digest);
  }
  expect(keeper.status().failures).toBe(cases.length);
  const next = bundleOf(200);
  await publish(nats.url, { digest: next.digest, bytes: signed(next.bytes, privateKey) });
  keeper.want({ digest: next.digest });
  await keeper.settled();
  const { failure, ...status } = keeper.status();
  expect(failure).toBeUndefined();
  expect(status).toMatchObject({ state: 'active', digest: next.digest });
  keeper.stop();
});

test('a bundle that is not there yet is tried again until it is', async () => {
  const late = bundleOf(300);
  const keeper = keeperOf(newFolder());
  const engine = await keeper.startEngine(start);
  keeper.want({ digest: late.digest });
  await keeper.settled();
  expect(keeper.status()).toMatchObject({
    state: 'failed',
    failure: { reason: 'BUNDLE_MISSING', code: 'NM_BUNDLE_UNAVAILABLE' },
  });
  await publish(nats.url, late);
  await until('the bundle', () => engine.signatures()?.digest === late.digest);
  keeper.stop();
});

test('a damaged file of the cache is told, not matched with, and fetched anew', async () => {
  const { digest, bytes } = bundleOf(400);
  await publish(nats.url, { digest, bytes });
  const path = newFolder();
  const first = keeperOf(path);
  await first.startEngine(start);
  first.want({ digest });
  await first.settled();
  first.stop();
  const damaged = Buffer.from(bytes).fill(0, 300, 310);
  writeFileSync(join(path, `${digest.slice(7)}.bundle`), damaged);

  const keeper = keeperOf(path);
  expect((await keeper.startEngine(start)).signatures()).toBeUndefined();
  expect(keeper.status()).toMatchObject({ state: 'failed', failure: { reason: 'BUNDLE_DIGEST' } });
  keeper.want({ digest });
  await keeper.settled();
  expect(keeper.status()).toMatchObject({ state: 'active', digest });
  keeper.stop();
});

test('a file of the cache that was damaged while another was in use is fetched anew at once', async () => {
  const [one, two] = [bundleOf(410), bundleOf(411)];
  for (const made of [one, two]) await publish(nats.url, made);
  const path = newFolder();
  const keeper = keeperOf(path);
  const engine = await keeper.startEngine(start);
  for (const { digest } of [one, two]) {
    keeper.want({ digest });
    await keeper.settled();
  }
  const damaged = Buffer.from(one.bytes).fill(0, 300, 310);
  writeFileSync(join(path, `${one.digest.slice(7)}.bundle`), damaged);
  keeper.want({ digest: one.digest });
  await keeper.settled();
  expect(engine.signatures()?.digest).toBe(one.digest);
  expect(keeper.status()).toMatchObject({ state: 'active', failures: 1 });
  keeper.stop();
});

test('a wish that comes just when the one before is done is no less pursued', async () => {
  const [one, two] = [bundleOf(420), bundleOf(421)];
  for (const made of [one, two]) await publish(nats.url, made);
  const waiting = [two.digest];
  const log = Object.assign(Object.create(silentLog), {
    // Two turns after its last word on the one before, the keeper has looked for another and not ended yet.
    debug: () => {
      const digest = waiting.pop();
      const turn = Promise.resolve();
      if (digest !== undefined) void turn.then(() => undefined).then(() => keeper.want({ digest }));
    },
  });
  const keeper: SignatureKeeper = keeperOf(newFolder(), { log });
  const engine = await keeper.startEngine(start);
  keeper.want({ digest: one.digest });
  await until('the second bundle', () => engine.signatures()?.digest === two.digest);
  keeper.stop();
});

test('the bundle of the configuration stands until the bus wants another, and again afterwards', async () => {
  const [mine, theirs] = [bundleOf(500), bundleOf(501)];
  await publish(nats.url, theirs);
  const bundle = join(temporary.path, 'mine.bundle');
  writeFileSync(bundle, mine.bytes);
  const keeper = keeperOf(newFolder(), { bundle });
  const engine = await keeper.startEngine(start);
  expect(engine.signatures()?.digest).toBe(mine.digest);
  writeFileSync(bundle, ''); // what is in use is a copy
  keeper.want({ digest: theirs.digest });
  await keeper.settled();
  expect(keeper.status()).toMatchObject({ state: 'active', digest: theirs.digest });
  writeFileSync(bundle, mine.bytes);
  keeper.want(undefined);
  await keeper.settled();
  expect(keeper.status()).toMatchObject({ state: 'active', digest: mine.digest });
  keeper.stop();
  writeFileSync(bundle, mine.bytes.subarray(0, 50));
  await expect(keeperOf(newFolder(), { bundle }).startEngine(start)).rejects.toMatchObject({
    ...{ code: 'NM_BUNDLE_INVALID', reason: 'BUNDLE_TRUNCATED' },
    message: expect.stringContaining('mine.bundle'),
  });
});
