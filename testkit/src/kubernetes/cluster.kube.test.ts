import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary.ts';
import { startTestCluster } from './cluster.ts';

describe('startTestCluster', () => {
  it('is a real Kubernetes: roles, service accounts, pods that are scheduled', async () => {
    await using cluster = await startTestCluster();
    const version = await cluster.request('GET', '/version');
    expect(version.body.gitVersion).toBe('v1.36.3');
    expect((await cluster.kubectl(['get', 'clusterroles', 'view', '-o', 'name'])).stdout).toBe(
      'clusterrole.rbac.authorization.k8s.io/view\n',
    );
    await cluster.startControllers();
    const room = { cpu: '4', memory: '4Gi', pods: '10' };
    const node = { metadata: { name: 'n1' }, status: { capacity: room, allocatable: room } };
    expect((await cluster.request('POST', '/api/v1/nodes', node)).status).toBe(201);
    const pod = {
      metadata: { name: 'p' },
      spec: {
        tolerations: [{ operator: 'Exists' }],
        containers: [{ name: 'c', image: 'none.example/none' }],
      },
    };
    const pods = '/api/v1/namespaces/default/pods';
    // Admission refuses pods until the controller-manager has made the service account.
    while ((await cluster.request('POST', pods, pod)).status !== 201) await sleep(100);
    const nodeOfPod = async (): Promise<string | undefined> =>
      (await cluster.request('GET', `${pods}/p`)).body.spec.nodeName;
    while ((await nodeOfPod()) === undefined) await sleep(100);
    expect(await nodeOfPod()).toBe('n1');
  });

  it('keeps what it stored when its API server is killed, and removes all of it when it stops', async () => {
    const cluster = await startTestCluster();
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'kept' } });
    await cluster.apiServer.kill();
    await expect(cluster.request('GET', '/readyz')).rejects.toThrow(/ECONNREFUSED/);
    await cluster.apiServer.start();
    expect((await cluster.request('GET', '/api/v1/namespaces/kept')).status).toBe(200);
    await cluster.stop();
    expect(existsSync(cluster.files.directory)).toBe(false);
  });

  it('dies with the test, even when that is killed', async () => {
    using directory = temporaryDirectory();
    const pids = join(directory.path, 'pids');
    const program = `
      import { writeFileSync } from 'node:fs';
      import { execFileSync } from 'node:child_process';
      const { startTestCluster } = await import('#testkit/kubernetes/cluster.ts');
      await startTestCluster();
      const children = execFileSync('pgrep', ['-P', String(process.pid)]).toString();
      writeFileSync(${JSON.stringify(pids)}, children);
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(import.meta.dirname, '../../..'),
      stdio: 'inherit',
      env: { ...process.env, TMPDIR: directory.path },
    });
    while (!existsSync(pids) || readFileSync(pids, 'utf8').split('\n').length < 3) await sleep(50);
    owner.kill('SIGKILL');
    // pgrep itself is among them, and gone.
    const children = readFileSync(pids, 'utf8').trim().split('\n');
    expect(children.length).toBeGreaterThanOrEqual(2);
    for (const pid of children) while (isAlive(pid)) await sleep(50);
  });
});

function isAlive(pid: string): boolean {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined;
}
