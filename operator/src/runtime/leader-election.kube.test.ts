// Two operators and one Lease, with the real things that go wrong: a leader that is frozen, killed, or
// ends in order.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { startTestProcess, type TestProcess } from '#testkit/process.ts';
import { adminClient, eventually, kQuietLog } from '../testing/kube-bed.ts';
import type { ApiClient } from './api-client.ts';
import { Informer } from './informer.ts';
import { CONFIG_MAPS, type KubeObject, LEASES } from './resource.ts';

interface Board extends KubeObject {
  readonly data?: { readonly identity?: string; readonly n?: string };
}

const kDurationMs = 2_000;
const kContender = join(import.meta.dirname, '../testing/contender.ts');

let cluster: TestCluster;
let client: ApiClient;
/** Who wrote, in the order of the writes. */
const writers: string[] = [];
const stopWatching = new AbortController();
let processes: TestProcess[] = [];

beforeAll(async () => {
  cluster = await startTestCluster();
  client = adminClient(cluster);
  const informer = new Informer<Board, Board>({
    ...{ client, kind: CONFIG_MAPS, namespace: 'default', log: kQuietLog, random: Math.random },
    project: (board) => board,
  });
  informer.onChange(({ after }) => {
    const identity = after?.data?.identity;
    if (identity !== undefined) writers.push(identity);
  });
  void informer.run(stopWatching.signal);
  await informer.synced;
});
afterAll(async () => {
  stopWatching.abort();
  client?.close();
  await cluster?.stop();
});
afterEach(async () => {
  await Promise.all(processes.map((each) => each[Symbol.asyncDispose]()));
  processes = [];
  await client.remove(LEASES, { metadata: { namespace: 'default', name: 'contest' } });
  writers.length = 0;
});

async function contender(identity: string): Promise<TestProcess> {
  const kubeconfig = cluster.files.kubeconfig('admin');
  const started = await startTestProcess({
    script: kContender,
    args: ['--kubeconfig', kubeconfig, '--identity', identity, '--ms', String(kDurationMs)],
  });
  processes.push(started);
  return started;
}

/** Who wrote, with neighbours of the same name as one. */
function terms(): string[] {
  return writers.filter((identity, index) => identity !== writers[index - 1]);
}

describe('LeaderElection', () => {
  it('one leads; when it is frozen the other takes over; thawed it writes nothing more', async () => {
    const first = await contender('first');
    await eventually(() => writers.includes('first'));
    await contender('second');
    await sleep(kDurationMs);
    expect(terms()).toEqual(['first']);
    for (let turn = 0; turn < 3; turn += 1) {
      first.signal('SIGSTOP');
      const before = terms().length;
      await eventually(() => terms().length > before || terms().at(-1) === 'second', 'a takeover');
      first.signal('SIGCONT');
      await sleep(kDurationMs);
      expect(terms()).toEqual(['first', 'second']);
    }
  });

  it('waits for its time when the leader is killed, and not when it ends in order', async () => {
    const first = await contender('first');
    await eventually(() => writers.includes('first'));
    const second = await contender('second');
    await sleep(kDurationMs / 2);
    first.signal('SIGKILL');
    const killedMs = performance.now();
    await eventually(() => writers.includes('second'), 'a takeover');
    expect(performance.now() - killedMs).toBeGreaterThan(kDurationMs / 2);
    await contender('third');
    await sleep(kDurationMs / 2);
    second.signal('SIGTERM');
    await eventually(() => writers.includes('third'), 'a handing over');
    expect(terms()).toEqual(['first', 'second', 'third']);
    const lease = await client.get<KubeObject>(LEASES, { namespace: 'default', name: 'contest' });
    expect(lease).toMatchObject({ spec: { holderIdentity: 'third' } });
  });

  it('stops writing while the API server does not answer, and leads on afterwards', async () => {
    await contender('first');
    await eventually(() => writers.includes('first'));
    cluster.apiServer.freeze();
    await sleep(kDurationMs * 1.5);
    cluster.apiServer.thaw();
    writers.length = 0;
    await eventually(() => writers.includes('first'), 'the leader to come back');
    expect(terms()).toEqual(['first']);
  });
});
