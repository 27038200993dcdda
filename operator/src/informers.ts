/**
 * The local copies the controllers read: one watch for each kind.
 *
 * Invariant: of a Node only what places a sensor is kept, of the objects we make only what shows whether
 * they are as wanted; managedFields, the largest part of most objects, never.
 */
import type { Logger } from 'pino';
import type { NetmothSensor, NetmothSensorNode, SignatureSet } from '#crds/kinds.ts';
import type { ApiClient } from './runtime/api-client.ts';
import { Informer } from './runtime/informer.ts';
import { NamePool } from './runtime/name-pool.ts';
import {
  CONFIG_MAPS,
  DAEMON_SETS,
  type KubeObject,
  NETWORK_POLICIES,
  NODES,
  type ResourceKind,
  SENSOR_NODES,
  SENSORS,
  SERVICE_ACCOUNTS,
  SERVICES,
  SIGNATURE_SETS,
} from './runtime/resource.ts';
import { MANAGED_SELECTOR } from './sensor/names.ts';
import type { Node } from './status/placement.ts';

export interface InformersOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly log: Logger;
  readonly random: () => number;
}

export interface Informers {
  readonly sensors: Informer<NetmothSensor, NetmothSensor>;
  readonly signatureSets: Informer<SignatureSet, SignatureSet>;
  readonly nodes: Informer<Node, Node>;
  readonly sensorNodes: Informer<NetmothSensorNode, NetmothSensorNode>;
  /** Of what sensors are made of, by plural. */
  readonly children: Readonly<Record<string, Informer<KubeObject, KubeObject>>>;
  /** All of them, by plural. */
  readonly all: ReadonlyMap<string, Informer<KubeObject, KubeObject>>;
}

const kChildren = [SERVICE_ACCOUNTS, CONFIG_MAPS, SERVICES, NETWORK_POLICIES, DAEMON_SETS];

export function makeInformers(options: InformersOptions): Informers {
  const { client, log, random, namespace } = options;
  const all = new Map<string, Informer<KubeObject, KubeObject>>();
  const make = <T extends KubeObject>(
    kind: ResourceKind,
    project: (object: T) => T,
    where: { readonly namespace?: string; readonly labelSelector?: string } = {},
  ): Informer<T, T> => {
    const informer = new Informer<T, T>({ client, log, random, kind, project, ...where });
    all.set(kind.plural, informer as unknown as Informer<KubeObject, KubeObject>);
    return informer;
  };
  const names = new NamePool();
  const one = names.one.bind(names);
  const ours = { namespace, labelSelector: MANAGED_SELECTOR };
  return {
    sensors: make<NetmothSensor>(SENSORS, withoutFields),
    signatureSets: make<SignatureSet>(SIGNATURE_SETS, withoutFields),
    nodes: make<Node>(NODES, placedNode),
    sensorNodes: make<NetmothSensorNode>(SENSOR_NODES, (object) => comparedNode(object, one)),
    children: Object.fromEntries(
      kChildren.map((kind) => [kind.plural, make<KubeObject>(kind, withoutFields, ours)]),
    ),
    all,
  };
}

function withoutFields<T extends KubeObject>(object: T): T {
  const { managedFields: _long, ...metadata } = object.metadata as T['metadata'] & {
    managedFields?: unknown;
  };
  return { ...object, metadata };
}

/** What decides whether it is written anew; its figures and sentences are read by people only. */
function comparedNode(
  { spec, status, metadata }: NetmothSensorNode,
  one: (text: string) => string,
): NetmothSensorNode {
  const { name, uid = '', resourceVersion = '' } = metadata;
  const kept = {
    ...({ apiVersion: 'netmoth.io/v1alpha1', kind: 'NetmothSensorNode' } as const),
    metadata: { name, uid, resourceVersion },
    spec: { sensor: one(spec.sensor), node: spec.node },
  };
  if (status === undefined) return kept;
  const { reporting, version, startedAt, signatures, loss, interfaces, conditions } = status;
  return {
    ...kept,
    status: {
      ...{ reporting, version, startedAt, signatures, loss, interfaces },
      conditions: conditions?.map(({ type, reason, ...condition }) => ({
        ...condition,
        ...{ type: one(type), reason: one(reason), message: '' },
      })),
    },
  };
}

function placedNode({ metadata, spec }: Node): Node {
  const { name, uid = '', labels = {}, resourceVersion = '' } = metadata;
  return {
    metadata: { name, uid, labels, resourceVersion },
    spec: { taints: spec?.taints ?? [] },
  };
}
