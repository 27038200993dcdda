// helm against a test's cluster. Invariant: it reads and keeps nothing outside the cluster's own folder.
import { execFile } from 'node:child_process';
import { programPath } from '../../../scripts/tests/kubernetes-programs.ts';
import type { KubectlResult, TestCluster } from './cluster.ts';

const kTimeoutMs = 60_000;
const kMaxOutputBytes = 16 * 1024 * 1024;

export function helm(cluster: TestCluster, args: readonly string[]): Promise<KubectlResult> {
  const { directory, kubeconfig } = cluster.files;
  return new Promise((resolve) => {
    execFile(
      programPath('helm'),
      [...args],
      {
        env: { HOME: directory, PATH: '/usr/bin:/bin', KUBECONFIG: kubeconfig('admin') },
        timeout: kTimeoutMs,
        maxBuffer: kMaxOutputBytes,
      },
      (error, stdout, stderr) => resolve({ ok: error === null, stdout, stderr }),
    );
  });
}
