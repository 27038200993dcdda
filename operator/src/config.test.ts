import { expect, it } from 'vitest';
import { helpText, loadConfig } from './config.ts';

const kLeast = {
  NETMOTH_OPERATOR_SENSOR_IMAGE: 'i',
  NETMOTH_OPERATOR_NATS_SERVERS: 'nats://a:4222, nats://b:4222',
  KUBERNETES_SERVICE_HOST: '10.0.0.1',
};

it('is complete from what a pod has and two variables', () => {
  expect(loadConfig(kLeast)).toMatchObject({
    namespace: 'netmoth-system',
    cluster: { kind: 'pod', host: '10.0.0.1', port: '443' },
    nats: { servers: ['nats://a:4222', 'nats://b:4222'], replicas: 1 },
    sensorNats: { servers: ['nats://a:4222', 'nats://b:4222'], secret: undefined },
    leaseMs: 15_000,
  });
});

it('names every fault at once, by its variable', () => {
  const faulty = {
    NETMOTH_OPERATOR_NATS_SERVERS: 'nats://a:4222',
    NETMOTH_OPERATOR_NATS_USER: 'only',
    NETMOTH_OPERATOR_LISTEN: 'nowhere',
    NETMOTH_OPERATOR_LEASE_SECONDS: 'soon',
    NETMOTH_OPERATOR_NAMESPASE: 'x',
    NETMOTH_OPERATOR_SERVICE_HOST: '10.0.0.9',
    NETMOTH_OPERATOR_NATS_CALLOUT_SECRET: 'a',
    NETMOTH_OPERATOR_SENSOR_NATS_SECRET: 'b',
  };
  let message = '';
  try {
    loadConfig(faulty);
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/7 faults/);
  expect(message).toMatch(
    /NETMOTH_OPERATOR_NAMESPASE: unknown variable, did you mean "NAMESPACE"\?/,
  );
  expect(message).toMatch(/NETMOTH_OPERATOR_SENSOR_IMAGE: needed, not set/);
  expect(message).toMatch(/NETMOTH_OPERATOR_LEASE_SECONDS: /);
  expect(message).toMatch(/NETMOTH_OPERATOR_LISTEN: /);
  expect(message).toMatch(/NETMOTH_OPERATOR_KUBECONFIG: needed outside a cluster/);
  expect(message).toMatch(/give both or none/);
  expect(message).toMatch(/NATS_CALLOUT_SECRET and NETMOTH_OPERATOR_SENSOR_NATS_SECRET: give one/);
});

it('explains every variable', () => {
  expect(helpText()).toContain('NETMOTH_OPERATOR_SENSOR_NATS_SECRET');
});
