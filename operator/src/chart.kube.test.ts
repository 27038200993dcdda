// The chart as helm installs it: the API server takes every manifest, the rights it gives are enough for
// the operator and no more than that, and NATS' users may do what they are for.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helm } from '#testkit/kubernetes/helm.ts';
import { eventually, tokenKubeconfig } from './testing/kube-bed.ts';
import { condition, kNamespace, OperatorBed } from './testing/operator-bed.ts';

const kChart = join(import.meta.dirname, '../../charts/netmoth');
const kDatabase = ['--set', 'manager.databaseSecret=netmoth-db'];

let bed: OperatorBed;
beforeAll(async () => {
  bed = await OperatorBed.start();
}, 120_000);
afterAll(() => bed?.[Symbol.asyncDispose]());

const chart = (verb: readonly string[], ...more: readonly string[]) =>
  helm(bed.cluster, [...verb, 'netmoth', kChart, '--namespace', kNamespace, ...more]);
const passwords = async (): Promise<unknown> =>
  (await bed.get(`/api/v1/namespaces/${kNamespace}/secrets/netmoth-nats-users`)).data;

describe('charts/netmoth', () => {
  it.each([
    ['as it comes', []],
    ['for a trial', ['--set', 'nats.replicas=1,operator.replicas=1,manager.replicas=1']],
    ['with an Ingress', ['--set', 'ingress.enabled=true,ingress.tlsSecret=tls']],
    [
      'with NATS elsewhere',
      [
        '--set',
        'nats.external={nats://bus:4222},nats.externalSecret=a,nats.externalSensorSecret=b',
      ],
    ],
    [
      'without manager and policies',
      ['--set', 'manager.enabled=false,networkPolicies.enabled=false'],
    ],
  ] as const)('%s, every manifest is taken by the API server', async (_name, values) => {
    const { ok, stdout, stderr } = await chart(['template'], ...kDatabase, ...values);
    expect([ok, stderr]).toEqual([true, '']);
    const args = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];
    const applied = await bed.cluster.kubectl(args, stdout);
    expect([applied.ok, applied.stderr]).toEqual([true, '']);
  });

  it.each([
    [[], /manager\.databaseSecret is needed: a Secret with the key url/],
    [[...kDatabase, '--set', 'nats.replicas=2'], /nats.*replicas/s],
    [[...kDatabase, '--set', 'opreator.replicas=2'], /opreator/],
    [[...kDatabase, '--set', 'nats.external={bus:4222}'], /external/],
    [[...kDatabase, '--set', 'nats.external={nats://b:1}'], /nats\.externalSecret is needed/],
  ] as const)('values %j are refused with a sentence', async (values, message) => {
    const { ok, stderr } = await chart(['template'], ...values);
    expect(stderr).toMatch(message);
    expect(ok).toBe(false);
  });

  it('is installed, and upgraded without changing a password', async () => {
    const lint = await helm(bed.cluster, ['lint', kChart, ...kDatabase]);
    expect([lint.ok, lint.stdout]).toEqual([true, expect.stringContaining('0 chart(s) failed')]);
    const installed = await chart(['install'], ...kDatabase);
    expect([installed.ok, installed.stderr]).toEqual([true, '']);
    expect(installed.stdout).toContain('kubectl get nms,nmn');
    const before = await passwords();
    const upgraded = await chart(['upgrade'], ...kDatabase, '--set', 'operator.replicas=3');
    expect([upgraded.ok, upgraded.stderr]).toEqual([true, '']);
    expect(await passwords()).toEqual(before);
  }, 120_000);

  it('its pods are admitted where Pod Security demands `restricted`', async () => {
    const { stdout } = await chart(['template'], ...kDatabase);
    const labels = { 'pod-security.kubernetes.io/warn': 'restricted' };
    const strict = { metadata: { name: 'strict', labels } };
    await bed.cluster.request('POST', '/api/v1/namespaces', strict);
    const manifests = stdout.replaceAll(`namespace: ${kNamespace}`, 'namespace: strict');
    const { stderr } = await bed.cluster.kubectl(
      ['apply', '--dry-run=server', '-f', '-'],
      manifests,
    );
    expect(stderr).not.toMatch(/would violate PodSecurity/);
  });

  it('gives the operator every right it needs', async () => {
    const kubeconfig = await tokenKubeconfig(bed.cluster, kNamespace, 'netmoth-operator');
    const operator = await bed.operator('by-chart', { kubeconfig });
    await bed.nodes.add('node-1');
    await bed.applySensor('edge', {});
    await eventually(async () => {
      const node = await bed.own('netmothsensornodes', 'edge.node-1');
      return condition(node, 'Reporting') === 'True Fresh';
    }, 'a node that reports');
    await bed.applySensor('edge', { logLevel: 'debug' });
    await eventually(async () => {
      const sensor = await bed.own('netmothsensors', 'edge');
      const { observedGeneration } = sensor.status;
      const current = observedGeneration === sensor.metadata.generation;
      return current && condition(sensor, 'Progressing') === 'False Complete';
    }, 'a roll-out');
    await bed.nodes.remove('node-1');
    await eventually(
      async () => (await bed.own('netmothsensornodes', 'edge.node-1')) === undefined,
      'node-1 to be forgotten',
    );
    const { items } = await bed.get('/apis/events.k8s.io/v1/namespaces/default/events');
    expect(items.map((item: { reason: string }) => item.reason)).toContain('Created');
    expect(operator.process.lines.filter((line) => /forbidden/i.test(line))).toEqual([]);
    await bed.cluster.kubectl(['delete', 'nms', '--all']);
  }, 120_000);
});
