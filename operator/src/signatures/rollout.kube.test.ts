// SignatureSets on a real API server and a real NATS, with the operator as a process: what nodes are told,
// in which order, what people are shown, and what happens when something is wrong.
import { jetstream } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reported } from '#contracts/nats.ts';
import { OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';
import { NODES } from '../runtime/resource.ts';
import { eventually } from '../testing/kube-bed.ts';
import {
  condition,
  kNamespace,
  OperatorBed,
  type OperatorProcess,
} from '../testing/operator-bed.ts';
import { SimulatedSensors } from '../testing/simulated-sensors.ts';

const kNodes = Array.from({ length: 6 }, (_, index) => `node-${index}`);
const kKeys = kNodes.map((node) => `edge.${node}`);

let bed: OperatorBed;
let sensors: SimulatedSensors;
let operator: OperatorProcess;
beforeAll(async () => {
  bed = await OperatorBed.start({ controllers: false });
  for (const name of kNodes) {
    const labels = { 'kubernetes.io/os': 'linux', zone: name === 'node-0' ? 'a' : 'b' };
    await bed.client.create(NODES, { metadata: { name, labels } });
  }
  sensors = new SimulatedSensors(bed.nats.url, 500);
  for (const name of kNodes) sensors.add('edge', name);
  await sensors.start();
  operator = await bed.operator('first');
  await bed.applySensor('edge', {});
}, 120_000);
afterAll(async () => {
  await sensors?.[Symbol.asyncDispose]();
  await bed?.[Symbol.asyncDispose]();
});

const rule = (sid: number, msg = 'x'): string =>
  `alert tcp any any -> any 80 (msg:"${msg}"; content:"${msg}"; sid:${sid};)`;
const inline = (...rules: readonly string[]): object => ({ inline: { rules: rules.join('\n') } });
const kFast = { canaryNodes: 0, soakSeconds: 0, maxInProgress: '100%' };

// biome-ignore lint/suspicious/noExplicitAny: a test looks where it knows there is something.
const set = (name: string): Promise<any> => bed.own('signaturesets', name);
const progress = (name: string, wanted: string) =>
  eventually(async () => {
    const found = await set(name);
    if (found?.status?.observedGeneration !== found?.metadata?.generation) return undefined;
    return condition(found, 'Progressing') === wanted ? found : undefined;
  }, `${name} to be ${wanted}`);
const isComplete = (name: string) => progress(name, 'False Complete');
const allHave = (digest: string) =>
  eventually(() => kKeys.every((key) => sensors.digest(key) === digest), 'all nodes to have it');
const toldSince = (mark: number, revision: string): string[] =>
  sensors.told
    .slice(mark)
    .filter(({ wish }) => Object.values(wish?.sets ?? {}).includes(revision))
    .map(({ key }) => key);

describe('a SignatureSet', () => {
  it('is compiled once and reaches every node; everything that can be asked says so', async () => {
    await bed.applySet(
      'base',
      { source: inline(rule(1)), rollout: kFast },
      {
        'netmoth.io/author': 'ada',
      },
    );
    const { status } = await isComplete('base');
    expect(status).toMatchObject({
      ...{ rules: 1, selected: 6, active: 6, failed: 0, current: status.target },
      history: [{ outcome: 'Complete', author: 'ada', rules: 1, faults: 0 }],
    });
    await allHave(status.digest);
    await eventually(async () => {
      const sensor = await bed.own('netmothsensors', 'edge');
      return condition(sensor, 'SignaturesCurrent') === 'True Current';
    }, 'SignaturesCurrent');
    await eventually(async () => {
      const node = await bed.own('netmothsensornodes', 'edge.node-3');
      return node?.status?.signatures === status.digest;
    }, 'the digest at the node');
    const { stdout } = await bed.cluster.kubectl(['get', 'sigset', 'base', '--no-headers']);
    expect(stdout).toMatch(new RegExp(`^base +${status.target} +${status.target} +6 +0 +True`));
  });

  it('that changes goes to the canary, holds, and then to all', async () => {
    const mark = sensors.told.length;
    const rollout = { canaryNodes: 1, soakSeconds: 3, maxInProgress: '100%' };
    await bed.applySet('base', { source: inline(rule(1), rule(2)), rollout });
    const { status } = await progress('base', 'True Soaking');
    expect(toldSince(mark, status.target)).toHaveLength(1);
    expect(status).toMatchObject({ step: '1/2', active: 1 });
    const done = await isComplete('base');
    await allHave(done.status.digest);
    const [first, ...others] = sensors.told.slice(mark);
    const gap = Math.min(...others.map(({ atMs }) => atMs)) - (first?.atMs ?? 0);
    expect(gap).toBeGreaterThan(2_900);
  });

  it('that a canary cannot load goes back by itself, and says which node, gate and figure', async () => {
    const before = await isComplete('base');
    const mark = sensors.told.length;
    for (const key of kKeys) {
      sensors.refuse(key, (wish) => wish.signatures?.digest !== before.status.digest);
    }
    const rollout = { canaryNodes: 1, soakSeconds: 3 };
    await bed.applySet('base', { source: inline(rule(1), rule(3)), rollout });
    const { status } = await progress('base', 'False RolledBack');
    const told = toldSince(mark, status.latest);
    expect(told).toHaveLength(1);
    expect(status.breach).toMatchObject({ gate: 'failedLoads', node: told[0] });
    expect(status.breach.figure).toContain('1 is the limit');
    expect(status.history[0]).toMatchObject({ revision: status.latest, outcome: 'RolledBack' });
    expect(status.current).toBe(before.status.current);
    for (const key of kKeys) sensors.refuse(key, () => false);
    await eventually(async () => {
      const { items } = await bed.get('/apis/events.k8s.io/v1/namespaces/default/events');
      return items.some(({ reason }: { reason: string }) => reason === 'RolledBack');
    }, 'an event');
    await allHave(before.status.digest);
  });

  it('whose canary loses packets goes back; pinned goes back at once', async () => {
    const { status: before } = await set('base');
    let drops = 0;
    for (const key of kKeys) {
      sensors.change(key, (report: Reported) => {
        const isNew = report.signatures?.digest !== before.digest;
        drops += isNew ? 500 : 0;
        const counters = { ...report.counters, kernelDrops: drops };
        return { ...report, counters };
      });
    }
    await bed.applySet('base', {
      ...{ source: inline(rule(1), rule(4)), rollout: { canaryNodes: 1, soakSeconds: 30 } },
    });
    const { status } = await progress('base', 'False RolledBack');
    expect(status.breach).toMatchObject({ gate: 'lossPercent' });
    for (const key of kKeys) sensors.change(key, (report) => report);
    const first = status.history.at(-1).revision;
    await bed.applySet('base', {
      ...{ source: inline(rule(1), rule(4)), pinnedRevision: first, rollout: { soakSeconds: 600 } },
    });
    const pinned = await progress('base', 'False Pinned');
    expect(pinned.status.current).toBe(first);
    await allHave(pinned.status.digest);
  });

  it('that is no rules is refused with file, line and reason; what runs goes on', async () => {
    const { status: before } = await set('base');
    await bed.applySet('base', { source: inline('<html>', '<body>no</body>'), rollout: kFast });
    const { status } = await eventually(async () => {
      const found = await set('base');
      return condition(found, 'Compiled') === 'False NotRules' ? found : undefined;
    }, 'the refusal');
    expect(status.faults).toContainEqual(
      expect.objectContaining({ file: 'inline.rules', line: 2, reason: expect.any(String) }),
    );
    expect(status.current).toBe(before.current);
    await bed.applySet('base', { source: inline(rule(1), 'alert tcp nonsense'), rollout: kFast });
    const half = await eventually(async () => {
      const found = await set('base');
      return condition(found, 'Compiled') === 'False TooManyFaults' ? found : undefined;
    }, 'the second refusal');
    expect(half.status.faults).toMatchObject([{ file: 'inline.rules', line: 2 }]);
    expect(half.status.current).toBe(before.current);
  });

  it('out of a ConfigMap follows it, by the keys it names', async () => {
    const path = `/api/v1/namespaces/${kNamespace}/configmaps`;
    const data = { 'a.rules': rule(10), 'b.rules': rule(11), 'notes.txt': 'not rules' };
    await bed.cluster.request('POST', path, { metadata: { name: 'rules' }, data });
    const source = { configMapRef: { name: 'rules', keys: '*.rules' } };
    await bed.applySet('base', { source, rollout: kFast });
    const { status } = await isComplete('base');
    expect(status.rules).toBe(2);
    await bed.cluster.request('PATCH', `${path}/rules`, { data: { 'b.rules': rule(12, 'y') } });
    await eventually(async () => {
      const found = await set('base');
      return (
        found.status.current !== status.current &&
        condition(found, 'Progressing') === 'False Complete'
      );
    }, 'the new revision');
  });

  it('beside another is merged by priority; the rule of the lower one that is replaced is counted', async () => {
    await bed.applySet('own', {
      ...{ source: inline(rule(10, 'mine'), rule(20)), priority: 10, rollout: kFast },
    });
    const own = await isComplete('own');
    expect(own.status.conflicts).toBeUndefined();
    const base = await eventually(async () => {
      const found = await set('base');
      return found.status.conflicts === 1 && found.status.active === 6 ? found : undefined;
    }, 'the conflict');
    const digest = sensors.digest('edge.node-1');
    expect([own.status.digest, base.status.digest]).not.toContain(digest);
    await allHave(String(digest));
    await bed.cluster.kubectl(['delete', 'sigset', 'own']);
    await allHave(base.status.digest);
  });

  it('paused tells nobody anything, promoted tells all', async () => {
    const mark = sensors.told.length;
    const paused = { ...kFast, paused: true };
    await bed.applySet('base', { source: inline(rule(30)), rollout: paused });
    const { status } = await progress('base', 'False Paused');
    expect(toldSince(mark, status.latest)).toEqual([]);
    const promote = { canaryNodes: 1, soakSeconds: 600, promote: status.latest };
    await bed.applySet('base', { source: inline(rule(30)), rollout: promote });
    const done = await isComplete('base');
    expect(done.status.current).toBe(status.latest);
  });

  it('keeps as many revisions as asked, in its history and in the store', async () => {
    const limited = { rollout: kFast, historyLimit: 2 };
    for (const sid of [41, 42, 43]) {
      await bed.applySet('base', { source: inline(rule(sid)), ...limited });
      await isComplete('base');
    }
    const { status } = await set('base');
    const kept = status.history.map(({ revision }: { revision: string }) => revision);
    expect(kept).toHaveLength(2);
    const connection = await connect({ servers: bed.nats.url });
    const store = await new Objm(jetstream(connection)).open(OBJECT_STORE_SIGNATURES);
    const packs = async (): Promise<string[]> =>
      (await store.list()).map(({ name }) => name).filter((name) => name.startsWith('pack.'));
    const wanted = kept.map((revision: string) => `pack.${revision}`).sort();
    await eventually(async () => (await packs()).sort().join() === wanted.join(), 'the rest to go');
    const bundles = (await store.list()).filter(({ name }) => name.startsWith('sha256:'));
    expect(bundles.length).toBeLessThanOrEqual(3);
    await connection.close();
  });

  it('chosen for sensors by label leaves the others alone; deleted it is taken from all', async () => {
    await bed.applySet('base', {
      ...{ source: inline(rule(30)), rollout: kFast },
      sensorSelector: { matchLabels: { tier: 'front' } },
    });
    await eventually(
      () => kKeys.every((key) => sensors.digest(key) === undefined),
      'none to be left',
    );
    await bed.cluster.kubectl(['label', 'nms', 'edge', 'tier=front']);
    const { status } = await isComplete('base');
    await allHave(status.digest);
    await bed.cluster.kubectl(['delete', 'sigset', 'base']);
    await eventually(
      () => kKeys.every((key) => sensors.digest(key) === undefined),
      'none to be left',
    );
    expect(await operator.metric('leading')).toBe(1);
  });
});
