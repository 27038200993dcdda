// The files a control plane is started from: who may log in, the key of service-account tokens, and a
// kubeconfig a user. Invariant: everything is made here, random per cluster; no outside program.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the one node that a test may run for real. */
export const NODE_NAME = 'node-1';

/** User → groups. The names are those Kubernetes' own roles are bound to. */
const kUsers = {
  admin: { name: 'admin', groups: 'system:masters' },
  'controller-manager': { name: 'system:kube-controller-manager', groups: '' },
  scheduler: { name: 'system:kube-scheduler', groups: '' },
  'kube-proxy': { name: 'system:kube-proxy', groups: '' },
  kubelet: { name: `system:node:${NODE_NAME}`, groups: 'system:nodes' },
} as const;
export type ClusterUser = keyof typeof kUsers;

export interface ClusterFiles {
  readonly directory: string;
  readonly token: Readonly<Record<ClusterUser, string>>;
  readonly tokenFile: string;
  /** PEM of the key that signs service-account tokens, and of its public half. */
  readonly signingKeyFile: string;
  readonly publicKeyFile: string;
  /** Where the API server leaves the certificate it makes for itself. */
  readonly certificateDir: string;
  readonly certificateFile: string;
  kubeconfig(user: ClusterUser): string;
}

export function writeClusterFiles(directory: string, server: string): ClusterFiles {
  const token = {} as Record<ClusterUser, string>;
  const lines: string[] = [];
  for (const [user, { name, groups }] of Object.entries(kUsers)) {
    const secret = randomBytes(24).toString('hex');
    token[user as ClusterUser] = secret;
    lines.push(`${secret},${name},${user},"${groups}"`);
  }
  const certificateDir = join(directory, 'certificates');
  mkdirSync(certificateDir, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const certificateFile = join(certificateDir, 'apiserver.crt');
  for (const user of Object.keys(kUsers) as ClusterUser[]) {
    write(`${user}.kubeconfig`, kubeconfigText(server, certificateFile, token[user]));
  }
  return {
    directory,
    token,
    tokenFile: write('tokens.csv', `${lines.join('\n')}\n`),
    signingKeyFile: write('service-accounts.key', privateKey),
    publicKeyFile: write('service-accounts.pub', publicKey),
    certificateDir,
    certificateFile,
    kubeconfig: (user) => join(directory, `${user}.kubeconfig`),
  };
}

/** JSON is YAML too. */
export function kubeconfigText(server: string, certificateFile: string, token: string): string {
  return `${JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': certificateFile } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })}\n`;
}
