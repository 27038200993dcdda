// A sensor's place in NATS, by the token of its pod: chart, operator, API server and nats-server as they are
// in a cluster. Whoever holds the token of one node can't speak for another, nor read what is meant for it.
import { join } from 'node:path';
import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET_DESIRED, BUCKET_REPORTED, EVENTS_STREAM, sensorInbox } from '#contracts/nats.ts';
import { OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';
import { helm } from '#testkit/kubernetes/helm.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { eventually, tokenKubeconfig } from '../testing/kube-bed.ts';
import { kNamespace, OperatorBed, type OperatorProcess } from '../testing/operator-bed.ts';

const kChart = join(import.meta.dirname, '../../../charts/netmoth');
const kSecret = 'netmoth-nats-callout';
const kCore = `/api/v1/namespaces/${kNamespace}`;
const kRefused = /permissions violation/i;
const kObjects = `OBJ_${OBJECT_STORE_SIGNATURES}`;

let bed: OperatorBed;
let nats: TestNats;
let operator: OperatorProcess;
let admin: NatsConnection;

beforeAll(async () => {
  bed = await OperatorBed.start({ controllers: false });
  const values = ['--set', 'manager.databaseSecret=netmoth-db'];
  const { ok, stderr } = await helm(bed.cluster, [
    ...['install', 'netmoth', kChart, '--namespace', kNamespace],
    ...values,
  ]);
  expect([ok, stderr]).toEqual([true, '']);
  const kubeconfig = await tokenKubeconfig(bed.cluster, kNamespace, 'netmoth-operator');
  const callout = { NATS_CALLOUT_SECRET: kSecret };
  // The first makes the key; NATS is started with its public half, as in the StatefulSet.
  const maker = await bed.operator('maker', { kubeconfig, more: callout });
  const secret = await eventually(() => bed.get(`${kCore}/secrets/${kSecret}`), 'the key');
  maker.process.signal('SIGKILL');
  const { data } = await bed.get(`${kCore}/configmaps/netmoth-nats`);
  const config = String(data['authorization.conf'])
    .replaceAll(/\$(OPERATOR|MANAGER)_PASSWORD/g, (_all, user: string) => user.toLowerCase())
    .replace('$CALLOUT_ISSUER', atob(secret.data.issuer));
  const login = { user: 'operator', pass: 'operator' };
  nats = await startTestNats({ config, credentials: login });
  const users = { NATS_SERVERS: nats.url, NATS_USER: 'operator', NATS_PASSWORD: 'operator' };
  operator = await bed.operator('second', { kubeconfig, more: { ...callout, ...users } });
  admin = await connect({ servers: nats.url, ...login });
  await makeBuckets();
  await bed.applySensor('edge', {});
  await eventually(() => bed.get(`${kCore}/serviceaccounts/netmoth-sensor-edge`), 'its account');
  for (const node of ['node-1', 'node-2']) {
    await bed.nodes.add(node);
    await makePod(`edge-${node}`, node, 'netmoth-sensor-edge');
  }
}, 120_000);
afterAll(async () => {
  await admin?.close();
  await bed?.[Symbol.asyncDispose]();
  await nats?.stop();
});

async function makeBuckets(): Promise<void> {
  const stream = jetstream(admin);
  await (await jetstreamManager(admin)).streams.add({
    ...{ name: EVENTS_STREAM, subjects: ['netmoth.events.>'], storage: StorageType.Memory },
  });
  await new Kvm(stream).create(BUCKET_REPORTED, { storage: StorageType.Memory });
  const desired = await new Kvm(stream).create(BUCKET_DESIRED, { storage: StorageType.File });
  await desired.put('other.node-9', '{"generation":9}');
  await desired.put('other.node-1', '{"generation":1}');
  const objects = await new Objm(stream).create(OBJECT_STORE_SIGNATURES, {
    storage: StorageType.File,
  });
  await objects.putBlob({ name: 'sha256:bundle' }, Buffer.from('rules'));
}

async function makePod(name: string, nodeName: string, serviceAccountName: string): Promise<void> {
  const containers = [{ name: 'sensor', image: 'none.example/x:1' }];
  const spec = { nodeName, serviceAccountName, containers };
  await bed.get(`${kCore}/serviceaccounts/${serviceAccountName}`);
  const { status } = await bed.cluster.request('POST', `${kCore}/pods`, {
    metadata: { name },
    spec: { ...spec, automountServiceAccountToken: false },
  });
  expect(status).toBe(201);
}

/** As the kubelet asks for it. */
async function tokenOf(
  pod: string | undefined,
  account = 'netmoth-sensor-edge',
  audience = 'netmoth',
): Promise<string> {
  const uid = pod && (await bed.get(`${kCore}/pods/${pod}`)).metadata.uid;
  const bound = pod && { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod, uid } };
  const { body, status } = await bed.cluster.request(
    'POST',
    `${kCore}/serviceaccounts/${account}/token`,
    { spec: { audiences: [audience], expirationSeconds: 3_600, ...bound } },
  );
  expect(status).toBe(201);
  return body.status.token;
}

const logIn = (token: string, inbox = sensorInbox('edge', 'node-1')): Promise<NatsConnection> =>
  connect({
    ...{ servers: nats.url, token, inboxPrefix: inbox, reconnect: false, noAsyncTraces: true },
    timeout: 10_000,
  });

describe('with the token of its pod a sensor', () => {
  it('has that token and no other from its DaemonSet', async () => {
    const { spec } = await eventually(() => bed.daemonSet('edge'), 'its DaemonSet');
    const { template } = spec;
    expect(template.spec.automountServiceAccountToken).toBe(false);
    const { volumes, containers } = template.spec;
    const source = { audience: 'netmoth', expirationSeconds: 3_600, path: 'token' };
    expect(volumes).toContainEqual(
      expect.objectContaining({
        projected: expect.objectContaining({ sources: [{ serviceAccountToken: source }] }),
      }),
    );
    const named = containers[0].env.map(({ name }: { name: string }) => name);
    expect(named).toEqual(['NETMOTH_SENSOR_NODE', 'NETMOTH_SENSOR_REVISION']);
    const { configMap } = volumes.find((each: { configMap?: object }) => each.configMap);
    const { data } = await bed.get(`${kCore}/configmaps/${configMap.name}`);
    expect(JSON.parse(data['sensor.json']).nats.tokenFile).toBe(
      `${containers[0].volumeMounts.at(-1).mountPath}/token`,
    );
  });

  it('publishes its events and its report, and reads its wish and bundles', async () => {
    const kNewest = '{"generation":8}';
    const desired = await new Kvm(jetstream(admin)).open(BUCKET_DESIRED);
    const sensor = await logIn(await tokenOf('edge-node-1'));
    const own = jetstream(sensor, { checkAPI: false });
    const published = await own.publish('netmoth.events.edge.node-1.flow', '{}');
    expect(published.stream).toBe(EVENTS_STREAM);
    const buckets = new Kvm(own);
    await (await buckets.open(BUCKET_REPORTED)).put('edge.node-1', '{}');
    await desired.put('edge.node-1', '{"generation":7}');
    const wish = await buckets.open(BUCKET_DESIRED, { allow_direct: true });
    // The operator tells the node its wishes too.
    expect((await wish.get('edge.node-1'))?.json()).toHaveProperty('generation');
    const heard = Promise.withResolvers<string>();
    sensor.subscribe(`$KV.${BUCKET_DESIRED}.edge.node-1`, {
      callback: (error, message) => {
        const text = error?.message ?? message.string();
        if (error !== null || text === kNewest) heard.resolve(text);
      },
    });
    await sensor.flush();
    await desired.put('edge.node-1', kNewest);
    expect(await heard.promise).toBe(kNewest);
    const { direct } = await jetstreamManager(sensor, { checkAPI: false });
    const name = Buffer.from('sha256:bundle').toString('base64');
    const meta = await direct.getMessage(kObjects, {
      last_by_subj: `$O.${OBJECT_STORE_SIGNATURES}.M.${name}`,
    });
    const { nuid } = meta?.json<{ nuid: string }>() ?? { nuid: 'none' };
    const piece = { seq: 1, next_by_subj: `$O.${OBJECT_STORE_SIGNATURES}.C.${nuid}` };
    expect((await direct.getMessage(kObjects, piece))?.string()).toBe('rules');
    await sensor.close();
  });

  it('cannot speak for another node, of its own sensor or of another', async () => {
    const thief = await logIn(await tokenOf('edge-node-1'));
    const stolen = jetstream(thief, { checkAPI: false });
    for (const key of ['edge.node-2', 'other.node-1', 'edge.node-10']) {
      const event = stolen.publish(`netmoth.events.${key}.flow`, '{}');
      await expect(event).rejects.toThrow(kRefused);
      const report = stolen.publish(`$KV.${BUCKET_REPORTED}.${key}`, '{}');
      await expect(report).rejects.toThrow(kRefused);
      const wish = stolen.publish(`$KV.${BUCKET_DESIRED}.${key}`, '{}');
      await expect(wish).rejects.toThrow(kRefused);
    }
    const mine = stolen.publish(`$KV.${BUCKET_DESIRED}.edge.node-1`, '{}');
    await expect(mine).rejects.toThrow(kRefused);
    const bundle = stolen.publish('$O.netmoth-signatures.C.x', 'mine');
    await expect(bundle).rejects.toThrow(kRefused);
    await thief.close();
  });

  it('cannot read what another is told, answers others get, events, or the keys of the house', async () => {
    const thief = await logIn(await tokenOf('edge-node-1'));
    const wishes = await new Kvm(jetstream(thief, { checkAPI: false })).open(BUCKET_DESIRED);
    for (const key of ['edge.node-1', 'edge.node-2', 'other.*', '>']) {
      await expect(wishes.watch({ key }), key).rejects.toThrow(kRefused);
    }
    await expect(wishes.get('other.node-9')).rejects.toThrow(kRefused);
    const manager = await jetstreamManager(thief, { checkAPI: false });
    const own = `$KV.${BUCKET_DESIRED}.edge.node-1`;
    for (const stream of [
      EVENTS_STREAM,
      `KV_${BUCKET_REPORTED}`,
      `KV_${BUCKET_DESIRED}`,
      kObjects,
    ]) {
      const consumer = manager.consumers.add(stream, { name: 'thief' });
      await expect(consumer, stream).rejects.toThrow(kRefused);
      // One that delivers what it may read to a subject it may not publish on.
      const push = {
        ...{
          name: 'thief',
          filter_subject: own,
          deliver_subject: `$KV.${BUCKET_REPORTED}.edge.node-2`,
        },
      };
      await expect(manager.consumers.add(stream, push), stream).rejects.toThrow(kRefused);
    }
    for (const subject of [
      '_INBOX.>',
      `${sensorInbox('edge', 'node-2')}.>`,
      `$KV.${BUCKET_DESIRED}.edge.node-2`,
      `$KV.${BUCKET_DESIRED}.>`,
      '$SYS.>',
      'netmoth.>',
    ]) {
      const heard = new Promise((resolve) => {
        thief.subscribe(subject, { callback: (error) => resolve(String(error)) });
      });
      expect(await heard).toMatch(kRefused);
    }
    await thief.close();
  });
});

describe('nobody is let in', () => {
  const refused = /authorization violation/i;

  it('with no token, a made-up one, or a password of sensors of old', async () => {
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(refused);
    await expect(logIn('made-up')).rejects.toThrow(refused);
    await expect(logIn('e30.e30.e30')).rejects.toThrow(refused);
    const old = connect({ servers: nats.url, user: 'sensor', pass: 'sensor', reconnect: false });
    await expect(old).rejects.toThrow(refused);
  });

  it('with a token for the API, of another account, or of no pod', async () => {
    await expect(
      logIn(await tokenOf('edge-node-1', undefined, 'https://kubernetes.default.svc')),
    ).rejects.toThrow(refused);
    await bed.cluster.request('POST', `${kCore}/serviceaccounts`, { metadata: { name: 'other' } });
    await makePod('other', 'node-1', 'other');
    await expect(logIn(await tokenOf('other', 'other'))).rejects.toThrow(refused);
    await expect(logIn(await tokenOf(undefined))).rejects.toThrow(refused);
  });

  it('with the token of a pod that is gone', async () => {
    await makePod('edge-gone', 'node-2', 'netmoth-sensor-edge');
    const token = await tokenOf('edge-gone');
    await bed.cluster.request('DELETE', `${kCore}/pods/edge-gone`, { gracePeriodSeconds: 0 });
    await expect(logIn(token)).rejects.toThrow(refused);
  });

  it('while the API server does not answer; afterwards as before', async () => {
    const token = await tokenOf('edge-node-2');
    const known = await tokenOf('edge-node-1');
    await (await logIn(known)).close();
    // The chart's rights are enough.
    expect(operator.process.lines.filter((line) => /forbidden/i.test(line))).toEqual([]);
    await bed.cluster.apiServer.kill();
    await expect(logIn(token, sensorInbox('edge', 'node-2'))).rejects.toThrow();
    // It was vouched for a moment ago: an API server that is away does not cut sensors off.
    await (await logIn(known)).close();
    await bed.cluster.apiServer.start();
    const sensor = await eventually(
      () => logIn(token, sensorInbox('edge', 'node-2')).catch(() => undefined),
      'the log-in',
    );
    await sensor.close();
  }, 120_000);

  it('a manager does not hear the tokens of sensors', async () => {
    const manager = await connect({ servers: nats.url, user: 'manager', pass: 'manager' });
    const heard = new Promise((resolve) => {
      manager.subscribe('$SYS.REQ.USER.AUTH', { callback: (error) => resolve(String(error)) });
    });
    expect(await heard).toMatch(kRefused);
    await manager.close();
  });
});
