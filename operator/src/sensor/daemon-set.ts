/**
 * The DaemonSet of a sensor.
 *
 * Invariants: no privileged mode, no host PID, no credentials of Kubernetes; of all capabilities only
 * those the capture strategy needs (AF_PACKET: NET_RAW, which Linux gives a container only as root); a
 * root file system that cannot be written; everything a sensor writes goes with its pod.
 */
import { createHash } from 'node:crypto';
import type { NetmothSensor } from '#crds/kinds.ts';
import { TOKEN_AUDIENCE } from '../callout/token-review.ts';
import type { KubeObject } from '../runtime/resource.ts';
import { childLabels, childName, ownerOf, podLabels } from './names.ts';
import { CONFIG_DIR, CONFIG_FILE, DATA_DIR, TOKEN_DIR, TOKEN_FILE } from './sensor-config.ts';
import type { SensorSettings } from './settings.ts';

export interface DaemonSet extends KubeObject {
  readonly spec?: object;
  readonly status?: DaemonSetStatus;
}

export interface DaemonSetStatus {
  readonly observedGeneration?: number;
  readonly desiredNumberScheduled?: number;
  readonly numberReady?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberUnavailable?: number;
}

/** A label nobody gives a node: the DaemonSet and its history stay, its pods go. */
export const SUSPENDED_LABEL = 'netmoth.io/suspended';
/** More than the sensor's own drain time, so that it empties its queues before it is killed. */
const kGraceSeconds = 30;
/** Of the data directory beyond the spool: its index and what is being written. */
const kSpoolHeadroomMiB = 64;
/** Bundles not in use (`signatures.cacheMiB`), the one in use and the next, and compiled patterns (64 MiB). */
const kSignaturesMiB = 256 + 256 + 64;
const kTokenSeconds = 3_600;
/** Three reports, so that loss is known before the next node is taken. */
const kMinReadySeconds = 15;
/** On the DaemonSet: what its sensors report as their revision. */
export const REVISION_ANNOTATION = 'netmoth.io/revision';
const kDefaultRequests = { cpu: '100m', memory: '256Mi' };
const kCapabilities = {
  auto: ['NET_RAW'],
  afPacket: ['NET_RAW'],
  pcap: ['NET_RAW'],
  ebpf: ['BPF', 'NET_ADMIN', 'NET_RAW', 'PERFMON'],
  afXdp: ['BPF', 'IPC_LOCK', 'NET_ADMIN', 'NET_RAW'],
} as const;

export function daemonSet(
  sensor: NetmothSensor,
  settings: SensorSettings,
  configMap: string,
): DaemonSet {
  const { name } = sensor.metadata;
  const { maxUnavailable, pauseOnLoss } = sensor.spec.update;
  const pod = podSpec(sensor, settings, configMap);
  const revision = createHash('sha256').update(JSON.stringify(pod)).digest('hex').slice(0, 10);
  return {
    metadata: {
      namespace: settings.namespace,
      name: childName(name),
      labels: childLabels(name),
      annotations: { [REVISION_ANNOTATION]: revision },
      ownerReferences: [ownerOf(sensor)],
    },
    spec: {
      ...(pauseOnLoss === undefined ? {} : { minReadySeconds: kMinReadySeconds }),
      selector: { matchLabels: podLabels(name) },
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable },
      },
      template: {
        metadata: { labels: childLabels(name) },
        spec: { ...pod, containers: pod.containers.map((each) => revised(each, revision)) },
      },
    },
  };
}

/** The same, but no further pod is replaced. */
export function held({ spec, ...rest }: DaemonSet): DaemonSet {
  return { ...rest, spec: { ...spec, updateStrategy: { type: 'OnDelete' } } };
}

function revised(container: Container, value: string): Container {
  return { ...container, env: [...container.env, { name: 'NETMOTH_SENSOR_REVISION', value }] };
}

interface Container {
  readonly env: readonly object[];
  readonly [key: string]: unknown;
}

function podSpec(sensor: NetmothSensor, settings: SensorSettings, configMap: string) {
  const { spec } = sensor;
  const suspended = spec.suspend ? { [SUSPENDED_LABEL]: 'true' } : {};
  const dataMiB = spec.outputs.spoolMiB + kSpoolHeadroomMiB + kSignaturesMiB;
  return {
    serviceAccountName: childName(sensor.metadata.name),
    automountServiceAccountToken: false,
    hostNetwork: true,
    dnsPolicy: 'ClusterFirstWithHostNet',
    priorityClassName: 'system-node-critical',
    terminationGracePeriodSeconds: kGraceSeconds,
    enableServiceLinks: false,
    nodeSelector: { 'kubernetes.io/os': 'linux', ...spec.nodeSelector, ...suspended },
    tolerations: spec.tolerations,
    imagePullSecrets: spec.imagePullSecrets,
    securityContext: { seccompProfile: seccompProfile(spec.seccompProfile) },
    containers: [container(sensor, settings)],
    volumes: [
      { name: 'config', configMap: { name: configMap } },
      { name: 'data', emptyDir: { sizeLimit: `${dataMiB}Mi` } },
      { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
      ...(settings.natsToken === true ? [tokenVolume()] : []),
    ],
  };
}

function container({ spec }: NetmothSensor, settings: SensorSettings): Container {
  const probe = (path: string): object => ({
    httpGet: { path, port: 'metrics', scheme: 'HTTP' },
    timeoutSeconds: 5,
  });
  const { requests = {}, limits } = spec.resources ?? {};
  return {
    name: 'sensor',
    image: spec.image ?? settings.image,
    imagePullPolicy: spec.imagePullPolicy,
    args: ['sensor', '--config', `${CONFIG_DIR}/${CONFIG_FILE}`],
    env: environment(settings),
    ports: [{ name: 'metrics', containerPort: spec.metricsPort, protocol: 'TCP' }],
    resources: {
      requests: { ...kDefaultRequests, ...requests },
      ...(limits === undefined ? {} : { limits }),
    },
    // Slow starts are the readiness probe's to judge; a sensor that answers is never restarted.
    livenessProbe: { ...probe('/healthz'), initialDelaySeconds: 30, failureThreshold: 6 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 5 },
    securityContext: {
      runAsUser: 0,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: kCapabilities[spec.capture.strategy] },
    },
    volumeMounts: [
      { name: 'config', mountPath: CONFIG_DIR, readOnly: true },
      { name: 'data', mountPath: DATA_DIR },
      { name: 'tmp', mountPath: '/tmp' },
      ...(settings.natsToken === true
        ? [{ name: 'token', mountPath: TOKEN_DIR, readOnly: true }]
        : []),
    ],
  };
}

function seccompProfile(localhostProfile: string | undefined): object {
  return localhostProfile === undefined
    ? { type: 'RuntimeDefault' }
    : { type: 'Localhost', localhostProfile };
}

/** For NATS alone: the API server takes it for nothing. */
function tokenVolume(): object {
  const serviceAccountToken = {
    ...{ audience: TOKEN_AUDIENCE, expirationSeconds: kTokenSeconds, path: TOKEN_FILE },
  };
  return { name: 'token', projected: { sources: [{ serviceAccountToken }] } };
}

function environment({ natsSecret }: SensorSettings): object[] {
  const node = {
    name: 'NETMOTH_SENSOR_NODE',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } },
  };
  if (natsSecret === undefined) return [node];
  const fromSecret = (name: string, key: string): object => ({
    name,
    valueFrom: { secretKeyRef: { name: natsSecret, key } },
  });
  return [
    node,
    fromSecret('NETMOTH_SENSOR_NATS_USER', 'user'),
    fromSecret('NETMOTH_SENSOR_NATS_PASSWORD', 'password'),
  ];
}
