// What people install, by chart and by kustomize: each way to configure it is rendered, compared with what is kept
// in the clone, and taken by a real API server. Stale: delete charts/netmoth/golden or the file that is
// named, run this test, and look at the difference.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { foreignKinds } from '#testkit/kubernetes/foreign-kinds.ts';
import { helm } from '#testkit/kubernetes/helm.ts';

const kRoot = join(import.meta.dirname, '../..');
const kChart = join(kRoot, 'charts/netmoth');
const kNamespace = 'netmoth-system';
const kHeader = '# Made of charts/netmoth by operator/src/deploy.kube.test.ts; do not edit.\n';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
  await cluster.applyDefinitions(join(kRoot, 'crds/manifests'));
  // Kinds of other operators, as these publish them.
  await cluster.applyDefinitions(await foreignKinds());
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: kNamespace } });
}, 120_000);
afterAll(() => cluster?.stop());

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
      'monitoring.rules=true',
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

/** Switches that none of the above turns; what they give is not kept. */
const kOther: readonly (readonly [name: string, values: readonly string[]])[] = [
  [
    'without manager, policies and identities',
    [
      'manager.enabled=false,networkPolicies.enabled=false,operator.logLevel=debug',
      'operator.leaseSeconds=30,operator.resources.limits.memory=2Gi,signatures.signingSecret=',
      'nats.image=bus:1,nats.storage.size=1Gi,nats.storage.className=fast,nats.resources.limits.cpu=1',
      'monitoring.podMonitors=true,monitoring.interval=10s,monitoring.rules=true',
    ],
  ],
  [
    'with images and storage of its own',
    [
      'image.repository=registry.example/netmoth,image.tag=v1,image.pullPolicy=Always',
      'imagePullSecrets[0].name=pull,database.kind=embedded,database.image=pg:1',
      'database.storage.size=1Gi,database.storage.className=fast,database.resources.limits.cpu=1',
      'manager.logLevel=trace,manager.behindTls=false,manager.resources.requests.cpu=1',
      'ingress.enabled=true,ingress.className=nginx,ingress.host=a.example,ingress.annotations.a=b',
    ],
  ],
  [
    'with five instances and as many managers as there is work',
    [
      'database.kind=cnpg,database.instances=5,manager.autoscaling.enabled=true',
      'manager.autoscaling.maxReplicas=4,manager.autoscaling.cpuPercent=50',
      'gateway.enabled=true,gateway.host=a.example,gateway.parentRefs[0].name=public',
      'gateway.parentRefs[0].namespace=edge,nats.replicas=5',
    ],
  ],
];

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}
function switches(schema: Schema, path = ''): readonly string[] {
  const parts = Object.entries(schema.properties ?? {});
  if (parts.length === 0) return [path];
  return parts.flatMap(([name, part]) => switches(part, path === '' ? name : `${path}.${name}`));
}

describe('charts/netmoth', () => {
  it.each(kOther)('%s, every manifest is taken by the API server', async (_name, values) => {
    await isTaken(await rendered(values));
  });

  it('without managers no alert waits for their metrics, and those of the sensors stay', async () => {
    const text = await rendered(['manager.enabled=false,monitoring.rules=true'], ['monitoring']);
    expect(text).not.toContain('netmoth_manager_');
    expect(text).toContain('alert: NetmothEventsLost');
  });

  it('every switch is turned in one of these', () => {
    const schema = JSON.parse(readFileSync(join(kChart, 'values.schema.json'), 'utf8')) as Schema;
    const turned = [...kCases, ...kOther].flatMap(([, values]) => values.join(',').split(','));
    // Helm's own, which no template reads.
    const all = switches(schema).filter((path) => path !== 'global');
    expect(all.length).toBeGreaterThan(40);
    const unturned = (path: string): boolean =>
      !turned.some((each) => each.startsWith(path) && /^[=.[]/.test(each.slice(path.length)));
    expect(all.filter(unturned)).toEqual([]);
  });

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
    const monitoring = 'monitoring.podMonitors=true,monitoring.rules=true';
    const monitors = await rendered([kExternal, monitoring], ['monitoring']);
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
