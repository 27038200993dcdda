/**
 * How the API server is reached: from inside a pod, or by a kubeconfig with a token or a certificate.
 *
 * Invariant: a token file is read again before it is a minute old, because the kubelet renews it.
 * Exec plugins and the like of people's kubeconfigs are refused by name: an operator has none.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';

export interface ClusterAccess {
  readonly server: URL;
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  token(nowMs: number): string | undefined;
}

const kTokenMaxAgeMs = 60_000;
const kServiceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  readonly host: string;
  readonly port: string;
  readonly directory?: string;
}

/** By what the kubelet puts into every pod that has a service account. */
export function inClusterAccess({
  host,
  port,
  directory = kServiceAccountDir,
}: InClusterOptions): ClusterAccess {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return {
    server: new URL(`https://${bracketed}:${port}`),
    ca: read(join(directory, 'ca.crt')),
    token: renewedToken(join(directory, 'token')),
  };
}

const clusterSchema = z.object({
  server: z.url(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
});
const userSchema = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  exec: z
    .undefined({ error: 'exec plugins are not run: give a token or a certificate' })
    .optional(),
  'auth-provider': z.undefined({ error: 'auth providers are not asked: give a token' }).optional(),
});
const kubeconfigSchema = z.object({
  'current-context': z.string(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })),
  users: z.array(z.object({ name: z.string(), user: userSchema })),
});

export function kubeconfigAccess(path: string): ClusterAccess {
  const parsed = kubeconfigSchema.safeParse(parse(read(path).toString()));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path: at, message }) => `${at.join('.')}: ${message}`,
    );
    throw new NetmothError('NM_CONFIG_INVALID', `kubeconfig ${path}: ${faults.join('; ')}`);
  }
  const config = parsed.data;
  const named = <T extends { readonly name: string }>(list: readonly T[], name: string): T => {
    const found = list.find((each) => each.name === name);
    if (found !== undefined) return found;
    throw new NetmothError('NM_CONFIG_INVALID', `kubeconfig ${path}: nothing is called ${name}`);
  };
  const { context } = named(config.contexts, config['current-context']);
  const { cluster } = named(config.clusters, context.cluster);
  const { user } = named(config.users, context.user);
  const content = (file: string | undefined, data: string | undefined): Buffer | undefined => {
    if (data !== undefined) return Buffer.from(data, 'base64');
    return file === undefined ? undefined : read(resolve(dirname(path), file));
  };
  return {
    server: new URL(cluster.server),
    ca: content(cluster['certificate-authority'], cluster['certificate-authority-data']),
    cert: content(user['client-certificate'], user['client-certificate-data']),
    key: content(user['client-key'], user['client-key-data']),
    token:
      user.tokenFile === undefined
        ? () => user.token
        : renewedToken(resolve(dirname(path), user.tokenFile)),
  };
}

function renewedToken(path: string): (nowMs: number) => string {
  let token = '';
  let readMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    if (nowMs - readMs >= kTokenMaxAgeMs) {
      token = read(path).toString().trim();
      readMs = nowMs;
    }
    return token;
  };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new NetmothError('NM_CONFIG_INVALID', `${path} cannot be read (${code})`, { cause });
  }
}
