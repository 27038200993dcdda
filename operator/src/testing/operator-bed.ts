// A cluster with everything around the operator, and the operator itself as processes of their own.
import { join } from 'node:path';

import { startTestCluster, type TestCluster } from '#testkit/kubernetes/cluster.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { freePort, startTestProcess, type TestProcess } from '#testkit/process.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { adminClient } from './kube-bed.ts';
import { SimulatedNodes } from './simulated-nodes.ts';

const kRoot = join(import.meta.dirname, '../../..');
export const kNamespace = 'netmoth-system';
const kReportEveryMs = 1_000;

export interface OperatorProcess {
  readonly process: TestProcess;
  /** A metric without labels. */
  metric(name: string): Promise<number>;
  status(path: string): Promise<number>;
}

export class OperatorBed implements AsyncDisposable {
  readonly cluster: TestCluster;
  readonly client: ApiClient;
  readonly nats: TestNats;
  readonly nodes: SimulatedNodes;
  readonly #operators: TestProcess[] = [];

  private constructor(cluster: TestCluster, nats: TestNats) {
    this.cluster = cluster;
    this.nats = nats;
    this.client = adminClient(cluster);
    this.nodes = new SimulatedNodes({
      ...{ cluster, client: this.client, natsUrl: nats.url },
      ...{ namespace: kNamespace, reportEveryMs: kReportEveryMs },
    });
  }

  static async start({
    controllers = true,
    apiServerFlags = [] as readonly string[],
  } = {}): Promise<OperatorBed> {
    const [cluster, nats] = await Promise.all([
      startTestCluster({ apiServerFlags }),
      startTestNats(),
    ]);
    const bed = new OperatorBed(cluster, nats);
    await cluster.applyDefinitions(join(kRoot, 'crds/manifests'));
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: kNamespace } });
    if (controllers) await cluster.startControllers();
    bed.nodes.start();
    return bed;
  }

  async operator(
    identity: string,
    {
      kubeconfig = this.cluster.files.kubeconfig('admin'),
      leaseSeconds = 3,
      more = {} as Readonly<Record<string, string>>,
      nodeOptions = '',
    } = {},
  ): Promise<OperatorProcess> {
    const port = await freePort();
    const settings = {
      ...{ KUBECONFIG: kubeconfig, NAMESPACE: kNamespace },
      ...{ IDENTITY: identity, NATS_SERVERS: this.nats.url, LISTEN: `127.0.0.1:${port}` },
      ...{ SENSOR_IMAGE: 'netmoth.example/sensor:1', LEASE_SECONDS: String(leaseSeconds) },
      ...{ SENSOR_NATS_SERVERS: 'nats://netmoth-nats:4222', ...more },
    };
    const process = await startTestProcess({
      script: join(kRoot, 'operator/src/main.ts'),
      args: [],
      env: {
        ...(nodeOptions === '' ? {} : { NODE_OPTIONS: nodeOptions }),
        ...Object.fromEntries(
          Object.entries(settings).map(([name, value]) => [`NETMOTH_OPERATOR_${name}`, value]),
        ),
      },
    });
    this.#operators.push(process);
    const fetched = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
    return {
      process,
      status: async (path) => (await fetched(path)).status,
      metric: async (name) => {
        const text = await (await fetched('/metrics')).text();
        const line = text.split('\n').find((each) => each.startsWith(`netmoth_operator_${name} `));
        return Number(line?.split(' ')[1]);
      },
    };
  }

  /** The object there, or undefined. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks where it knows there is something.
  async get(path: string): Promise<any> {
    const { status, body } = await this.cluster.request('GET', path);
    return status === 200 ? body : undefined;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  own(plural: string, name: string): Promise<any> {
    return this.get(`/apis/netmoth.io/v1alpha1/${plural}/${name}`);
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  daemonSet(sensor: string): Promise<any> {
    return this.get(`/apis/apps/v1/namespaces/${kNamespace}/daemonsets/netmoth-sensor-${sensor}`);
  }

  /** Makes or changes a NetmothSensor as a person with kubectl would. */
  async applySensor(name: string, spec: object): Promise<void> {
    const manifest = { apiVersion: 'netmoth.io/v1alpha1', kind: 'NetmothSensor' };
    const text = JSON.stringify({ ...manifest, metadata: { name }, spec });
    const { ok, stderr } = await this.cluster.kubectl(['apply', '-f', '-'], text);
    if (!ok) throw new Error(stderr);
  }

  /** Makes or changes a SignatureSet as a person with kubectl would. */
  async applySet(name: string, spec: object, annotations: object = {}): Promise<void> {
    const manifest = { apiVersion: 'netmoth.io/v1alpha1', kind: 'SignatureSet' };
    const text = JSON.stringify({ ...manifest, metadata: { name, annotations }, spec });
    const { ok, stderr } = await this.cluster.kubectl(['apply', '-f', '-'], text);
    if (!ok) throw new Error(stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#operators.map((each) => each[Symbol.asyncDispose]()));
    await this.nodes[Symbol.asyncDispose]();
    this.client.close();
    await Promise.all([this.cluster.stop(), this.nats.stop()]);
  }
}

/** Status of a condition of an object, with its reason: "True Ready". */
export function condition(object: unknown, type: string): string | undefined {
  const { status } = (object ?? {}) as {
    status?: { conditions?: readonly { type: string; status: string; reason: string }[] };
  };
  const found = status?.conditions?.find((each) => each.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}`;
}
