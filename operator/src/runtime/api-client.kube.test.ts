import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { adminClient, clientOf, serviceAccountKubeconfig } from '../testing/kube-bed.ts';
import type { ApiClient } from './api-client.ts';
import { isApplied, withDigest } from './applied.ts';
import { CONFIG_MAPS, type KubeObject, NODES, SERVICE_ACCOUNTS } from './resource.ts';

let cluster: TestCluster;
let client: ApiClient;
beforeAll(async () => {
  cluster = await startTestCluster({
    // The plain limits, because they answer 429 with Retry-After at once instead of queueing.
    apiServerFlags: [
      '--enable-priority-and-fairness=false',
      '--max-requests-inflight=2',
      '--max-mutating-requests-inflight=2',
    ],
  });
  client = adminClient(cluster);
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

const at = { namespace: 'default', name: 'a' };

describe('ApiClient', () => {
  it('applies, sees that it is applied, and is refused by an old resourceVersion', async () => {
    const wanted = withDigest({ metadata: at, data: { x: '1' } });
    const made = await client.apply<KubeObject>(CONFIG_MAPS, wanted);
    expect(isApplied(wanted, made)).toBe(true);
    const { resourceVersion } = made.metadata;
    const again = await client.apply<KubeObject>(CONFIG_MAPS, wanted);
    expect(again.metadata.resourceVersion).toBe(resourceVersion);
    // Without x in the wish the value goes, because it was ours.
    const less = await client.apply(CONFIG_MAPS, { metadata: at, data: { y: '2' } } as KubeObject);
    expect(less).toMatchObject({ data: { y: '2' } });
    expect(less).not.toHaveProperty('data.x');
    const stale = { metadata: { ...at, ...(resourceVersion && { resourceVersion }) } };
    await expect(client.apply(CONFIG_MAPS, stale)).rejects.toMatchObject({
      ...{ code: 'NM_KUBE_REFUSED', status: 409, reason: 'Conflict', retryable: true },
    });
  });

  it('finds nothing where nothing is, and removes only the object it means', async () => {
    expect(await client.get(CONFIG_MAPS, { namespace: 'default', name: 'none' })).toBeUndefined();
    await client.apply(CONFIG_MAPS, { metadata: { ...at, name: 'b' } });
    await client.remove(CONFIG_MAPS, { metadata: { ...at, name: 'b', uid: 'of-another-life' } });
    const left = await client.get<KubeObject>(CONFIG_MAPS, { ...at, name: 'b' });
    expect(left?.metadata.name).toBe('b');
    await client.remove(CONFIG_MAPS, { metadata: { ...at, name: 'b', ...left?.metadata } });
    expect(await client.get(CONFIG_MAPS, { ...at, name: 'b' })).toBeUndefined();
    await client.remove(CONFIG_MAPS, { metadata: { ...at, name: 'b' } });
  });

  it('waits out 429 as it is told to, and everything is done in the end', async () => {
    const busy = clientOf(await serviceAccountKubeconfig(cluster, 'busy', 'cluster-admin'));
    const names = Array.from({ length: 120 }, (_, index) => `sa-${index}`);
    await Promise.all(
      names.map((name) => busy.apply(SERVICE_ACCOUNTS, { metadata: { ...at, name } })),
    );
    const { body } = await cluster.request('GET', '/api/v1/namespaces/default/serviceaccounts');
    const there = body.items.map((item: KubeObject) => item.metadata.name);
    for (const name of names) expect(there).toContain(name);
    expect(busy.counters.throttled).toBeGreaterThan(0);
    busy.close();
  }, 120_000);

  it('says what a role does not allow, and that nobody answers', async () => {
    const reader = clientOf(await serviceAccountKubeconfig(cluster, 'reader', 'view'));
    await expect(reader.apply(NODES, { metadata: { name: 'n' } })).rejects.toMatchObject({
      ...{ code: 'NM_KUBE_REFUSED', status: 403, reason: 'Forbidden', retryable: false },
    });
    reader.close();
    await cluster.apiServer.kill();
    await expect(client.get(CONFIG_MAPS, at)).rejects.toMatchObject({
      ...{ code: 'NM_KUBE_UNAVAILABLE', retryable: true },
    });
    await cluster.apiServer.start();
  });

  it('sends no write once its budget is used up', async () => {
    let budgetMs = 10_000;
    const guarded = client.guarded(() => budgetMs);
    await guarded.apply(CONFIG_MAPS, { metadata: { ...at, name: 'guarded' } });
    budgetMs = 0;
    const before = client.counters.requests;
    await expect(guarded.remove(CONFIG_MAPS, { metadata: at })).rejects.toMatchObject({
      code: 'NM_NOT_LEADER',
    });
    expect(client.counters.requests).toBe(before);
    expect(await guarded.get(CONFIG_MAPS, { ...at, name: 'guarded' })).toBeDefined();
  });
});
