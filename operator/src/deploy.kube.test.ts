// What people install, by chart and by kustomize: each way to configure it is rendered, compared with what is kept
// in the clone, and taken by a real API server. Stale: delete charts/netmoth/golden or the file that is
// named, run this test, and look at the difference.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { helm } from '#testkit/kubernetes/helm.ts';

const kRoot = join(import.meta.dirname, '../..');
const kChart = join(kRoot, 'charts/netmoth');
const kNamespace = 'netmoth-system';
const kHeader = '# Made of charts/netmoth by operator/src/deploy.kube.test.ts; do not edit.\n';

/** Kinds of other operators: their names alone, so that what we make of them can be applied. */
const kForeign = [
  ['postgresql.cnpg.io', 'v1', 'Cluster', 'clusters'],
  ['monitoring.coreos.com', 'v1', 'PodMonitor', 'podmonitors'],
  ['gateway.networking.k8s.io', 'v1', 'HTTPRoute', 'httproutes'],
] as const;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
  await cluster.applyDefinitions(join(kRoot, 'crds/manifests'));
  const definitions = kForeign.map(([group, version, kind, plural]) =>
    foreign(group, version, kind, plural),
  );
  const applied = await cluster.kubectl(['apply', '-f', '-'], definitions.join('\n---\n'));
  expect([applied.ok, applied.stderr]).toEqual([true, '']);
  for (const [group, , , plural] of kForeign) {
    await cluster.kubectl(['wait', '--for=condition=Established', `crd/${plural}.${group}`]);
  }
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: kNamespace } });
}, 120_000);
afterAll(() => cluster?.stop());

function foreign(group: string, version: string, kind: string, plural: string): string {
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const spec = {
    ...{ group, scope: 'Namespaced', names: { kind, plural, singular: kind.toLowerCase() } },
    versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: schema } }],
  };
  const approved = {
    'api-approved.kubernetes.io': 'https://github.com/kubernetes/kubernetes/pull/1',
  };
  return JSON.stringify({
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', spec },
    metadata: { name: `${plural}.${group}`, annotations: approved },
  });
}

async function rendered(values: readonly string[], only: readonly string[] = []): Promise<string> {
  const set = values.flatMap((value) => ['--set', value]);
  const shown = only.flatMap((name) => ['-s', `templates/${name}.yaml`]);
  const { ok, stdout, stderr } = await helm(cluster, [
    ...['template', 'netmoth', kChart, '--namespace', kNamespace],
    ...[...set, ...shown],
  ]);
  expect([ok, stderr]).toEqual([true, '']);
  return stdout;
}

/** Passwords are new each time. */
function masked(text: string): string {
  return text.replaceAll(/^( {2}(?:operator|manager|password|url): )[A-Za-z0-9+/=]{20,}$/gm, '$1…');
}

async function isTaken(manifests: string): Promise<void> {
  const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server'];
  const { ok, stderr } = await cluster.kubectl(
    [...args, '--validate=strict', '-f', '-'],
    manifests,
  );
  expect([ok, stderr]).toEqual([true, '']);
}

const kExternal = 'manager.databaseSecret=netmoth-db';
const kCases: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['default', [kExternal]],
  ['trial', ['database.kind=embedded,nats.replicas=1,operator.replicas=1,manager.replicas=1']],
  [
    'production',
    [
      'database.kind=cnpg,monitoring.podMonitors=true,monitoring.labels.release=prometheus',
      'manager.autoscaling.enabled=true,manager.autoscaling.pendingMessages=50000',
      'gateway.enabled=true,gateway.parentRefs[0].name=public',
    ],
  ],
  [
    'external',
    [
      `${kExternal},nats.external={nats://bus:4222},nats.externalSecret=a,nats.externalSensorSecret=b`,
      'secrets.create=false,operator.identity=false,ingress.enabled=true,ingress.tlsSecret=tls',
    ],
  ],
];

describe('charts/netmoth', () => {
  it.each(kCases)('%s is what it was, and is taken by the API server', async (name, values) => {
    const text = await rendered(values);
    await isTaken(text);
    const golden = join(kChart, `golden/${name}.yaml`);
    await expect(masked(text)).toMatchFileSnapshot(golden);
  });

  it.each([
    ['database.kind=sqlite', /database.*kind/s],
    ['gateway.enabled=true,manager.databaseSecret=x', /gateway\.parentRefs is needed/],
    ['database.kind=cnpg,database.instances=1', /instances/],
  ])('%s is refused with a sentence', async (values, message) => {
    const { ok, stderr } = await helm(cluster, ['template', 'netmoth', kChart, '--set', values]);
    expect([ok, stderr]).toEqual([false, expect.stringMatching(message)]);
  });
});

describe('deploy', () => {
  it('is made of the chart', async () => {
    const base = await rendered([kExternal, 'secrets.create=false']);
    const kept = (path: string): string => join(kRoot, 'deploy', path);
    await expect(kHeader + base).toMatchFileSnapshot(kept('base/netmoth.yaml'));
    const database = (kind: string) => rendered([`database.kind=${kind}`], ['database']);
    await expect(kHeader + (await database('embedded'))).toMatchFileSnapshot(
      kept('overlays/kind/database.yaml'),
    );
    await expect(kHeader + (await database('cnpg'))).toMatchFileSnapshot(
      kept('overlays/production/database.yaml'),
    );
    const monitors = await rendered([kExternal, 'monitoring.podMonitors=true'], ['monitoring']);
    await expect(kHeader + monitors).toMatchFileSnapshot(
      kept('overlays/production/monitoring.yaml'),
    );
  });

  it.each(['base', 'overlays/kind', 'overlays/production'])('%s is taken', async (path) => {
    const folder = join(kRoot, 'deploy', path);
    const { ok, stdout, stderr } = await cluster.kubectl(['kustomize', folder]);
    expect([ok, stderr]).toEqual([true, '']);
    await isTaken(stdout);
    // Nothing that is named there is missing there, but for what an overlay's comment names.
    const store = /name: NETMOTH_MANAGER_STORE_URL\n\s+valueFrom:\n\s+secretKeyRef:\n\s+key: (\w+)/;
    expect(store.exec(stdout)?.[1]).toBe(path.endsWith('production') ? 'uri' : 'url');
  });
});
