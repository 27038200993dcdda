// A real sensor with the very configuration that the operator made for it: what the engine reports is
// what `kubectl get nmn` shows, and it takes the operator's bundles and nobody else's. Only the container
// around it is left out.
import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUCKET_REPORTED, nodeKey, type Reported, toToken } from '#contracts/nats.ts';
import { OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';
import { eventually } from '#operator/testing/kube-bed.ts';
import { condition, kNamespace, OperatorBed } from '#operator/testing/operator-bed.ts';
import { SIGNATURE_BLOCK_BYTES, signed } from '#signatures/bundle/signature.ts';
import { freePort, startTestProcess, type TestProcess } from '#testkit/process.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';

const kProgram = join(import.meta.dirname, '../bin/netmoth.mjs');
const kNode = 'ip-10-0-0-1.ec2.internal';
const kSecret = 'netmoth-signing';

/** As its pod would, with the files of its ConfigMap in `folder`. */
async function startSensor(folder: string): Promise<TestProcess> {
  const daemonSet = await eventually(() => bed.daemonSet('edge'), 'the DaemonSet');
  const { volumes, containers } = daemonSet.spec.template.spec;
  const path = `/api/v1/namespaces/${kNamespace}/configmaps/${volumes[0].configMap.name}`;
  const { data } = await bed.get(path);
  const config = JSON.parse(data['sensor.json'].replaceAll('/etc/netmoth/', `${folder}/`));
  const here = { dataDir: folder, nats: { ...config.nats, servers: [bed.nats.url] } };
  for (const [name, text] of Object.entries({
    ...data,
    'sensor.json': JSON.stringify({ ...config, ...here }),
  })) {
    writeFileSync(join(folder, name), String(text));
  }
  const [verb, option] = containers[0].args;
  return startTestProcess({
    script: kProgram,
    args: [verb, option, join(folder, 'sensor.json')],
    env: { NETMOTH_SENSOR_NODE: kNode },
  });
}

let bed: OperatorBed;
let metricsPort: number;
beforeAll(async () => {
  bed = await OperatorBed.start({ controllers: false });
  await bed.nodes.add(kNode);
  await bed.operator('one', { more: { SIGNING_SECRET: kSecret } });
  metricsPort = await freePort();
  await bed.applySensor('edge', { capture: { interfaces: ['lo'], ringSizeMiB: 8 }, metricsPort });
}, 180_000);
afterAll(() => bed?.[Symbol.asyncDispose]());

it('a node of a cluster shows what its engine captures', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('capturing takes root');
  using directory = temporaryDirectory('netmoth-sensor');

  await using sensor = await startSensor(directory.path);
  const node = await eventually(async () => {
    const found = await bed.own('netmothsensornodes', `edge.${kNode}`);
    return condition(found, 'CaptureHealthy') === 'True Capturing' ? found : undefined;
  }, 'capture on the node').catch((cause: unknown) => {
    throw new Error(`the sensor said: ${sensor.lines.join(' ')}`, { cause });
  });
  expect(node.status).toMatchObject({
    reporting: 'True',
    interfaces: [{ name: 'lo', strategy: 'afPacket', up: true, workers: 1 }],
  });
  expect(condition(node, 'BusConnected')).toBe('True Connected');
  for (const path of ['/healthz', '/readyz']) {
    expect((await fetch(`http://127.0.0.1:${metricsPort}${path}`)).status).toBe(200);
  }
  sensor.signal('SIGTERM');
  expect((await sensor.exited).code).toBe(0);
}, 120_000);

it('a node takes bundles that the operator signed, and says whose it refuses', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('capturing takes root');
  using directory = temporaryDirectory('netmoth-sensor');
  const rules = 'alert udp any any -> any 9 (msg:"x"; content:"never"; sid:1;)';
  await bed.applySet('base', { source: { inline: { rules } }, rollout: { soakSeconds: 0 } });
  const said = async (text: RegExp): Promise<{ digest: string }> =>
    eventually(async () => {
      const node = await bed.own('netmothsensornodes', `edge.${kNode}`);
      const found = node?.status?.conditions?.find(
        ({ type }: { type: string }) => type === 'SignaturesCurrent',
      );
      const { digest = '' } = (await bed.own('signaturesets', 'base'))?.status ?? {};
      return text.test(`${found?.status} ${found?.reason} ${found?.message}`)
        ? { digest }
        : undefined;
    }, `SignaturesCurrent to be ${text}`);

  const first = await startSensor(directory.path);
  const { digest } = await said(/^True Loaded .* 1 rules match/);
  first.signal('SIGTERM');
  await first.exited;

  const secret = await bed.get(`/api/v1/namespaces/${kNamespace}/secrets/${kSecret}`);
  expect(Object.keys(secret.data).sort()).toEqual(['private.pem', 'public.pem']);
  const connection = await connect({ servers: bed.nats.url });
  const store: ObjectStore = await new Objm(jetstream(connection)).open(OBJECT_STORE_SIGNATURES);
  const ours = Buffer.from((await store.getBlob(digest)) ?? []);
  const content = ours.subarray(0, ours.length - SIGNATURE_BLOCK_BYTES);
  const stranger = generateKeyPairSync('ed25519').privateKey;
  for (const [reason, bytes] of [
    ['BUNDLE_UNSIGNED', content],
    ['BUNDLE_KEY', signed(content, stranger)],
  ] as const) {
    await store.putBlob({ name: digest }, bytes);
    rmSync(join(directory.path, 'sensor/signatures'), { recursive: true });
    await using fooled = await startSensor(directory.path);
    await said(new RegExp(`^False LoadFailed ${reason}`));
    fooled.signal('SIGTERM');
    await fooled.exited;
  }
  await connection.close();
}, 180_000);

it('settings that can change while a sensor runs reach it over NATS and replace no pod', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('capturing takes root');
  using directory = temporaryDirectory('netmoth-sensor');
  await using sensor = await startSensor(directory.path);
  const connection = await connect({ servers: bed.nats.url });
  const before = await bed.daemonSet('edge');
  const apply = async (more: object = {}): Promise<number> => {
    const spec = { capture: { interfaces: ['lo'], ringSizeMiB: 8 }, metricsPort };
    await bed.applySensor('edge', { ...spec, ...more });
    return (await bed.own('netmothsensors', 'edge')).metadata.generation;
  };
  const applied = (generation: number) =>
    eventually(async () => {
      const reports = await new Kvm(connection).open(BUCKET_REPORTED, { allow_direct: true });
      const report = (await reports.get(nodeKey('edge', toToken(kNode))))?.json<Reported>();
      return report?.observedGeneration === generation;
    }, `generation ${generation} to be applied`);
  const engine = { timeouts: { udpNewSeconds: 2 }, disabledProtocols: ['ftp'], dnsVersion: 3 };
  const outputs = { classes: ['alert', 'flow'], flowSampling: 3, batchMaxMs: 500 };
  await applied(await apply({ engine, outputs, logLevel: 'debug' }));
  const said = sensor.lines.find((line) => line.includes('goes on with other settings')) ?? '';
  expect(JSON.parse(said).tuning).toMatchObject({
    ...{ engine: { ...engine, timeouts: { udpNewSeconds: 2, tcpNewSeconds: 60 } } },
    ...{ batchMaxMs: 500, alertMaxMs: 100 },
  });
  expect(sensor.lines.some((line) => line.includes('"level":"debug"'))).toBe(true);
  await applied(await apply());

  const after = await bed.daemonSet('edge');
  expect(after.metadata.generation).toBe(before.metadata.generation);
  const [{ configMap }] = after.spec.template.spec.volumes;
  const { data } = await bed.get(`/api/v1/namespaces/${kNamespace}/configmaps/${configMap.name}`);
  expect(JSON.parse(data['sensor.json'])).toMatchObject({ logLevel: 'info' });
  // What takes a restart replaces the pods.
  await apply({ engine: { maxFlows: 5_000 } });
  await eventually(async () => {
    const { metadata } = await bed.daemonSet('edge');
    return metadata.generation > before.metadata.generation;
  }, 'the DaemonSet to change');
  await connection.close();
}, 180_000);
