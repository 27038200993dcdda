/**
 * Everything a NetmothSensor is made of in the cluster.
 *
 * Invariant: pure: the same sensor and settings give the same objects. Each is owned by the sensor, so
 * deleting the sensor deletes all of them and needs neither operator nor sensors alive.
 */
import type { NetmothSensor } from '#crds/kinds.ts';
import { withDigest } from '../runtime/applied.ts';
import {
  CONFIG_MAPS,
  DAEMON_SETS,
  type KubeObject,
  NETWORK_POLICIES,
  type ResourceKind,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../runtime/resource.ts';
import { daemonSet } from './daemon-set.ts';
import { childLabels, childName, ownerOf, podLabels } from './names.ts';
import { CONFIG_FILE, sensorConfig } from './sensor-config.ts';
import type { SensorSettings } from './settings.ts';

export interface Child {
  readonly kind: ResourceKind;
  readonly object: KubeObject;
}

/** In the order in which they are needed: what a pod mounts exists before the pod. */
export function childrenOf(sensor: NetmothSensor, settings: SensorSettings): readonly Child[] {
  const { text, keys, hash } = sensorConfig(sensor, settings);
  const name = childName(sensor.metadata.name);
  const configMap = `${name}-${hash}`;
  const metadata = {
    namespace: settings.namespace,
    name,
    labels: childLabels(sensor.metadata.name),
    ownerReferences: [ownerOf(sensor)],
  };
  const child = (kind: ResourceKind, object: KubeObject): Child => ({
    kind,
    object: withDigest(object),
  });
  const selector = podLabels(sensor.metadata.name);
  return [
    child(SERVICE_ACCOUNTS, { metadata, ...{ automountServiceAccountToken: false } }),
    child(CONFIG_MAPS, {
      metadata: { ...metadata, name: configMap },
      ...{ data: { [CONFIG_FILE]: text, ...keys } },
    }),
    child(NETWORK_POLICIES, networkPolicy(metadata, selector, sensor.spec.metricsPort)),
    child(SERVICES, service(metadata, selector, sensor.spec.metricsPort)),
    child(DAEMON_SETS, daemonSet(sensor, settings, configMap)),
  ];
}

/** Without an address of its own: what scrapes metrics finds every node behind it. */
function service(
  metadata: KubeObject['metadata'],
  selector: Readonly<Record<string, string>>,
  port: number,
): KubeObject {
  const object = {
    metadata,
    spec: {
      clusterIP: 'None',
      selector,
      ports: [{ name: 'metrics', port, targetPort: 'metrics', protocol: 'TCP' }],
    },
  };
  return object;
}

/**
 * Counts where the network plugin applies policies to host-network pods; elsewhere it says what the
 * sensor needs: metrics in; NATS and names out.
 */
function networkPolicy(
  metadata: KubeObject['metadata'],
  selector: Readonly<Record<string, string>>,
  port: number,
): KubeObject {
  const object = {
    metadata,
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ port, protocol: 'TCP' }] }],
      egress: [
        {
          ports: [
            { port: 4222, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
        },
      ],
    },
  };
  return object;
}
