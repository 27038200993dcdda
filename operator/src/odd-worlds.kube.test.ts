// What a cluster does to an operator although nobody meant it: definitions of an older version, clocks that are
// wrong, nodes under new names, sensors that lie, sets that contradict each other.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { BUCKET_DESIRED, type Reported } from '#contracts/nats.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { NODES } from './runtime/resource.ts';
import { eventually } from './testing/kube-bed.ts';
import { condition, kNamespace, OperatorBed } from './testing/operator-bed.ts';
import { SimulatedSensors } from './testing/simulated-sensors.ts';

const kManifests = join(import.meta.dirname, '../../crds/manifests');
const kNodes = ['node-0', 'node-1', 'node-2', 'node-3'];
const kFast = { canaryNodes: 0, soakSeconds: 0, maxInProgress: '100%' };
const kDaemonSets = `/apis/apps/v1/namespaces/${kNamespace}/daemonsets`;
const kMinuteMs = 60_000;

let bed: OperatorBed;
let sensors: SimulatedSensors;
beforeAll(async () => {
  bed = await OperatorBed.start({ controllers: false });
  for (const name of kNodes) await addNode(name);
  sensors = new SimulatedSensors(bed.nats.url, 500);
  for (const name of kNodes) sensors.add('edge', name);
  await sensors.start();
}, 120_000);
afterAll(async () => {
  await sensors?.[Symbol.asyncDispose]();
  await bed?.[Symbol.asyncDispose]();
});

function addNode(name: string): Promise<unknown> {
  return bed.client.create(NODES, {
    metadata: { name, labels: { 'kubernetes.io/os': 'linux' } },
  });
}
const rule = (sid: number, msg: string): string =>
  `alert tcp any any -> any 80 (msg:"${msg}"; content:"${msg}"; sid:${sid};)`;
const inline = (...rules: readonly string[]) => ({ inline: { rules: rules.join('\n') } });
const isComplete = (name: string) =>
  eventually(async () => {
    const found = await bed.own('signaturesets', name);
    const seen = found?.status?.observedGeneration === found?.metadata?.generation;
    return seen && condition(found, 'Progressing') === 'False Complete' ? found : undefined;
  }, `${name} to be complete`);
const nodeIs = (node: string, type: string, wanted: string) =>
  eventually(async () => {
    const found = await bed.own('netmothsensornodes', `edge.${node}`);
    return condition(found, type) === wanted ? found : undefined;
  }, `${node} ${type} ${wanted}`);

/** As of a version that did not know these fields. */
function olderDefinitions(
  folder: string,
  fields: Readonly<Record<string, readonly string[]>>,
): string {
  mkdirSync(folder);
  for (const [file, paths] of Object.entries(fields)) {
    const definition = parse(readFileSync(join(kManifests, file), 'utf8'));
    const spec = definition.spec.versions[0].schema.openAPIV3Schema.properties.spec;
    for (const path of paths) {
      const parts = path.split('.');
      const last = parts.pop() ?? '';
      const parent = parts.reduce((at, part) => at.properties[part], spec);
      expect(parent.properties[last], path).toBeDefined();
      delete parent.properties[last];
      delete parent.default?.[last];
      delete spec.default?.[parts[0] ?? '']?.[last];
      const rules: readonly { rule: string }[] = parent['x-kubernetes-validations'] ?? [];
      parent['x-kubernetes-validations'] = rules.filter((each) => !each.rule.includes(last));
    }
    writeFileSync(join(folder, file), stringify(definition));
  }
  return folder;
}

it('definitions of an older version are enough; newer ones restart nothing', async () => {
  using directory = temporaryDirectory('netmoth-crds');
  const older = olderDefinitions(join(directory.path, 'older'), {
    'netmothsensors.netmoth.io.yaml': ['outputs.classes', 'outputs.flowSampling'],
    'signaturesets.netmoth.io.yaml': ['verification'],
  });
  await bed.cluster.applyDefinitions(older);
  await bed.applySensor('edge', {});
  const stored = await bed.own('netmothsensors', 'edge');
  expect(stored.spec.outputs.flowSampling).toBeUndefined();
  await bed.operator('first');
  await bed.applySet('base', { source: inline(rule(1, 'one')), rollout: kFast });
  await isComplete('base');
  const before = await bed.daemonSet('edge');
  await bed.cluster.applyDefinitions(kManifests);
  // What is stored is told with the new defaults from now on, under the same generation.
  await eventually(
    async () => (await bed.own('netmothsensors', 'edge')).spec.outputs.flowSampling === 1,
    'the new definitions to count',
  );
  await bed.applySensor('edge', { outputs: { flowSampling: 2 } });
  await eventually(
    () => sensors.told.some(({ wish }) => wish?.outputs?.flowSampling === 2),
    'the new field to reach nodes',
  );
  const after = await bed.daemonSet('edge');
  expect(after.metadata.generation).toBe(before.metadata.generation);
  expect((await bed.get(kDaemonSets)).items).toHaveLength(1);
}, 120_000);

it('a node whose clock is a minute off, either way, is as fresh as any other', async () => {
  const off = (byMs: number) => (report: Reported) => ({
    ...report,
    reportedAt: new Date(Date.now() + byMs).toISOString(),
    startedAt: new Date(Date.now() + byMs).toISOString().replace(/\d{3}Z$/, '000Z'),
  });
  const started = new Date(Date.now() + kMinuteMs).toISOString();
  sensors.change('edge.node-0', (report) => ({ ...off(kMinuteMs)(report), startedAt: started }));
  sensors.change('edge.node-1', (report) => ({ ...off(-kMinuteMs)(report), startedAt: started }));
  await eventually(async () => {
    const found = await bed.own('netmothsensornodes', 'edge.node-0');
    return found.status.startedAt === started;
  }, 'its report');
  for (const node of ['node-0', 'node-1']) {
    const { status } = await nodeIs(node, 'Reporting', 'True Fresh');
    // Whoever waits for a time of Kubernetes waits for that of the operator's clock.
    for (const { lastTransitionTime } of status.conditions) {
      expect(Date.parse(lastTransitionTime)).toBeLessThan(Date.now() + 1_000);
    }
  }
  await bed.applySet('base', { source: inline(rule(2, 'two')), rollout: kFast });
  expect((await isComplete('base')).status).toMatchObject({ active: 4, failed: 0 });
  for (const key of ['edge.node-0', 'edge.node-1']) sensors.change(key, (report) => report);
}, 90_000);

it('a node that comes back under another name is the new one alone, and has what it should have', async () => {
  const { status } = await bed.own('signaturesets', 'base');
  await bed.cluster.request('DELETE', '/api/v1/nodes/node-3');
  sensors.change('edge.node-3', () => undefined);
  await addNode('node.three');
  sensors.add('edge', 'node.three');
  await nodeIs('node.three', 'SignaturesCurrent', 'True Loaded');
  expect(sensors.digest('edge.node-three')).toBe(status.digest);
  await eventually(
    async () => (await bed.own('netmothsensornodes', 'edge.node-3')) === undefined,
    'the old name to be forgotten',
  );
  const connection = await connect({ servers: bed.nats.url });
  const wishes = await new Kvm(connection).open(BUCKET_DESIRED);
  expect((await wishes.get('edge.node-3'))?.operation).toBe('DEL');
  expect((await wishes.get('edge.node-three'))?.operation).toBe('PUT');
  await connection.close();
  expect((await bed.own('signaturesets', 'base')).status.selected).toBe(4);
}, 90_000);

it('a sensor that claims a bundle nobody told it holds the roll-out, and is shown as it is', async () => {
  const lie = `sha256:${'e'.repeat(64)}`;
  const claim = (report: Reported): Reported => ({
    ...report,
    signatures: { ...report.signatures, state: 'active', digest: lie },
  });
  for (const key of ['edge.node-0', 'edge.node-1', 'edge.node-2', 'edge.node-three']) {
    sensors.change(key, claim);
  }
  const canary = { canaryNodes: 1, soakSeconds: 0 };
  const mark = sensors.told.length;
  await bed.applySet('base', { source: inline(rule(3, 'three')), rollout: canary });
  const set = await eventually(async () => {
    const found = await bed.own('signaturesets', 'base');
    const { latest, rollout } = found.status;
    const isTold = sensors.told.slice(mark).some(({ wish }) => wish?.sets?.['base'] === latest);
    return rollout?.revision === latest && isTold ? found : undefined;
  }, 'the canary to be told');
  expect(condition(set, 'Progressing')).toBe('True RollingOut');
  const told = sensors.told
    .slice(mark)
    .filter(({ wish }) => wish?.sets?.['base'] === set.status.latest);
  expect(told).toHaveLength(1);
  const liar = told[0]?.key === 'edge.node-three' ? 'node.three' : (told[0]?.key.slice(5) ?? '');
  const node = await nodeIs(liar, 'SignaturesCurrent', 'Unknown Pending');
  expect(node.status.signatures).toBe(lie);
  expect(set.status.active).toBe(0);
  for (const key of ['edge.node-0', 'edge.node-1', 'edge.node-2', 'edge.node-three']) {
    sensors.change(key, (report) => report);
  }
  await isComplete('base');
}, 120_000);

it('two sets with the same rule and the same priority: one wins for good, and nobody is told twice', async () => {
  await bed.applySet('aaa', { source: inline(rule(3, 'other')), rollout: kFast });
  await isComplete('aaa');
  const base = await eventually(async () => {
    const found = await bed.own('signaturesets', 'base');
    return found.status.conflicts === 1 ? found : undefined;
  }, 'the conflict');
  expect((await bed.own('signaturesets', 'aaa')).status.conflicts).toBeUndefined();
  await eventually(
    () => new Set(['edge.node-0', 'edge.node-three'].map((key) => sensors.digest(key))).size === 1,
    'all nodes to have the same',
  );
  await isComplete('base');
  const { resourceVersion } = (await bed.own('signaturesets', 'base')).metadata;
  const mark = sensors.told.length;
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  expect(sensors.told.length).toBe(mark);
  expect((await bed.own('signaturesets', 'base')).metadata.resourceVersion).toBe(resourceVersion);
  expect(base.status.active).toBe(4);
}, 90_000);
