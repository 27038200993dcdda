/**
 * How what belongs to a sensor is called and labelled.
 *
 * Invariant: names and selector labels follow from the sensor's name alone; a DaemonSet's selector can
 * never be changed, so neither can these.
 */

import type { NetmothSensor } from '#crds/kinds.ts';
import type { OwnerReference } from '#crds/kubernetes-types.ts';
import { API_VERSION } from '#crds/kubernetes-types.ts';

export const MANAGED_BY = 'netmoth-operator';
export const SENSOR_LABEL = 'netmoth.io/sensor';

/** Of everything the operator makes in its namespace for sensors. */
export const MANAGED_SELECTOR = `app.kubernetes.io/managed-by=${MANAGED_BY},${SENSOR_LABEL}`;

export function childName(sensor: string): string {
  return `netmoth-sensor-${sensor}`;
}

export function podLabels(sensor: string): Record<string, string> {
  return { 'app.kubernetes.io/name': 'netmoth-sensor', [SENSOR_LABEL]: sensor };
}

export function childLabels(sensor: string): Record<string, string> {
  return {
    ...podLabels(sensor),
    'app.kubernetes.io/managed-by': MANAGED_BY,
    'app.kubernetes.io/part-of': 'netmoth',
  };
}

/** By it Kubernetes removes what belongs to a sensor, whether or not an operator is alive. */
export function ownerOf({ kind, metadata }: NetmothSensor): OwnerReference {
  const { name, uid = '' } = metadata;
  return {
    ...{ apiVersion: API_VERSION, kind, name, uid },
    ...{ controller: true, blockOwnerDeletion: false },
  };
}
