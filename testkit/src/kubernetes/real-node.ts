// A real node of a test's cluster: containerd, kubelet and kube-proxy, with Debian's containerd and runc. It must run
// in namespaces of its own (scripts/e2e.mjs makes them). Invariants: its programs die with the test's process,
// and with its namespaces every container, mount and link.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '#cli/processes/child.ts';
import { untilReady } from '#cli/processes/readiness.ts';
import { programPath } from '../../../scripts/tests/kubernetes-programs.ts';
import type { TestCluster } from './cluster.ts';
import { NODE_NAME } from './cluster-files.ts';
import { type NodeFiles, POD_CIDR, writeNodeFiles } from './node-files.ts';

export interface RealNodeOptions {
  readonly cluster: TestCluster;
  /** An empty folder on a file system that overlayfs takes. */
  readonly directory: string;
  readonly address: string;
  /** OCI archives; the pause image among them. */
  readonly images: readonly string[];
}

export interface RealNode extends AsyncDisposable {
  readonly files: NodeFiles;
  /** What the programs printed last, for a test that failed. */
  lastWords(): string;
}

const kReadyTimeoutMs = 90_000;
const kContainerdTimeoutMs = 30_000;
const kImportTimeoutMs = 120_000;
const kKeptLines = 15;
/** Debian's programs look for iptables, runc and mount there. */
const kPath = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';

export async function startRealNode(options: RealNodeOptions): Promise<RealNode> {
  const { cluster, directory, address, images } = options;
  mkdirSync(directory, { recursive: true });
  const files = writeNodeFiles(directory, address);
  const children: Child[] = [];
  const said = new Map<string, string[]>();
  const launch = async (command: string, args: readonly string[]): Promise<Child> => {
    const lines: string[] = [];
    said.set(command, lines);
    const child = await startChild({
      command,
      args,
      cwd: directory,
      env: { HOME: directory, PATH: kPath },
      deathSignal: 'KILL',
      onLine: (line) => {
        lines.push(line);
        if (lines.length > kKeptLines) lines.shift();
      },
    });
    children.push(child);
    return child;
  };
  const lastWords = (): string =>
    [...said].map(([name, lines]) => `-- ${name}\n${lines.join('\n')}`).join('\n');
  const stop = async (): Promise<void> => {
    await Promise.all(children.toReversed().map((child) => child.kill()));
  };
  try {
    const containerd = await launch('/usr/bin/containerd', ['--config', files.containerd]);
    const name = 'containerd';
    await untilReady(containerd, async () => ctr(files, ['version']), {
      ...{ name, timeoutMs: kContainerdTimeoutMs },
    });
    for (const image of images) ctr(files, ['images', 'import', '--all-platforms', image]);
    const kubelet = await launch(programPath('kubelet'), kubeletFlags(cluster, files, address));
    await launch(programPath('kube-proxy'), proxyFlags(cluster));
    await untilReady(kubelet, () => nodeReady(cluster), {
      ...{ name: 'kubelet', timeoutMs: kReadyTimeoutMs },
    });
  } catch (error) {
    const words = lastWords();
    await stop();
    throw new Error(`the node did not start:\n${words}`, { cause: error });
  }
  return { files, lastWords, [Symbol.asyncDispose]: stop };
}

function ctr(files: NodeFiles, args: readonly string[]): string {
  return execFileSync('/usr/bin/ctr', ['--address', files.socket, '-n', 'k8s.io', ...args], {
    encoding: 'utf8',
    timeout: kImportTimeoutMs,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function kubeletFlags(cluster: TestCluster, files: NodeFiles, address: string): string[] {
  return [
    `--config=${files.kubelet}`,
    `--kubeconfig=${cluster.files.kubeconfig('kubelet')}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${address}`,
    `--root-dir=${files.directory}/kubelet`,
    `--cert-dir=${files.directory}/kubelet-certificates`,
  ];
}

function proxyFlags(cluster: TestCluster): string[] {
  return [
    `--kubeconfig=${cluster.files.kubeconfig('kube-proxy')}`,
    '--proxy-mode=nftables',
    `--cluster-cidr=${POD_CIDR}`,
    `--hostname-override=${NODE_NAME}`,
    // The machine's own limit is not ours to change.
    '--conntrack-max-per-core=0',
  ];
}

async function nodeReady(cluster: TestCluster): Promise<void> {
  const { body } = await cluster.request('GET', `/api/v1/nodes/${NODE_NAME}`);
  const conditions: { type: string; status: string; message: string }[] =
    body.status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return;
  await sleep(200);
  throw new Error(ready?.message ?? 'the kubelet has not registered its node');
}
