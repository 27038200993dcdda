/**
 * What a kind of the API is called and where it is found.
 *
 * Invariant: every path of a request is made here, so that names are escaped in one place.
 */
import type { ObjectMeta } from '#crds/kubernetes-types.ts';

export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export function apiVersionOf({ group, version }: ResourceKind): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Where all objects of a kind are, in one namespace or in all. */
export function collectionPath(kind: ResourceKind, namespace?: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${within}/${kind.plural}`;
}

export function objectPath(kind: ResourceKind, at: ObjectName, subresource?: string): string {
  const collection = collectionPath(kind, kind.namespaced ? at.namespace : undefined);
  const path = `${collection}/${encodeURIComponent(at.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Key of an object in stores and queues: "namespace/name", or the name alone. */
export function keyOf({ metadata }: KubeObject): string {
  const { namespace, name } = metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

const core = (kind: string, plural: string, namespaced = true): ResourceKind => ({
  ...{ group: '', version: 'v1', kind, plural, namespaced },
});

export const NODES = core('Node', 'nodes', false);
export const PODS = core('Pod', 'pods');
export const SERVICES = core('Service', 'services');
export const SERVICE_ACCOUNTS = core('ServiceAccount', 'serviceaccounts');
export const CONFIG_MAPS = core('ConfigMap', 'configmaps');
export const SECRETS = core('Secret', 'secrets');

export const DAEMON_SETS: ResourceKind = {
  ...{ group: 'apps', version: 'v1', kind: 'DaemonSet', plural: 'daemonsets', namespaced: true },
};
export const NETWORK_POLICIES: ResourceKind = {
  ...{ group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
  ...{ plural: 'networkpolicies', namespaced: true },
};
export const LEASES: ResourceKind = {
  ...{ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' },
  ...{ plural: 'leases', namespaced: true },
};
export const EVENTS: ResourceKind = {
  ...{ group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', namespaced: true },
};

const own = (kind: string, plural: string): ResourceKind => ({
  ...{ group: 'netmoth.io', version: 'v1alpha1', kind, plural, namespaced: false },
});
export const SENSORS = own('NetmothSensor', 'netmothsensors');
export const SENSOR_NODES = own('NetmothSensorNode', 'netmothsensornodes');
export const SIGNATURE_SETS = own('SignatureSet', 'signaturesets');
