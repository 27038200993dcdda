// Nodes and pods as a full cluster has them, for etcd itself: through the API 100,000 pods would take longer than all
// else that is measured, and what it serves of them is the same. Invariant: every pod has an address of its own.
import { randomUUID } from 'node:crypto';
import type { SeededObject } from '#testkit/kubernetes/cluster.ts';

/** A kubelet names the images it has, which are most of a Node object. */
const kImagesPerNode = 25;
const kHash = '7d4b9c8f6d';

export function nodeName(index: number): string {
  return `node-${index}.example.net`;
}

export function* seededNodes(count: number): Generator<SeededObject> {
  const images = Array.from({ length: kImagesPerNode }, (_, index) => ({
    names: [`registry.example/team/part-${index}@sha256:${'0123456789abcdef'.repeat(4)}`],
    sizeBytes: 1_000_000 * (index + 1),
  }));
  for (let index = 0; index < count; index += 1) {
    const name = nodeName(index);
    const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': name };
    const addresses = [{ type: 'InternalIP', address: address(192, index) }];
    const status = { addresses, images };
    const metadata = { name, ...seededMeta(), labels };
    const value = { apiVersion: 'v1', kind: 'Node', metadata, spec: {}, status };
    yield { key: `/registry/minions/${name}`, value };
  }
}

export function* seededPods(count: number, nodes: number): Generator<SeededObject> {
  for (let index = 0; index < count; index += 1) {
    const name = `web-${kHash}-${index.toString(36).padStart(5, '0')}`;
    const ip = address(10, index);
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `web-${kHash}` };
    const metadata = {
      ...{ namespace: 'default', name, ...seededMeta(), labels: { 'pod-template-hash': kHash } },
      ownerReferences: [{ ...owner, uid: randomUUID(), controller: true }],
    };
    const startTime = metadata.creationTimestamp;
    const status = { phase: 'Running', startTime, podIP: ip, podIPs: [{ ip }] };
    const container = { name: 'c', image: 'i', env: [{ name: 'A', value: 'x'.repeat(500) }] };
    const spec = { nodeName: nodeName(index % nodes), containers: [container] };
    const value = { apiVersion: 'v1', kind: 'Pod', metadata, spec, status };
    yield { key: `/registry/pods/default/${name}`, value };
  }
}

function address(first: number, index: number): string {
  return `${first}.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

function seededMeta() {
  return { uid: randomUUID(), creationTimestamp: '2026-11-20T10:00:00Z' };
}
