/**
 * Which object of the cluster holds which addresses.
 *
 * Invariants: pure; a pod on its node's network holds none (the node does), nor does one that has ended: its
 * address may be another's already. Source: Kubernetes' "Pod Lifecycle", "Labels and Selectors" (pod-template-hash).
 */
import type { Holder } from '#contracts/identity.ts';
import type { ObjectMeta, OwnerReference } from '#crds/kubernetes-types.ts';
import type { KubeObject } from '../runtime/resource.ts';

export interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly hostNetwork?: boolean };
  readonly status?: {
    readonly phase?: string;
    readonly startTime?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
  };
}

export interface Service extends KubeObject {
  readonly spec?: { readonly clusterIPs?: readonly string[] };
}

export interface AddressedNode extends KubeObject {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

/** What is kept of an object: who it is as a holder, and its addresses. There are 100,000: no field twice. */
export class Held implements KubeObject {
  readonly holder: Holder;
  readonly addresses: readonly string[];
  readonly #resourceVersion: string;

  constructor(holder: Holder, addresses: readonly string[], resourceVersion: string) {
    this.holder = holder;
    this.addresses = addresses;
    this.#resourceVersion = resourceVersion;
  }

  get metadata(): ObjectMeta {
    const { namespace, name } = this.holder;
    const resourceVersion = this.#resourceVersion;
    return { ...(namespace === undefined ? {} : { namespace }), name, resourceVersion };
  }
}

/** Gives one text for all that say the same. */
type OneName = (text: string) => string;

const kNone: readonly string[] = [];
/** Of objects that do not say when they began. */
const kUnknown = '1970-01-01T00:00:00Z';

export function heldByPod({ metadata, spec, status }: Pod, one: OneName): Held {
  const { namespace = '', name, resourceVersion = '', creationTimestamp = kUnknown } = metadata;
  const { phase, startTime = creationTimestamp, podIPs } = status ?? {};
  const over = phase === 'Succeeded' || phase === 'Failed';
  const hidden = spec?.hostNetwork === true || over || podIPs === undefined;
  const addresses = hidden ? kNone : podIPs.map(({ ip }) => ip);
  const workload = workloadOf(metadata.ownerReferences, metadata.labels);
  const holder: Holder = {
    kind: 'pod',
    namespace: one(namespace),
    name,
    workload: workload && one(workload),
    node: spec?.nodeName && one(spec.nodeName),
    from: startTime,
  };
  return new Held(holder, addresses, resourceVersion);
}

export function heldByService({ metadata, spec }: Service, one: OneName): Held {
  const { namespace = '', name, resourceVersion = '', creationTimestamp = kUnknown } = metadata;
  const addresses = (spec?.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '');
  const from = creationTimestamp;
  const holder: Holder = { kind: 'service', namespace: one(namespace), name, from };
  return new Held(holder, addresses, resourceVersion);
}

export function heldByNode({ metadata, status }: AddressedNode, one: OneName): Held {
  const { resourceVersion = '', creationTimestamp = kUnknown } = metadata;
  const name = one(metadata.name);
  const addresses = (status?.addresses ?? [])
    .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
    .map(({ address }) => address);
  return new Held(
    { kind: 'node', name, node: name, from: creationTimestamp },
    addresses,
    resourceVersion,
  );
}

/** A Deployment's pods are owned by a ReplicaSet that is named after it and the hash of its template. */
function workloadOf(
  owners: readonly OwnerReference[] = [],
  labels: Readonly<Record<string, string>> = {},
): string | undefined {
  const owner = owners.find(({ controller }) => controller === true);
  if (owner === undefined) return undefined;
  const hash = labels['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return `deployment/${owner.name.slice(0, -hash.length - 1)}`;
  }
  return `${owner.kind.toLowerCase()}/${owner.name}`;
}

export function sameHolder(a: Holder, b: Holder): boolean {
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace && a.from === b.from;
}
