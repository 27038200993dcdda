// The operator as its users meet it: a NetmothSensor is applied, nodes begin to report, something breaks.
// Everything is real but the nodes' machines: API server, controllers, scheduler, NATS, operator process.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './testing/kube-bed.ts';
import {
  condition,
  kNamespace,
  OperatorBed,
  type OperatorProcess,
} from './testing/operator-bed.ts';

/** One as clouds name them: a dot is no character of a NATS subject's token. */
const kNodes = ['node-1', 'node-2', 'node-3.example.net'] as const;
const kCore = `/api/v1/namespaces/${kNamespace}`;

let bed: OperatorBed;
let operator: OperatorProcess;
beforeAll(async () => {
  bed = await OperatorBed.start();
  for (const name of kNodes) await bed.nodes.add(name, { zone: name === 'node-1' ? 'a' : 'b' });
  operator = await bed.operator('first');
}, 120_000);
afterAll(() => bed?.[Symbol.asyncDispose]());

const sensorIs = (type: string, wanted: string) =>
  eventually(
    async () => condition(await bed.own('netmothsensors', 'edge'), type) === wanted,
    wanted,
  );
const nodeIs = (node: string, type: string, wanted: string) =>
  eventually(
    async () => condition(await bed.own('netmothsensornodes', `edge.${node}`), type) === wanted,
    `${node} ${type} ${wanted}`,
  );
/** By the status alone, as `kubectl wait` would: it may never say so too early. */
const isRolledOut = () =>
  eventually(async () => {
    const sensor = await bed.own('netmothsensors', 'edge');
    if (sensor.status.observedGeneration !== sensor.metadata.generation) return false;
    if (condition(sensor, 'Progressing') !== 'False Complete') return false;
    const { spec, status } = await bed.daemonSet('edge');
    const { volumes } = spec.template.spec;
    const config = await bed.get(`${kCore}/configmaps/${volumes[0].configMap.name}`);
    const [wanted = ''] = sensor.spec.capture.interfaces;
    expect(config.data['sensor.json']).toContain(`"interface": "${wanted}"`);
    expect(status.updatedNumberScheduled).toBe(status.desiredNumberScheduled);
    return true;
  }, 'the roll-out');
const configMaps = async (): Promise<string[]> => {
  const { items } = await bed.get(`${kCore}/configmaps`);
  return items
    .map((item: { metadata: { name: string } }) => item.metadata.name)
    .filter((name: string) => name.startsWith('netmoth-sensor-'));
};

describe('the operator', () => {
  it('makes of a NetmothSensor what it says, with no power beyond what it needs', async () => {
    await bed.applySensor('edge', { capture: { interfaces: ['eth0'], workers: 2 } });
    const daemonSet = await eventually(() => bed.daemonSet('edge'), 'a DaemonSet');
    const pod = daemonSet.spec.template.spec;
    expect(pod).toMatchObject({
      ...{ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
      ...{ automountServiceAccountToken: false, priorityClassName: 'system-node-critical' },
      serviceAccountName: 'netmoth-sensor-edge',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      tolerations: [{ operator: 'Exists' }],
    });
    expect(pod).not.toHaveProperty('hostPID');
    expect(pod.containers[0].securityContext).toEqual({
      ...{ runAsUser: 0, privileged: false, allowPrivilegeEscalation: false },
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
    });
    expect(daemonSet.spec.updateStrategy.rollingUpdate.maxUnavailable).toBe('10%');
    for (const path of [
      `${kCore}/serviceaccounts/netmoth-sensor-edge`,
      `${kCore}/services/netmoth-sensor-edge`,
      `/apis/networking.k8s.io/v1/namespaces/${kNamespace}/networkpolicies/netmoth-sensor-edge`,
    ]) {
      const { metadata } = await eventually(() => bed.get(path), path);
      expect(metadata.ownerReferences).toMatchObject([{ kind: 'NetmothSensor', name: 'edge' }]);
    }
  });

  it('tells of every node, as soon as it reports', async () => {
    await sensorIs('Reporting', 'True AllReporting');
    await sensorIs('Available', 'True Ready');
    await sensorIs('CaptureHealthy', 'True Healthy');
    const { status } = await bed.own('netmothsensors', 'edge');
    expect(status).toMatchObject({ desired: 3, ready: 3, updated: 3, reporting: 3, degraded: 0 });
    for (const node of kNodes) {
      await nodeIs(node, 'Reporting', 'True Fresh');
      const object = await bed.own('netmothsensornodes', `edge.${node}`);
      expect(object.spec).toEqual({ sensor: 'edge', node });
      expect(object.status).toMatchObject({ reporting: 'True', version: '0.1.0' });
    }
    const { stdout } = await bed.cluster.kubectl(['get', 'nms,nmn', '--no-headers']);
    expect(stdout).toMatch(/netmothsensor\S*\/edge +3 +3 +3 +0 /);
    expect(stdout).toMatch(/edge\.node-1 +node-1 +edge +True /);
    expect(await operator.status('/readyz')).toBe(200);
  });

  it('writes nothing while nothing changes, however much is reported', async () => {
    await sleep(6_000);
    const before = await operator.metric('api_writes_total');
    const reports = await operator.metric('reports_total');
    await sleep(6_000);
    expect(await operator.metric('reports_total')).toBeGreaterThan(reports + 9);
    // The Lease alone is renewed: every 0.6 s here, at a lease of 3 s.
    expect((await operator.metric('api_writes_total')) - before).toBeLessThanOrEqual(14);
    const { metadata } = await bed.own('netmothsensornodes', 'edge.node-1');
    await sleep(3_000);
    const later = await bed.own('netmothsensornodes', 'edge.node-1');
    expect(later.metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  it('says which node loses packets, and what to do about it', async () => {
    let first: number | undefined;
    bed.nodes.change('node-2', (report) => {
      const { kernelPackets } = report.counters;
      first ??= kernelPackets;
      const kernelDrops = Math.floor((kernelPackets - first) * 0.08);
      return { ...report, counters: { ...report.counters, kernelDrops } };
    });
    await nodeIs('node-2', 'CaptureHealthy', 'False Losing');
    await eventually(async () => {
      const { status } = await bed.own('netmothsensornodes', 'edge.node-2');
      return status.loss === '10%';
    }, 'a loss of 8%, rounded up');
    await sensorIs('Degraded', 'True NodesDegraded');
    await sensorIs('CaptureHealthy', 'False NodesFaulty');
    const sensor = await eventually(async () => {
      const found = await bed.own('netmothsensors', 'edge');
      return found.status.loss === '10%' ? found : undefined;
    });
    expect(sensor.status.degraded).toBe(1);
    const text = JSON.stringify(sensor.status.conditions);
    expect(text).toContain('Something is wrong on 1 of 3 nodes: node-2.');
  });

  it('a node that falls silent is Unknown within 30 seconds, a liar about its name is not heard', async () => {
    bed.nodes.change('node-1', () => undefined);
    bed.nodes.change('node-2', (report) => ({ ...report, node: 'node-1', sensor: 'edge ' }));
    const fromMs = performance.now();
    await nodeIs('node-1', 'Reporting', 'Unknown Silent');
    expect(performance.now() - fromMs).toBeLessThan(30_000);
    await sensorIs('Reporting', 'False Silent');
    bed.nodes.change('node-1', (report) => report);
    bed.nodes.change('node-2', (report) => report);
    await nodeIs('node-1', 'Reporting', 'True Fresh');
    await sensorIs('Reporting', 'True AllReporting');
  }, 90_000);

  it('undoes what somebody changed by hand, and rolls out what the sensor says', async () => {
    const [old] = await configMaps();
    const path = `/apis/apps/v1/namespaces/${kNamespace}/daemonsets/netmoth-sensor-edge`;
    await bed.cluster.request('PATCH', path, {
      spec: { template: { spec: { hostPID: true, priorityClassName: 'system-cluster-critical' } } },
    });
    await eventually(async () => {
      const { template } = (await bed.daemonSet('edge')).spec;
      return template.spec.priorityClassName === 'system-node-critical';
    }, 'the repair');
    await bed.applySensor('edge', { capture: { interfaces: ['eth1'], workers: 2 } });
    await isRolledOut();
    await eventually(async () => {
      const names = await configMaps();
      return names.length === 1 && names[0] !== old;
    }, 'the old ConfigMap to go');
  }, 90_000);

  it('a change with which a node loses packets goes no further, until it does not', async () => {
    const revisionNow = async (): Promise<string> =>
      (await bed.daemonSet('edge')).metadata.annotations['netmoth.io/revision'];
    // A pod that is not ready for so long yet counts as one that is away: all of them would go at once.
    await sleep(17_000);
    const before = await revisionNow();
    const first = new Map<string, number>();
    for (const node of kNodes) {
      bed.nodes.change(node, (report) => {
        const { kernelPackets } = report.counters;
        if (report.revision === before) return report;
        first.set(node, first.get(node) ?? kernelPackets);
        const kernelDrops = Math.floor((kernelPackets - (first.get(node) ?? 0)) * 0.08);
        return { ...report, counters: { ...report.counters, kernelDrops } };
      });
    }
    const update = { maxUnavailable: 1, pauseOnLoss: 5 };
    await bed.applySensor('edge', { capture: { interfaces: ['eth1'], workers: 3 }, update });
    await sensorIs('Progressing', 'True PausedOnLoss');
    expect(await revisionNow()).not.toBe(before);
    await sleep(3_000);
    const { spec, status } = await bed.daemonSet('edge');
    expect([spec.updateStrategy.type, spec.minReadySeconds]).toEqual(['OnDelete', 15]);
    expect(status.updatedNumberScheduled).toBeLessThan(3);
    const { conditions } = (await bed.own('netmothsensors', 'edge')).status;
    expect(JSON.stringify(conditions)).toMatch(
      /no other gets it: node-\S+ lost 5% or more with it/,
    );
    const { items } = await bed.get('/apis/events.k8s.io/v1/namespaces/default/events');
    expect(items.map((item: { reason: string }) => item.reason)).toContain('PausedOnLoss');
    for (const node of kNodes) bed.nodes.change(node, (report) => report);
    await sensorIs('Progressing', 'True RollingOut');
    expect((await bed.daemonSet('edge')).spec.updateStrategy.type).toBe('RollingUpdate');
    // The same without the pause, which is not waited for.
    await bed.applySensor('edge', { capture: { interfaces: ['eth1'], workers: 3 }, update: {} });
    await isRolledOut();
  }, 120_000);

  it('a node that joins is watched, one that leaves is forgotten, one not chosen never known', async () => {
    await bed.nodes.add('node-4');
    await nodeIs('node-4', 'Reporting', 'True Fresh');
    await bed.nodes.remove('node-4');
    await eventually(
      async () => (await bed.own('netmothsensornodes', 'edge.node-4')) === undefined,
      'node-4 to be forgotten',
    );
    await bed.applySensor('zone-a', { nodeSelector: { zone: 'a' }, metricsPort: 9500 });
    await eventually(() => bed.own('netmothsensornodes', 'zone-a.node-1'), 'zone-a.node-1');
    expect(await bed.own('netmothsensornodes', 'zone-a.node-2')).toBeUndefined();
  }, 90_000);

  it('suspended, it captures nowhere and keeps everything else', async () => {
    await bed.applySensor('zone-a', {
      ...{ nodeSelector: { zone: 'a' }, metricsPort: 9500, suspend: true },
    });
    await eventually(async () => {
      const sensor = await bed.own('netmothsensors', 'zone-a');
      return condition(sensor, 'Available') === 'False Suspended' && sensor.status.desired === 0;
    }, 'no pod to be wanted');
    expect(await bed.daemonSet('zone-a')).toBeDefined();
  });

  it('goes on when NATS or the API server went away, without being started again', async () => {
    await bed.nats.kill();
    await sensorIs('Reporting', 'Unknown BusUnreachable');
    await nodeIs('node-1', 'Reporting', 'True Fresh');
    await bed.nats.start();
    await sensorIs('Reporting', 'True AllReporting');
    bed.cluster.apiServer.freeze();
    await sleep(8_000);
    bed.cluster.apiServer.thaw();
    await bed.applySensor('edge', { capture: { interfaces: ['eth2'] } });
    await isRolledOut();
    const { text } = await eventually(async () => {
      const [name] = (await configMaps()).filter((each) => each.includes('edge'));
      const map = await bed.get(`${kCore}/configmaps/${name}`);
      return { text: String(map?.data['sensor.json']) };
    });
    expect(text).toContain('"interface": "eth2"');
    expect(operator.process.lines.filter((line) => line.includes('Operator started'))).toHaveLength(
      1,
    );
  }, 120_000);

  it('is taken over by its second replica when it is killed', async () => {
    const second = await bed.operator('second');
    await eventually(async () => (await second.status('/readyz').catch(() => 0)) === 200, 'ready');
    expect(await second.metric('leading')).toBe(0);
    operator.process.signal('SIGKILL');
    await bed.applySensor('edge', { logLevel: 'debug', capture: { interfaces: ['eth2'] } });
    await eventually(async () => {
      const [name] = (await configMaps()).filter((each) => each.includes('edge'));
      const map = await bed.get(`${kCore}/configmaps/${name}`);
      return String(map?.data['sensor.json']).includes('"logLevel": "debug"');
    }, 'the second replica to act');
    expect(await second.metric('leading')).toBe(1);
    second.process.signal('SIGKILL');
  }, 90_000);

  it('leaves nothing behind when sensors are deleted, even with no operator alive', async () => {
    const { ok } = await bed.cluster.kubectl(['delete', 'nms', '--all']);
    expect(ok).toBe(true);
    await eventually(async () => {
      const own = await bed.get('/apis/netmoth.io/v1alpha1/netmothsensornodes');
      const daemonSets = await bed.get(`/apis/apps/v1/namespaces/${kNamespace}/daemonsets`);
      const pods = await bed.get(`${kCore}/pods`);
      const left = [own, daemonSets, pods].map(({ items }) => items.length);
      return left.join() === '0,0,0' && (await configMaps()).length === 0;
    }, 'everything to go');
    for (const kind of ['serviceaccounts', 'services']) {
      const { items } = await bed.get(`${kCore}/${kind}`);
      const names = items.map((item: { metadata: { name: string } }) => item.metadata.name);
      expect(names.filter((name: string) => name.startsWith('netmoth-'))).toEqual([]);
    }
  }, 90_000);
});
