// A real Kubernetes control plane for a test: etcd and kube-apiserver, and the controller-manager and
// scheduler where a test asks for them. Invariants: 127.0.0.1 and free ports only; whatever happens to
// the test, its servers die with its process and their data is removed.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type Child, startChild } from '#cli/processes/child.ts';
import { freePort, untilReady } from '#cli/processes/readiness.ts';
import { type ProgramName, programPath } from '../../../scripts/tests/kubernetes-programs.ts';
import { temporaryDirectory } from '../temporary.ts';
import { type ClusterFiles, writeClusterFiles } from './cluster-files.ts';

export interface TestClusterOptions {
  /** More flags of the API server, e.g. to make it refuse with 429. */
  readonly apiServerFlags?: readonly string[];
  /**
   * An address of this machine that pods of a real node reach. With it the cluster is whole: it knows its own
   * endpoint and root certificate, and looks after the life of nodes.
   */
  readonly address?: string;
}

export interface TestCluster extends AsyncDisposable {
  readonly server: string;
  readonly files: ClusterFiles;
  /** The API server's own process: stop it in its tracks, kill it, start it again on its port. */
  readonly apiServer: {
    freeze(): void;
    thaw(): void;
    kill(): Promise<void>;
    start(flags?: readonly string[]): Promise<void>;
  };
  /** Starts kube-controller-manager and kube-scheduler; best after the CRDs, which it looks up once. */
  startControllers(): Promise<void>;
  kubectl(args: readonly string[], input?: string): Promise<KubectlResult>;
  /** One request as the admin (or with that token), past every client of ours; the parsed answer whatever its status. */
  request(method: string, path: string, body?: unknown, token?: string): Promise<ClusterAnswer>;
  /** Applies the manifests of a file or a folder and waits until CRDs among them are served. */
  applyDefinitions(path: string): Promise<void>;
  /** Forgets all of etcd's history before now, so that older resource versions are answered with 410. */
  compact(): Promise<void>;
  /** Puts objects into etcd past the API server, for tests that need more of them than it would take in time. */
  seed(objects: Iterable<SeededObject>): Promise<void>;
  stop(): Promise<void>;
}

export interface SeededObject {
  /** Where the API server looks for it, e.g. /registry/pods/default/a. */
  readonly key: string;
  readonly value: object;
}

export interface ClusterAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks where it knows there is something.
  readonly body: any;
}

export interface KubectlResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const kLoopback = '127.0.0.1';
const kReadyTimeoutMs = 60_000;
const kProbeTimeoutMs = 1_000;
const kRequestTimeoutMs = 20_000;
const kKubectlTimeoutMs = 30_000;
const kMaxOutputBytes = 64 * 1024 * 1024;

export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const directory = temporaryDirectory('netmoth-cluster');
  const { address = kLoopback } = options;
  const [etcdPort, apiPort] = [await freePort(), await freePort(address)];
  const server = `https://${address}:${apiPort}`;
  const files = writeClusterFiles(directory.path, server);
  const children: Child[] = [];
  const launch = async (name: ProgramName, args: readonly string[]): Promise<Child> => {
    const child = await startChild({
      command: programPath(name),
      args,
      cwd: directory.path,
      env: { HOME: directory.path },
      // Asked politely an API server takes up to a minute; nothing here is worth the wait.
      deathSignal: 'KILL',
    });
    children.push(child);
    return child;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(children.toReversed().map((child) => child.kill()));
    directory.remove();
  };
  let apiServer: Child;
  const startApiServer = async (flags: readonly string[]): Promise<void> => {
    apiServer = await launch('kube-apiserver', [
      ...apiFlags(files, { address, port: apiPort, etcdPort }),
      ...flags,
    ]);
    await untilReady(apiServer, () => probe(server, files), {
      name: 'kube-apiserver',
      timeoutMs: kReadyTimeoutMs,
    });
  };
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  try {
    await launch('etcd', etcdFlags(directory.path, etcdUrl));
    await startApiServer(options.apiServerFlags ?? []);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    server,
    files,
    apiServer: {
      freeze: () => void process.kill(apiServer.pid, 'SIGSTOP'),
      thaw: () => void process.kill(apiServer.pid, 'SIGCONT'),
      kill: async () => void (await apiServer.kill()),
      start: (flags = options.apiServerFlags ?? []) => startApiServer(flags),
    },
    startControllers: () => startControllers(files, launch, address !== kLoopback),
    kubectl: (args, input) => kubectl(files, args, input),
    request: (method, path, body, token) => send(server, files, { method, path, body, token }),
    applyDefinitions: (path) => applyDefinitions(files, path),
    compact: () => compactEtcd(etcdUrl),
    seed: (objects) => seedEtcd(etcdUrl, objects),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function etcdFlags(directory: string, url: string): string[] {
  return [
    ...['--data-dir', join(directory, 'etcd'), '--unsafe-no-fsync', '--log-level', 'warn'],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', 'http://127.0.0.1:0'],
  ];
}

function apiFlags(
  files: ClusterFiles,
  { address, port, etcdPort }: { address: string; port: number; etcdPort: number },
): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${files.certificateDir}`,
    `--token-auth-file=${files.tokenFile}`,
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.publicKeyFile}`,
    `--service-account-signing-key-file=${files.signingKeyFile}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    // The endpoint of a loopback address is refused by the usual reconciler.
    ...(address === kLoopback ? ['--endpoint-reconciler-type=none'] : []),
    '--allow-privileged=true',
  ];
}

async function startControllers(
  files: ClusterFiles,
  launch: (name: ProgramName, args: readonly string[]) => Promise<Child>,
  realNodes: boolean,
): Promise<void> {
  const common = async (user: 'controller-manager' | 'scheduler'): Promise<string[]> => [
    `--kubeconfig=${files.kubeconfig(user)}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${await freePort()}`,
    `--cert-dir=${files.certificateDir}`,
  ];
  await launch('kube-controller-manager', [
    ...(await common('controller-manager')),
    '--use-service-account-credentials',
    `--service-account-private-key-file=${files.signingKeyFile}`,
    ...(realNodes
      ? // Pods trust the API server by it.
        [`--root-ca-file=${files.certificateFile}`]
      : // Nodes of tests have no kubelet to renew their lease.
        ['--controllers=*,-node-lifecycle-controller,-taint-eviction-controller']),
  ]);
  await launch('kube-scheduler', await common('scheduler'));
}

/** Ready by the server's own word, over TLS with the certificate it made. */
async function probe(server: string, files: ClusterFiles): Promise<void> {
  if (!existsSync(files.certificateFile)) throw new Error('it has no certificate yet');
  const wanted = { method: 'GET', path: '/readyz', timeoutMs: kProbeTimeoutMs };
  const { status } = await send(server, files, wanted);
  if (status !== 200) throw new Error(`/readyz answered ${status}`);
}

interface Wanted {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly timeoutMs?: number;
}

function send(server: string, files: ClusterFiles, wanted: Wanted): Promise<ClusterAnswer> {
  const { method, path, body, timeoutMs = kRequestTimeoutMs, token = files.token.admin } = wanted;
  const payload = Buffer.from(body === undefined ? '' : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server}${path}`,
      {
        method,
        ca: readFileSync(files.certificateFile),
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          authorization: `Bearer ${token}`,
          // Node sends the body of a DELETE without its length where nobody names it.
          'content-length': payload.length,
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.includes('json') === true;
          resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}

async function applyDefinitions(files: ClusterFiles, path: string): Promise<void> {
  const must = async (args: readonly string[]): Promise<void> => {
    const { ok, stderr } = await kubectl(files, args, undefined);
    if (!ok) throw new Error(`kubectl ${args[0]}: ${stderr}`);
  };
  await must(['apply', '--server-side', '-f', path]);
  await must(['wait', '--for=condition=Established', '--timeout=30s', '-f', path]);
}

function kubectl(
  files: ClusterFiles,
  args: readonly string[],
  input: string | undefined,
): Promise<KubectlResult> {
  return new Promise((resolve) => {
    const child = execFile(
      programPath('kubectl'),
      ['--kubeconfig', files.kubeconfig('admin'), ...args],
      {
        cwd: files.directory,
        env: { HOME: files.directory, PATH: '/usr/bin:/bin' },
        timeout: kKubectlTimeoutMs,
        maxBuffer: kMaxOutputBytes,
      },
      (error, stdout, stderr) => resolve({ ok: error === null, stdout, stderr }),
    );
    child.stdin?.end(input ?? '');
  });
}

/** etcd takes no more in one transaction. */
const kMaxSeeded = 128;
/** A busy machine may let it time out; to put the same again does no harm. */
const kSeedTries = 5;

async function seedEtcd(url: string, objects: Iterable<SeededObject>): Promise<void> {
  let puts: object[] = [];
  const flush = async (): Promise<void> => {
    const body = JSON.stringify({ success: puts });
    for (let left = kSeedTries; puts.length > 0; left -= 1) {
      const answer = await fetch(`${url}/v3/kv/txn`, { method: 'POST', body });
      const text = await answer.text();
      if (answer.ok) puts = [];
      else if (answer.status !== 503 || left === 1) {
        throw new Error(`etcd txn: ${answer.status} ${text}`);
      }
    }
  };
  for (const { key, value } of objects) {
    const encoded = Buffer.from(JSON.stringify(value)).toString('base64');
    puts.push({ requestPut: { key: Buffer.from(key).toString('base64'), value: encoded } });
    if (puts.length === kMaxSeeded) await flush();
  }
  await flush();
}

/** By etcd's JSON gateway: the revision of now, then compaction up to it. */
async function compactEtcd(url: string): Promise<void> {
  const call = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${url}/v3/kv/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const range = (await call('range', { key: Buffer.from('/').toString('base64') })) as {
    header: { revision: string };
  };
  await call('compaction', { revision: range.header.revision, physical: true });
}
