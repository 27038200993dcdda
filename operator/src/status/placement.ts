/**
 * On which nodes a sensor belongs: what the DaemonSet controller decides, decided the same way.
 *
 * Invariant: pure. Source: Kubernetes' "Taints and Tolerations" and "Assigning Pods to Nodes".
 */
import type { NetmothSensor } from '#crds/kinds.ts';
import type { KubeObject } from '../runtime/resource.ts';

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface Node extends KubeObject {
  readonly spec?: { readonly taints?: readonly Taint[] };
}

type Toleration = NetmothSensor['spec']['tolerations'][number];

export function belongsOn({ spec }: NetmothSensor, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const chosen = Object.entries(spec.nodeSelector ?? {}).every(([key, v]) => labels[key] === v);
  if (!chosen) return false;
  return (node.spec?.taints ?? []).every((taint) => {
    if (taint.effect === 'PreferNoSchedule') return true;
    // The DaemonSet controller adds tolerations for what a node says about its own state.
    if (taint.key.startsWith('node.kubernetes.io/')) return true;
    return spec.tolerations.some((toleration) => tolerates(toleration, taint));
  });
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
  if (toleration.key === undefined) return toleration.operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}
