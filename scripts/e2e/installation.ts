// Installs Netmoth with the chart and the samples of docs, and waits until Kubernetes says that they are well.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { helm } from '#testkit/kubernetes/helm.ts';
import { NATS_IMAGE } from '#testkit/kubernetes/node-images.ts';
import { type Steps, until } from './steps.ts';
import type { World } from './world.ts';

export const NAMESPACE = 'netmoth-system';
const kRoot = join(import.meta.dirname, '../..');
const kSamples = join(kRoot, 'docs/samples');
const kDatabase = 'netmoth';
const kRolloutMs = 180_000;
/** One node: one of each. */
const kValues = [
  ...['manager.databaseSecret=netmoth-db', 'manager.replicas=1', 'operator.replicas=1'],
  ...['nats.replicas=1', `nats.image=${NATS_IMAGE}`],
];

export async function installNetmoth(world: World, { step }: Steps): Promise<void> {
  const { cluster } = world;
  await step('helm installs the chart', async () => {
    await kubectl(world, ['create', 'namespace', NAMESPACE]);
    const url = await makeDatabase(world);
    const secret = ['create', 'secret', 'generic', 'netmoth-db', `--from-literal=url=${url}`];
    await kubectl(world, ['-n', NAMESPACE, ...secret]);
    const values = kValues.flatMap((value) => ['--set', value]);
    const chart = join(kRoot, 'charts/netmoth');
    const installed = await helm(cluster, [
      'install',
      'netmoth',
      chart,
      '-n',
      NAMESPACE,
      ...values,
    ]);
    if (!installed.ok) throw new Error(installed.stderr);
  });
  await step('operator, manager and NATS run', async () => {
    for (const name of ['deploy/netmoth-operator', 'sts/netmoth-nats', 'deploy/netmoth-manager']) {
      await rolledOut(world, name);
    }
  });
  await step('a NetmothSensor: its DaemonSet runs, its node reports', async () => {
    await kubectl(world, ['apply', '-f', join(kSamples, 'sensor.yaml')]);
    await until('the DaemonSet', kRolloutMs, async () => {
      const { stdout } = await cluster.kubectl(['-n', NAMESPACE, 'get', 'ds', '-o', 'name']);
      return stdout.includes('netmoth-sensor-edge') || undefined;
    });
    await rolledOut(world, 'ds/netmoth-sensor-edge');
    await untilCondition(world, 'nms/edge', 'Reporting');
  });
  await step('a SignatureSet: the engine of the node has loaded it', async () => {
    await kubectl(world, ['apply', '-f', join(kSamples, 'signatures.yaml')]);
    await untilCondition(world, 'sigset/own', 'Compiled');
    await untilCondition(world, 'nms/edge', 'SignaturesCurrent');
  });
}

/** What kubectl printed; its error is ours. */
export async function kubectl(
  { cluster }: World,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { ok, stdout, stderr } = await cluster.kubectl(args, input);
  if (!ok) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

export async function untilCondition(world: World, what: string, type: string): Promise<void> {
  await until(`${what} ${type}`, kRolloutMs, async () => {
    await kubectl(world, ['wait', `--for=condition=${type}`, what, '--timeout=20s']);
    return true;
  });
}

async function rolledOut(world: World, name: string): Promise<void> {
  await until(name, kRolloutMs, async () => {
    const status = ['rollout', 'status', '--timeout=20s', name];
    await kubectl(world, ['-n', NAMESPACE, ...status]);
    return true;
  });
}

async function makeDatabase({ postgres }: World): Promise<string> {
  const client = new pg.Client({ connectionString: postgres.url() });
  await client.connect();
  try {
    const password = randomBytes(12).toString('hex');
    await client.query(`CREATE ROLE ${kDatabase} LOGIN PASSWORD '${password}'`);
    await client.query(`CREATE DATABASE ${kDatabase} OWNER ${kDatabase}`);
    return `postgres://${kDatabase}:${password}@${postgres.host}:${postgres.port}/${kDatabase}`;
  } finally {
    await client.end();
  }
}
