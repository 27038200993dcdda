/**
 * One NetmothSensorNode for every sensor and node: made, kept true, and removed when either is gone.
 *
 * Invariants: written only when its essence changed, each at most once in kQuietMs and all together at
 * most as fast as the bucket allows; a write of status names the version it was decided on, so an
 * operator that was deposed on the way is refused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { toToken } from '#contracts/nats.ts';
import type { NetmothSensor, NetmothSensorNode } from '#crds/kinds.ts';
import type { SensorNodeStatus } from '#crds/sensor-node.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { Controller, type Outcome } from '../runtime/controller.ts';
import type { Informer } from '../runtime/informer.ts';
import { SENSOR_NODES } from '../runtime/resource.ts';
import type { TokenBucket } from '../runtime/token-bucket.ts';
import { childLabels, ownerOf } from '../sensor/names.ts';
import { essenceOf, isReporting, type NodeReadings, nodeStatus } from './node-view.ts';
import { belongsOn, type Node } from './placement.ts';

export interface NodeControllerOptions {
  readonly client: ApiClient;
  readonly sensors: Informer<NetmothSensor, NetmothSensor>;
  readonly nodes: Informer<Node, Node>;
  readonly sensorNodes: Informer<NetmothSensorNode, NetmothSensorNode>;
  readonly readings: (sensor: string, node: string) => NodeReadings;
  readonly bucket: TokenBucket;
  readonly log: Logger;
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly wallNow: () => Date;
}

const kWorkers = 16;
const kQuietMs = 5_000;

interface Wish {
  readonly sensor: NetmothSensor;
  readonly node: string;
  readonly live: NetmothSensorNode | undefined;
  readonly status: SensorNodeStatus;
}

export class NodeController {
  readonly controller: Controller;
  readonly #options: NodeControllerOptions;
  /** Object → milliseconds of its last write; only of objects that exist. */
  readonly #writtenMs = new Map<string, number>();
  /** Token of a node's name → the name. */
  readonly #nodeByToken = new Map<string, string>();
  readonly #unsubscribe: (() => void)[];

  constructor(options: NodeControllerOptions) {
    this.#options = options;
    const { log, random, sensors, nodes, sensorNodes } = options;
    this.controller = new Controller({
      ...{ name: 'sensor-node', log, random, workers: kWorkers },
      reconcile: (key, signal) => this.#reconcile(key, signal),
    });
    const { queue } = this.controller;
    this.#unsubscribe = [
      sensors.onChange(({ key, before, after }) => {
        const moved = before?.metadata.generation !== after?.metadata.generation;
        if (moved) for (const node of nodes.keys()) queue.add(`${key}.${node}`);
      }),
      nodes.onChange(({ key, before, after }) => {
        this.#nodeByToken.set(toToken(key), key);
        if (after === undefined) this.#nodeByToken.delete(toToken(key));
        if (samePlace(before, after)) return;
        for (const sensor of sensors.keys()) queue.add(`${sensor}.${key}`);
      }),
      sensorNodes.onChange(({ key }) => queue.add(key)),
    ];
  }

  /** Looks at everything once, then at what changes, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { sensors, nodes, sensorNodes } = this.#options;
    for (const node of nodes.keys()) {
      this.#nodeByToken.set(toToken(node), node);
      for (const sensor of sensors.keys()) this.controller.queue.add(`${sensor}.${node}`);
    }
    for (const key of sensorNodes.keys()) this.controller.queue.add(key);
    await this.controller.run(signal);
    for (const end of this.#unsubscribe) end();
  }

  /** What a node reports has changed; `token` is how the sensor calls the node. */
  reportChanged(sensor: string, token: string): void {
    const node = this.#nodeByToken.get(token);
    if (node !== undefined) this.controller.queue.add(`${sensor}.${node}`);
  }

  /** The node was told something: whether it did it is looked at then. */
  lookLater(sensor: string, node: string, delayMs: number): void {
    this.controller.queue.addAfter(`${sensor}.${node}`, delayMs);
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<Outcome> {
    const { sensors, nodes, sensorNodes, readings, client, now, wallNow } = this.#options;
    const [sensorName, node] = splitOnce(key);
    const sensor = sensors.get(sensorName);
    const live = sensorNodes.get(key);
    const seen = readings(sensorName, toToken(node));
    if (!isWanted(sensor, nodes.get(node), seen)) {
      this.#writtenMs.delete(key);
      if (live === undefined) return {};
      await this.#inTurn(signal);
      await client.remove(SENSOR_NODES, live, signal);
      return {};
    }
    const status = nodeStatus(seen, live?.status, wallNow());
    if (live !== undefined && essenceOf(live.status) === essenceOf(status)) return {};
    const lastMs = this.#writtenMs.get(key) ?? Number.NEGATIVE_INFINITY;
    const waitMs = lastMs + kQuietMs - now();
    if (live?.status !== undefined && waitMs > 0) return { againAfterMs: waitMs };
    await this.#write(key, { sensor, node, live, status }, signal);
    return {};
  }

  async #write(key: string, wish: Wish, signal: AbortSignal): Promise<void> {
    const { client, now } = this.#options;
    let { live } = wish;
    if (live === undefined) {
      await this.#inTurn(signal);
      const made = sensorNode(key, wish);
      live = await client.apply<NetmothSensorNode>(SENSOR_NODES, made, { signal });
    }
    await this.#inTurn(signal);
    const { resourceVersion } = live.metadata;
    const metadata = { name: key, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const written = { metadata, status: wish.status };
    await client.apply(SENSOR_NODES, written, { subresource: 'status', signal });
    this.#writtenMs.set(key, now());
  }

  async #inTurn(signal: AbortSignal): Promise<void> {
    const waitMs = this.#options.bucket.takeMs();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal });
  }
}

function isWanted(
  sensor: NetmothSensor | undefined,
  node: Node | undefined,
  seen: NodeReadings,
): sensor is NetmothSensor {
  if (sensor === undefined || sensor.metadata.deletionTimestamp !== undefined) return false;
  if (node === undefined) return false;
  return belongsOn(sensor, node) || isReporting(seen);
}

function sensorNode(key: string, { sensor, node }: Wish): NetmothSensorNode {
  const { name } = sensor.metadata;
  return {
    apiVersion: sensor.apiVersion,
    kind: SENSOR_NODES.kind,
    metadata: { name: key, labels: childLabels(name), ownerReferences: [ownerOf(sensor)] },
    spec: { sensor: name, node },
  };
}

function samePlace(before: Node | undefined, after: Node | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const place = ({ metadata, spec }: Node): string =>
    JSON.stringify([metadata.labels, spec?.taints ?? []]);
  return place(before) === place(after);
}

/** A sensor's name has no dot, a node's may have. */
function splitOnce(key: string): [sensor: string, node: string] {
  const at = key.indexOf('.');
  return [key.slice(0, at), key.slice(at + 1)];
}
