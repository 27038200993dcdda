// What the operator's tests need of a real cluster: clients for it, and objects seen as they come.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { TestCluster } from '#testkit/kubernetes/cluster.ts';
import { kubeconfigText } from '#testkit/kubernetes/cluster-files.ts';
import { ApiClient } from '../runtime/api-client.ts';
import { kubeconfigAccess } from '../runtime/cluster-access.ts';

export const kQuietLog = pino({ level: process.env['NETMOTH_TEST_LOG'] ?? 'silent' });
export const monotonicMs = (): number => performance.now();

export function adminClient(cluster: TestCluster): ApiClient {
  return clientOf(cluster.files.kubeconfig('admin'));
}

export function clientOf(kubeconfig: string): ApiClient {
  const access = kubeconfigAccess(kubeconfig);
  return new ApiClient({ access, now: monotonicMs, random: Math.random });
}

/** A kubeconfig of a service account with that cluster role: unlike an admin it may be refused. */
export async function serviceAccountKubeconfig(
  cluster: TestCluster,
  name: string,
  clusterRole: string,
): Promise<string> {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  await cluster.request('POST', accounts, { metadata: { name } });
  await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
  });
  return tokenKubeconfig(cluster, 'default', name);
}

/** A kubeconfig of a service account that is there, with the rights it has. */
export async function tokenKubeconfig(
  cluster: TestCluster,
  namespace: string,
  name: string,
): Promise<string> {
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
  const { body } = await cluster.request('POST', `${account}/token`, {
    spec: { expirationSeconds: 3600 },
  });
  const path = join(cluster.files.directory, `${name}.kubeconfig`);
  const { certificateFile } = cluster.files;
  writeFileSync(path, kubeconfigText(cluster.server, certificateFile, body.status.token));
  return path;
}

const kPollMs = 50;
const kPatienceMs = 40_000;

/** Waits until the question has an answer other than undefined and false. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  what = 'it',
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + kPatienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`${what} did not happen in ${kPatienceMs} ms`);
    await sleep(kPollMs);
  }
}
