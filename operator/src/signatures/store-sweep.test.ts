// What an operator left in a real object store when it was killed, and what others have there.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import {
  bundleDigestOf,
  OBJECT_STORE_SIGNATURES,
  publishBundle,
} from '#contracts/signature-store.ts';
import { verifySignature } from '#signatures/bundle/signature.ts';
import { loadRules } from '#signatures/check-rules.ts';
import { compile } from '#signatures/compile/compile.ts';
import { startTestNats } from '#testkit/nats.ts';
import { SignatureBus } from './signature-bus.ts';
import { signingKeyOf } from './signing-key.ts';
import { StoreGate } from './store-gate.ts';
import { mergedName, packName } from './store-names.ts';
import { StoreSweep } from './store-sweep.ts';

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;
const kHourMs = 3_600_000;

it('nothing stays but what is referred to, what is young, and what others put there', async () => {
  await using nats = await startTestNats();
  const log = pino({ level: 'silent' });
  const bus = new SignatureBus({
    ...{ servers: [nats.url], replicas: 1, identity: 'me', log, random: () => 0 },
    ...{ writeBudgetMs: () => 60_000, onReady: () => undefined },
  });
  const stop = new AbortController();
  const running = bus.run(stop.signal);
  await expect.poll(() => bus.ready, { timeout: 20_000 }).toBe(true);
  const bytes = Buffer.from('rules');
  for (const letter of ['a', 'b', 'c', 'd', 'e']) await bus.publish(digestOf(letter), bytes);
  for (const revision of ['kept', 'left']) await bus.put(packName(revision), bytes);
  const merge = (set: string) => mergedName([{ set, revision: 'r' }]);
  const merges = { told: 'c', asked: 'd', nobody: 'e' };
  for (const [set, letter] of Object.entries(merges)) {
    await bus.put(merge(set), Buffer.from(JSON.stringify({ digest: digestOf(letter) })));
  }
  const connection = await connect({ servers: nats.url });
  const store = await new Objm(jetstream(connection)).open(OBJECT_STORE_SIGNATURES);
  await publishBundle(store, digestOf('f'), bytes);
  await store.putBlob({ name: 'of somebody else' }, bytes);

  let nowMs = 1_000;
  let wallMs = Date.now();
  const sweep = new StoreSweep({
    ...{ store: bus, log, now: () => nowMs, wallNow: () => new Date(wallMs) },
  });
  const referred = {
    revisions: new Set(['kept']),
    digests: new Set([digestOf('a'), digestOf('c')]),
    merges: new Set([merge('asked')]),
  };
  const names = async (): Promise<string[]> =>
    (await store.list()).map(({ name }) => name).toSorted();
  expect(sweep.due).toBe(true);
  await sweep.sweep(referred);
  const stays = [digestOf('a'), digestOf('c'), digestOf('d'), packName('kept')];
  const others = [digestOf('f'), 'of somebody else', merge('told'), merge('asked')];
  const young = [digestOf('e'), merge('nobody')];
  expect(await names()).toEqual([...stays, ...others, ...young].toSorted());
  expect(sweep.due).toBe(false);

  nowMs += kHourMs;
  wallMs += 2 * kHourMs;
  expect(sweep.due).toBe(true);
  await sweep.sweep(referred);
  expect(await names()).toEqual([...stays, ...others].toSorted());
  await connection.close();
  stop.abort();
  await running;
});

it('what stays is signed with the key of now, whoever signed it before; what is damaged is left', async () => {
  await using nats = await startTestNats();
  const log = pino({ level: 'silent' });
  const keys = [undefined, newKey(), newKey()];
  const text = 'alert udp any any -> any any (msg:"x"; dsize:>0; sid:1;)';
  const loaded = loadRules([{ name: 'a.rules', text }]);
  const { bytes, digest } = compile({ sources: [], variables: {}, loaded, thresholds: [] });
  const name = bundleDigestOf(digest);
  for (const [place, signing] of keys.entries()) {
    const bus = new SignatureBus({
      ...{ servers: [nats.url], replicas: 1, identity: 'me', log, random: () => 0, signing },
      ...{ writeBudgetMs: () => 60_000, onReady: () => undefined },
    });
    const stop = new AbortController();
    const running = bus.run(stop.signal);
    await expect.poll(() => bus.ready, { timeout: 20_000 }).toBe(true);
    if (place === 0) {
      await bus.publish(name, bytes);
      await bus.publish(digestOf('d'), Buffer.from('no bundle'));
    }
    const time = { now: () => 0, wallNow: () => new Date() };
    const sweep = new StoreSweep({ store: bus, log, ...time });
    const digests = new Set([name, digestOf('d')]);
    await sweep.sweep({ revisions: new Set(), digests, merges: new Set() });
    const found = Buffer.from((await bus.get(name)) ?? []);
    if (signing === undefined) expect(found.equals(bytes)).toBe(true);
    else verifySignature(found, [createPublicKey(signing.privateKey)]);
    expect((await bus.list()).find((each) => each.name === name)?.current).toBe(true);
    expect(await bus.has(digestOf('d'))).toBe(true);
    stop.abort();
    await running;
  }
});

function newKey() {
  const { privateKey } = generateKeyPairSync('ed25519');
  return signingKeyOf(String(privateKey.export({ type: 'pkcs8', format: 'pem' })), '');
}

it('nothing is removed while somebody puts, and nobody puts while something is removed', async () => {
  const gate = new StoreGate();
  const order: string[] = [];
  const putting = Promise.withResolvers<void>();
  const removing = Promise.withResolvers<void>();
  const first = gate.put(() => putting.promise);
  expect(await gate.remove(async () => void order.push('never'))).toBe(false);
  putting.resolve();
  await first;
  const removal = gate.remove(async () => {
    await removing.promise;
    order.push('removed');
  });
  const second = gate.put(async () => void order.push('put'));
  removing.resolve();
  expect(await removal).toBe(true);
  await second;
  expect(order).toEqual(['removed', 'put']);
});

it('a removal that fails is no obstacle to those who put', async () => {
  const gate = new StoreGate();
  const failed = gate.remove(() => Promise.reject(new Error('NATS is away')));
  const put = gate.put(async () => 'put');
  await expect(failed).rejects.toThrow('NATS is away');
  expect(await put).toBe('put');
});
