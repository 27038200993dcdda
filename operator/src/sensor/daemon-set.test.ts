// What a sensor's pods may do: by the strategy, as docs/security.md has it, and by the profile that is named.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NetmothSensor } from '#crds/kinds.ts';
import { API_VERSION } from '#crds/kubernetes-types.ts';
import { sensorSpecSchema } from '#crds/sensor.ts';
import { daemonSet } from './daemon-set.ts';

function podOf(spec: object) {
  const sensor: NetmothSensor = {
    ...{ apiVersion: API_VERSION, kind: 'NetmothSensor', metadata: { name: 'edge' } },
    spec: sensorSpecSchema.parse(spec),
  };
  const settings = { namespace: 'n', image: 'i', natsServers: [], natsSecret: undefined };
  const made = daemonSet(sensor, { ...settings, natsReplicas: 1 }, 'config');
  // biome-ignore lint/suspicious/noExplicitAny: as the API server sees it
  return (made.spec as any).template.spec;
}

const page = readFileSync(join(import.meta.dirname, '../../../docs/security.md'), 'utf8');
const rows = [...page.matchAll(/^\| `(afPacket|ebpf|afXdp)` \| (.*?) \|/gm)];

test('the page has a row for every strategy', () => {
  expect(rows.map(([, strategy]) => strategy).sort()).toEqual(['afPacket', 'afXdp', 'ebpf']);
});

test.each(rows.map(([, strategy = '', cell = '']) => [strategy, cell]))(
  'the capabilities of %s are those of the page, and NET_RAW to fall back on',
  (strategy, cell) => {
    const named = cell.replace(/\(.*?\)/g, '').split(',');
    const wanted = new Set([...named.map((name) => name.trim()), 'NET_RAW']);
    const { capabilities } = podOf({ capture: { strategy } }).containers[0].securityContext;
    expect(capabilities.drop).toEqual(['ALL']);
    expect(new Set(capabilities.add)).toEqual(wanted);
  },
);

test('the seccomp profile is the one that is named, else the runtime’s', () => {
  expect(podOf({}).securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
  const localhostProfile = 'netmoth/netmoth-sensor.json';
  expect(podOf({ seccompProfile: localhostProfile }).securityContext.seccompProfile).toEqual({
    ...{ type: 'Localhost', localhostProfile },
  });
  expect(() => podOf({ seccompProfile: '/etc/passwd' })).toThrow();
});
