// A real sensor with the very configuration that the operator made for it: what the engine reports is
// what `kubectl get nmn` shows. Only the container around it is left out.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '#operator/testing/kube-bed.ts';
import { condition, kNamespace, OperatorBed } from '#operator/testing/operator-bed.ts';
import { freePort, startTestProcess } from '#testkit/process.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';

const kProgram = join(import.meta.dirname, '../bin/netmoth.mjs');
const kNode = 'ip-10-0-0-1.ec2.internal';

it('a node of a cluster shows what its engine captures', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('capturing takes root');
  await using bed = await OperatorBed.start({ controllers: false });
  using directory = temporaryDirectory('netmoth-sensor');
  await bed.nodes.add(kNode);
  await bed.operator('one');
  const metricsPort = await freePort();
  await bed.applySensor('edge', { capture: { interfaces: ['lo'], ringSizeMiB: 8 }, metricsPort });

  const daemonSet = await eventually(() => bed.daemonSet('edge'), 'the DaemonSet');
  const { volumes, containers } = daemonSet.spec.template.spec;
  const path = `/api/v1/namespaces/${kNamespace}/configmaps/${volumes[0].configMap.name}`;
  const config = JSON.parse((await bed.get(path)).data['sensor.json']);
  const here = { dataDir: directory.path, nats: { ...config.nats, servers: [bed.nats.url] } };
  const file = join(directory.path, 'sensor.json');
  writeFileSync(file, JSON.stringify({ ...config, ...here }));
  const [verb, option] = containers[0].args;
  await using sensor = await startTestProcess({
    script: kProgram,
    args: [verb, option, file],
    env: { NETMOTH_SENSOR_NODE: kNode },
  });

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
