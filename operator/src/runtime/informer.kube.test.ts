// The informer against an API server that is killed, frozen and made to forget.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { adminClient, eventually, kQuietLog } from '../testing/kube-bed.ts';
import type { ApiClient } from './api-client.ts';
import { Informer, type InformerOptions } from './informer.ts';
import { CONFIG_MAPS, type KubeObject } from './resource.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

let cluster: TestCluster;
let client: ApiClient;
let namespace = '';
beforeAll(async () => {
  cluster = await startTestCluster();
  client = adminClient(cluster);
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});
beforeEach(async () => {
  namespace = `n${Math.random().toString(36).slice(2)}`;
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
});

const put = (name: string, v: string): Promise<unknown> =>
  client.apply(CONFIG_MAPS, { metadata: { namespace, name }, data: { v } } as KubeObject);
const drop = (name: string): Promise<void> =>
  client.remove(CONFIG_MAPS, { metadata: { namespace, name } });

function watched(options: Partial<InformerOptions<ConfigMap, ConfigMap>> = {}) {
  const informer = new Informer<ConfigMap, ConfigMap>({
    ...{ client, kind: CONFIG_MAPS, namespace, log: kQuietLog, random: () => 0 },
    project: ({ metadata, data = {} }) => ({ metadata, data }),
    ...options,
  });
  const told: string[] = [];
  informer.onChange(({ key, before, after }) => {
    told.push(`${key.split('/')[1]} ${before?.data?.['v'] ?? '-'}→${after?.data?.['v'] ?? '-'}`);
  });
  let stop = new AbortController();
  let running = informer.run(stop.signal);
  const pause = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  const resume = (): void => {
    stop = new AbortController();
    running = informer.run(stop.signal);
  };
  return { informer, told, pause, resume, end: pause };
}

describe('Informer', () => {
  it('lists by pages, then tells every change once and in order', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await put(name, '1');
    const { informer, told, end } = watched({ pageLimit: 2 });
    await informer.synced;
    expect([informer.size, informer.counters.pages]).toEqual([5, 3]);
    await put('a', '2');
    await drop('b');
    await put('f', '1');
    await eventually(() => told.includes('f -→1'));
    expect(told.slice(5)).toEqual(['a 1→2', 'b 1→-', 'f -→1']);
    expect(informer.counters).toMatchObject({ lists: 1, watches: 1 });
    await end();
  });

  it('goes on after the API server was killed, without listing again', async () => {
    const { informer, told, end } = watched();
    await informer.synced;
    await put('a', '1');
    await cluster.apiServer.kill();
    await cluster.apiServer.start();
    await put('a', '2');
    await eventually(() => told.includes('a 1→2'));
    expect(told).toEqual(['a -→1', 'a 1→2']);
    await end();
  });

  it('sits out an API server that does not move', async () => {
    const { informer, told, end } = watched();
    await informer.synced;
    cluster.apiServer.freeze();
    const late = put('a', '1');
    await sleep(1_500);
    expect(told).toEqual([]);
    cluster.apiServer.thaw();
    await late;
    await eventually(() => told.length > 0);
    expect(told).toEqual(['a -→1']);
    expect(informer.counters).toMatchObject({ lists: 1, watches: 1 });
    await end();
  });

  it('takes up a watch that ended from its last bookmark, although the history before is gone', async () => {
    const { informer, told, end } = watched({ watchSeconds: 6 });
    await informer.synced;
    // All that happens is in another namespace: only bookmarks bring the version forward.
    await eventually(async () => {
      const far = { metadata: { namespace: 'default', name: 'far' }, data: { v: randomUUID() } };
      await client.apply(CONFIG_MAPS, far as KubeObject);
      return informer.counters.bookmarks > 0;
    }, 'a bookmark');
    await cluster.compact();
    await eventually(() => informer.counters.watches > 1, 'a second watch');
    await put('a', '1');
    await eventually(() => told.length > 0);
    expect(informer.counters.lists).toBe(1);
    await end();
  });

  it('lists again after 410, and tells the differences alone', async () => {
    for (const name of ['same', 'changed', 'gone']) await put(name, '1');
    const { informer, told, pause, resume, end } = watched();
    await informer.synced;
    await pause();
    told.length = 0;
    await put('changed', '2');
    await drop('gone');
    await put('new', '1');
    // The API server's own memory of changes goes with it, etcd's by compaction.
    await cluster.apiServer.kill();
    await cluster.compact();
    await cluster.apiServer.start();
    resume();
    await eventually(() => told.length >= 3, 'the differences');
    expect(told.toSorted()).toEqual(['changed 1→2', 'gone 1→-', 'new -→1']);
    expect(informer.counters.lists).toBe(2);
    await end();
  });
});
