// Nodes without machines: Node objects, and what their kubelets and sensors would do. Sensors are
// simulated at the NATS protocol alone: they report what a real one reports, as often as the test says.
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { BUCKET_REPORTED, nodeKey, REPORTED_TTL_MS, type Reported } from '#contracts/nats.ts';
import type { TestCluster } from '#testkit/kubernetes/cluster.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { Informer } from '../runtime/informer.ts';
import { type KubeObject, PODS } from '../runtime/resource.ts';
import { SENSOR_LABEL } from '../sensor/names.ts';
import { kQuietLog } from './kube-bed.ts';
import { sampleReport } from './sample-report.ts';

interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers?: readonly {
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
  };
  readonly status?: { readonly phase?: string };
}

/** As its sensor reads it. */
function revisionOf({ spec }: Pod): string | undefined {
  const env = spec.containers?.flatMap((container) => container.env ?? []);
  return env?.find(({ name }) => name === 'NETMOTH_SENSOR_REVISION')?.value;
}

export interface SimulatedNodesOptions {
  readonly cluster: TestCluster;
  readonly client: ApiClient;
  readonly natsUrl: string;
  readonly namespace: string;
  readonly reportEveryMs: number;
}

/** What a test changes of a node's report; undefined: it says nothing at all. */
export type Change = (report: Reported) => Reported | undefined;

export class SimulatedNodes implements AsyncDisposable {
  readonly #options: SimulatedNodesOptions;
  readonly #pods: Informer<Pod, Pod>;
  readonly #stop = new AbortController();
  readonly #changes = new Map<string, Change>();
  #connection: NatsConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #packets = 1_000;

  constructor(options: SimulatedNodesOptions) {
    this.#options = options;
    const { client, namespace } = options;
    this.#pods = new Informer<Pod, Pod>({
      ...{ client, namespace, kind: PODS, log: kQuietLog, random: Math.random },
      project: (pod) => pod,
    });
    this.#pods.onChange(({ after }) => void (after && this.#asKubelet(after)));
  }

  start(): void {
    void this.#pods.run(this.#stop.signal);
    this.#timer = setInterval(() => void this.#report(), this.#options.reportEveryMs);
  }

  async add(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const room = { cpu: '4', memory: '8Gi', pods: '20', 'ephemeral-storage': '100Gi' };
    await this.#options.cluster.request('POST', '/api/v1/nodes', {
      metadata: { name, labels: { 'kubernetes.io/os': 'linux', ...labels } },
      status: { capacity: room, allocatable: room },
    });
  }

  async remove(name: string): Promise<void> {
    await this.#options.cluster.request('DELETE', `/api/v1/nodes/${name}`);
  }

  /** What the sensor on that node says from now on. */
  change(node: string, change: Change): void {
    this.#changes.set(node, change);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#connection?.close();
  }

  /** Marks pods ready, and lets them go when they are told to. */
  async #asKubelet(pod: Pod): Promise<void> {
    const { name, namespace, deletionTimestamp } = pod.metadata;
    if (pod.spec.nodeName === undefined) return;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const { cluster } = this.#options;
    if (deletionTimestamp !== undefined) {
      await cluster.request('DELETE', path, { gracePeriodSeconds: 0 }).catch(() => undefined);
      return;
    }
    if (pod.status?.phase === 'Running') return;
    const lastTransitionTime = `${new Date().toISOString().slice(0, 19)}Z`;
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }];
    const status = { status: { phase: 'Running', conditions } };
    await cluster.request('PATCH', `${path}/status`, status).catch(() => undefined);
  }

  /** One report of every node that has a pod. */
  async #report(): Promise<void> {
    try {
      const bucket = await this.#bucket();
      this.#packets += 1_000;
      for (const { spec, metadata } of this.#pods.values()) {
        const sensor = metadata.labels?.[SENSOR_LABEL];
        if (spec.nodeName === undefined || sensor === undefined) continue;
        const change = this.#changes.get(spec.nodeName) ?? ((report: Reported) => report);
        const revision = revisionOf({ metadata, spec });
        const said = sampleReport(sensor, spec.nodeName, this.#packets);
        const report = change({ ...said, ...(revision === undefined ? {} : { revision }) });
        if (report === undefined) continue;
        await bucket.put(nodeKey(report.sensor, report.node), JSON.stringify(report));
      }
    } catch {
      // NATS is away: a sensor spools and tries again, and so does this.
    }
  }

  async #bucket(): Promise<KV> {
    if (this.#connection === undefined || this.#connection.isClosed()) {
      const { natsUrl } = this.#options;
      this.#connection = await connect({ servers: natsUrl, reconnect: false, timeout: 1_000 });
    }
    return new Kvm(jetstream(this.#connection)).create(BUCKET_REPORTED, {
      ...{ history: 1, ttl: REPORTED_TTL_MS, replicas: 1, storage: StorageType.Memory },
    });
  }
}
