import { expect, it } from 'vitest';
import type { NetmothSensor } from '#crds/kinds.ts';
import { sensorSpecSchema } from '#crds/sensor.ts';
import { belongsOn, type Node, type Taint } from './placement.ts';

function sensor(spec: object): NetmothSensor {
  return {
    apiVersion: 'netmoth.io/v1alpha1',
    kind: 'NetmothSensor',
    metadata: { name: 's' },
    spec: sensorSpecSchema.parse(spec),
  };
}
function node(labels: Record<string, string>, ...taints: Taint[]): Node {
  return { metadata: { name: 'n', labels }, spec: { taints } };
}
const gpu = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };

it.each([
  [{}, node({}), true],
  [{}, node({}, gpu), true],
  [{ nodeSelector: { a: '1' } }, node({ a: '1', b: '2' }), true],
  [{ nodeSelector: { a: '1' } }, node({ a: '2' }), false],
  [{ tolerations: [] }, node({}, gpu), false],
  [{ tolerations: [] }, node({}, { ...gpu, effect: 'PreferNoSchedule' }), true],
  [
    { tolerations: [] },
    node({}, { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }),
    true,
  ],
  [{ tolerations: [{ key: 'gpu', value: 'yes' }] }, node({}, gpu), true],
  [{ tolerations: [{ key: 'gpu', value: 'no' }] }, node({}, gpu), false],
  [{ tolerations: [{ key: 'gpu', operator: 'Exists' }] }, node({}, gpu), true],
  [
    { tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }] },
    node({}, gpu),
    false,
  ],
] as const)('%j on %j: %s', (spec, where, belongs) => {
  expect(belongsOn(sensor(spec), where)).toBe(belongs);
});
