// Operator and sensor meet in a file: what the one writes, the other's own parser takes.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { NetmothSensor } from '#crds/kinds.ts';
import { API_VERSION } from '#crds/kubernetes-types.ts';
import { sensorSpecSchema } from '#crds/sensor.ts';
import { liveWish } from '#operator/sensor/live-settings.ts';
import { sensorConfig } from '#operator/sensor/sensor-config.ts';
import type { SensorSettings } from '#operator/sensor/settings.ts';
import { loadConfig } from '#sensor/config.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';

const kSettings = {
  ...{ namespace: 'n', image: 'i', natsServers: ['nats://netmoth-nats:4222'] },
  ...{ natsSecret: 'secret', natsReplicas: 3 },
};

function taken(spec: object, settings: Partial<SensorSettings> = {}) {
  using directory = temporaryDirectory();
  const sensor: NetmothSensor = {
    ...{ apiVersion: API_VERSION, kind: 'NetmothSensor', metadata: { name: 'edge' } },
    spec: sensorSpecSchema.parse(spec),
  };
  const path = join(directory.path, 'sensor.json');
  const { text, keys } = sensorConfig(sensor, { ...kSettings, ...settings });
  for (const [name, pem] of Object.entries(keys)) writeFileSync(join(directory.path, name), pem);
  writeFileSync(path, text.replaceAll('/etc/netmoth', directory.path));
  const environment = {
    NETMOTH_SENSOR_NODE: 'ip-10-0-0-1.ec2.internal',
    NETMOTH_SENSOR_NATS_USER: 'user',
    NETMOTH_SENSOR_NATS_PASSWORD: 'password',
  };
  return loadConfig({ config: path, given: [], help: false }, environment);
}

it('a sensor with every default is taken, under a name that NATS takes', () => {
  expect(taken({})).toMatchObject({
    ...{ name: 'edge', node: 'ip-10-0-0-1-ec2-internal', listen: '0.0.0.0:9464' },
    ...{ spoolDir: '/var/lib/netmoth/sensor/spool', capture: { workers: 1 } },
    nats: { servers: ['nats://netmoth-nats:4222'], replicas: 3, user: 'user' },
  });
});

it('every field reaches the key that it means', () => {
  const config = taken({
    capture: {
      ...{ interfaces: ['eth7', 'veth*'], strategy: 'ebpf' },
      ...{ bpfFilter: 'not port 22', promiscuous: false, workers: 4 },
    },
    engine: { maxFlows: 5_000, timeouts: { udpNewSeconds: 7 }, disabledProtocols: ['ftp'] },
    outputs: {
      ...{ spoolMiB: 99, memoryMiB: 9, batchMaxMs: 50, alertMaxMs: 5 },
      ...{ classes: ['alert', 'flow'], flowSampling: 7 },
    },
    ...{ metricsPort: 9_999, logLevel: 'warn' },
  });
  expect(config).toMatchObject({
    capture: {
      ...{ interface: 'eth7,veth*', strategy: 'ebpf' },
      ...{ bpfFilter: 'not port 22', promiscuous: false, workers: 4 },
    },
    engine: { maxFlows: 5_000, timeouts: { udpNewSeconds: 7 }, disabledProtocols: ['ftp'] },
    outputs: { batchMaxMs: 50, alertMaxMs: 5, classes: ['alert', 'flow'], flowSampling: 7 },
    spool: { maxMiB: 99, memoryMiB: 9 },
    ...{ listen: '0.0.0.0:9999', logLevel: 'warn' },
  });
});

it('the keys that bundles must be signed by stand beside it, and another key is another configuration', () => {
  const keyOf = (id: string) => {
    const { publicKey } = generateKeyPairSync('ed25519');
    return { id, pem: String(publicKey.export({ type: 'spki', format: 'pem' })) };
  };
  const [first, second] = [keyOf('1'), keyOf('2')];
  const { trustedKeys } = taken({}, { verifyKeys: [first, second] });
  expect(trustedKeys.map((key) => key.export({ type: 'spki', format: 'pem' }))).toEqual([
    first.pem,
    second.pem,
  ]);
  expect(taken({}).trustedKeys).toEqual([]);
  const sensor = { metadata: { name: 'edge' }, spec: sensorSpecSchema.parse({}) } as NetmothSensor;
  const hashes = [[], [first], [second]].map(
    (verifyKeys) => sensorConfig(sensor, { ...kSettings, verifyKeys }).hash,
  );
  expect(new Set(hashes).size).toBe(3);
});

it('a setting either takes a restart or goes over NATS, and every one of them is one of the two', () => {
  const hashOf = (spec: object): string => {
    const parsed = sensorSpecSchema.parse(spec);
    const sensor = { metadata: { name: 'edge' }, spec: parsed } as NetmothSensor;
    return sensorConfig(sensor, kSettings).hash;
  };
  const liveOf = (spec: object): string => JSON.stringify(liveWish(sensorSpecSchema.parse(spec)));
  const live = [
    { logLevel: 'debug' },
    { engine: { timeouts: { udpNewSeconds: 7 } } },
    { engine: { disabledProtocols: ['ftp'] } },
    { engine: { dnsVersion: 3 } },
    { engine: { statsIntervalSeconds: 7 } },
    { outputs: { batchMaxMs: 50 } },
    { outputs: { alertMaxMs: 50 } },
    { outputs: { classes: ['alert'] } },
    { outputs: { flowSampling: 2 } },
  ];
  const restarting = [
    { metricsPort: 9_999 },
    { capture: { interfaces: ['eth1'] } },
    { capture: { workers: 2 } },
    { capture: { bpfFilter: 'udp' } },
    { capture: { ringSizeMiB: 9 } },
    { capture: { promiscuous: false } },
    { engine: { maxFlows: 500 } },
    { engine: { reassemblyMiB: 5 } },
    { engine: { defragMiB: 5 } },
    { engine: { snapLength: 500 } },
    { engine: { checksums: 'ignore' } },
    { engine: { midstream: true } },
    { outputs: { spoolMiB: 99 } },
    { outputs: { memoryMiB: 9 } },
  ];
  for (const spec of live) {
    expect(hashOf(spec), JSON.stringify(spec)).toBe(hashOf({}));
    expect(liveOf(spec), JSON.stringify(spec)).not.toBe(liveOf({}));
  }
  for (const spec of restarting) {
    expect(hashOf(spec), JSON.stringify(spec)).not.toBe(hashOf({}));
    expect(liveOf(spec), JSON.stringify(spec)).toBe(liveOf({}));
  }
});
