// Pods, services and nodes of a real API server as they stand in NATS, through fail-over and outages.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Holder, holdersSchema, identityKey } from '#contracts/identity.ts';
import { BUCKET_IDENTITY } from '#contracts/nats.ts';
import { eventually } from '../testing/kube-bed.ts';
import { OperatorBed, type OperatorProcess } from '../testing/operator-bed.ts';

const kPods = '/api/v1/namespaces/default/pods';

let bed: OperatorBed;
let operator: OperatorProcess;
let connection: NatsConnection;
let bucket: KV;
beforeAll(async () => {
  bed = await OperatorBed.start({ controllers: false });
  connection = await connect({ servers: bed.nats.url });
  bucket = await new Kvm(jetstream(connection)).create(BUCKET_IDENTITY, {
    ...{ history: 1, storage: StorageType.File },
  });
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  await bed.cluster.request('POST', accounts, { metadata: { name: 'default' } });
  operator = await bed.operator('first');
}, 120_000);
afterAll(async () => {
  await connection?.close();
  await bed?.[Symbol.asyncDispose]();
});

async function makePod(name: string, ip: string, more: object = {}): Promise<void> {
  const { status } = await bed.cluster.request('POST', kPods, {
    metadata: { name, labels: { app: 'web' } },
    spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'i' }], ...more },
  });
  expect(status).toBe(201);
  await setStatus(name, { phase: 'Running', podIP: ip, podIPs: [{ ip }] });
}
async function setStatus(name: string, status: object): Promise<void> {
  const startTime = new Date().toISOString();
  const body = { status: { startTime, ...status } };
  const answer = await bed.cluster.request('PATCH', `${kPods}/${name}/status`, body);
  expect(answer.status).toBe(200);
}
const remove = (name: string) =>
  bed.cluster.request('DELETE', `${kPods}/${name}`, { gracePeriodSeconds: 0 });
async function holders(address: string): Promise<readonly Holder[]> {
  const entry = await bucket.get(identityKey(address));
  return entry?.operation === 'PUT' ? holdersSchema.parse(entry.json()) : [];
}
const held = (address: string, name: string) =>
  eventually(async () => {
    const last = (await holders(address)).at(-1);
    return last?.name === name && last.to === undefined ? last : undefined;
  }, `${name} to hold ${address}`);

it('a pod, a service and a node hold their addresses', async () => {
  await makePod('web-1', '10.1.0.1');
  expect(await held('10.1.0.1', 'web-1')).toMatchObject({
    ...{ kind: 'pod', namespace: 'default', node: 'node-1' },
  });
  const { body } = await bed.cluster.request('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  expect(await held(body.spec.clusterIP, 'web')).toMatchObject({ kind: 'service' });
  await bed.nodes.add('node-1');
  const addresses = [{ type: 'InternalIP', address: '192.0.2.1' }];
  await bed.cluster.request('PATCH', '/api/v1/nodes/node-1/status', { status: { addresses } });
  expect(await held('192.0.2.1', 'node-1')).toMatchObject({ kind: 'node' });
});

it('an address that changes hands names both, each for its time', async () => {
  await remove('web-1');
  await eventually(async () => (await holders('10.1.0.1')).at(-1)?.to !== undefined, 'its end');
  await makePod('web-2', '10.1.0.1');
  await held('10.1.0.1', 'web-2');
  const [first, second] = await holders('10.1.0.1');
  expect([first?.name, second?.name]).toEqual(['web-1', 'web-2']);
  expect((first?.to ?? '') <= (second?.from ?? '')).toBe(true);
});

it('a pod that ended holds nothing; one on the network of its node never does', async () => {
  await setStatus('web-2', { phase: 'Succeeded' });
  await eventually(async () => (await holders('10.1.0.1')).at(-1)?.to !== undefined, 'its end');
  await makePod('host', '192.0.2.1', { hostNetwork: true });
  await makePod('after', '10.1.0.9');
  await held('10.1.0.9', 'after');
  expect(await holders('192.0.2.1')).toMatchObject([{ kind: 'node' }]);
});

it('another operator writes only what changed while there was none', async () => {
  operator.process.signal('SIGKILL');
  await remove('after');
  await makePod('new', '10.1.0.10');
  const before = (await bucket.status()).streamInfo.state.last_seq;
  const second = await bed.operator('second');
  await held('10.1.0.10', 'new');
  await eventually(async () => (await holders('10.1.0.9')).at(-1)?.to !== undefined, 'its end');
  // One for the address that was given up, one for the new one.
  expect((await bucket.status()).streamInfo.state.last_seq - before).toBe(2);
  await bed.nats.kill();
  await makePod('newer', '10.1.0.11');
  await bed.nats.start();
  connection = await connect({ servers: bed.nats.url });
  bucket = await new Kvm(jetstream(connection)).open(BUCKET_IDENTITY);
  await held('10.1.0.11', 'newer');
  expect(await second.metric('identity_addresses')).toBeGreaterThan(3);
  // NATS was away and kept what it had: nothing but what changed meanwhile is written.
  expect((await bucket.status()).streamInfo.state.last_seq - before).toBe(3);
}, 90_000);

it('everything is written again where NATS lost it, by accident or by hand', async () => {
  const addresses = ['10.1.0.10', '10.1.0.11', '192.0.2.1'];
  const before = await Promise.all(addresses.map(holders));
  const isBack = async (): Promise<boolean> => {
    const found = await Promise.all(addresses.map((address) => holders(address)));
    return JSON.stringify(found) === JSON.stringify(before);
  };
  await bed.nats.kill();
  rmSync(join(bed.nats.dataDir, 'store'), { recursive: true });
  await bed.nats.start();
  connection = await connect({ servers: bed.nats.url });
  await eventually(async () => {
    bucket = await new Kvm(jetstream(connection)).open(BUCKET_IDENTITY);
    return (await bucket.status().catch(() => undefined)) !== undefined;
  }, 'the bucket');
  await eventually(() => isBack().catch(() => false), 'all addresses');
  await (await jetstreamManager(connection)).streams.delete(`KV_${BUCKET_IDENTITY}`);
  await eventually(() => isBack().catch(() => false), 'all addresses again');
  // Emptied, and there still.
  await (await jetstreamManager(connection)).streams.purge(`KV_${BUCKET_IDENTITY}`);
  await eventually(() => isBack().catch(() => false), 'all addresses once more');
}, 120_000);
