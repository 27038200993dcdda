// What containerd, the kubelet and the network of pods are configured with. Invariant: everything they keep lies
// below the folder of the node.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NodeFiles {
  readonly directory: string;
  readonly socket: string;
  readonly containerd: string;
  readonly kubelet: string;
  /** Logs of containers, a folder for each pod. */
  readonly podLogs: string;
}

/** Addresses of pods. Traffic that leaves the node keeps them: the world outside knows the way back. */
export const POD_CIDR = '10.244.1.0/24';
export const PAUSE_IMAGE = 'localhost/pause:1';

export function writeNodeFiles(directory: string, address: string): NodeFiles {
  const at = (name: string): string => join(directory, name);
  for (const folder of ['cni', 'pod-logs']) mkdirSync(at(folder), { recursive: true });
  const write = (name: string, text: string): string => {
    writeFileSync(at(name), text);
    return at(name);
  };
  write('cni/10-pods.conflist', JSON.stringify(network(at('addresses'))));
  const socket = at('containerd.sock');
  return {
    directory,
    socket,
    podLogs: at('pod-logs'),
    containerd: write('containerd.toml', containerdText(directory, socket)),
    kubelet: write('kubelet.json', JSON.stringify(kubelet(directory, address))),
  };
}

/**
 * A link of its own to the node for each pod, and no bridge: between two pods on one bridge the answer of a
 * Service would not pass the node, which has to translate it back.
 */
function network(dataDir: string): object {
  const ranges = [[{ subnet: POD_CIDR }]];
  const ipam = { type: 'host-local', dataDir, ranges, routes: [{ dst: '0.0.0.0/0' }] };
  return { cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'ptp', ipMasq: false, ipam }] };
}

function containerdText(directory: string, socket: string): string {
  return `version = 2
root = "${directory}/containerd"
state = "${directory}/containerd-run"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
      Root = "${directory}/runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directory}/cni"
`;
}

function kubelet(directory: string, address: string): object {
  const none = '0%';
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    ...{ address, port: 10250, readOnlyPort: 0, healthzPort: 0 },
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${directory}/containerd.sock`,
    podLogsDir: `${directory}/pod-logs`,
    ...{ cgroupDriver: 'cgroupfs', failCgroupV1: false, failSwapOn: false, cgroupRoot: '/' },
    ...{ clusterDomain: 'cluster.local', clusterDNS: [address] },
    // A full disk of the machine is not what is tested.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      ...{ 'memory.available': none, 'nodefs.available': none, 'nodefs.inodesFree': none },
      'imagefs.available': none,
    },
    nodeStatusUpdateFrequency: '5s',
  };
}
