/**
 * The rule files of a SignatureSet, from wherever it says they are.
 *
 * Invariants: answers with files or with one SourceFault; a source that says it has not changed (ETag) is
 * not read again; the same ConfigMap gives the same files whatever order its keys come in.
 */
import type { SignatureSetSpec } from '#crds/signature-set.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { ApiError } from '../../runtime/api-error.ts';
import { CONFIG_MAPS, type KubeObject, SECRETS } from '../../runtime/resource.ts';
import { isDataOf, MAX_SOURCE_BYTES, type SourceFile } from '../compile/rule-pack.ts';
import { type Fetch, fetchBytes, type Wanted } from './fetch-bytes.ts';
import { fetchOci } from './fetch-oci.ts';
import { globOf } from './glob.ts';
import { type IsData, sourceFiles, tooLarge } from './read-archive.ts';
import {
  authorizationOf,
  CREDENTIALS_LABEL,
  credentialsOf,
  isForSources,
  type Secret,
  type SourceCredentials,
} from './source-credentials.ts';
import { SourceFault } from './source-fault.ts';
import { SIGNATURE_SUFFIX, type SourceVerifier, sourceVerifier } from './verify-source.ts';

export interface SourceOptions {
  readonly client: ApiClient;
  readonly fetch: Fetch;
  /** The operator's own. */
  readonly namespace: string;
}

export interface Got {
  /** Undefined: the same as when it had that ETag. */
  readonly files: readonly SourceFile[] | undefined;
  readonly etag?: string | undefined;
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

export async function fetchSource(
  options: SourceOptions,
  spec: SignatureSetSpec,
  before: { readonly etag?: string | undefined; readonly signal: AbortSignal },
): Promise<Got> {
  const { signal } = before;
  const { source } = spec;
  const verifier = sourceVerifier(spec);
  const isData = isDataOf(spec);
  if (source.inline !== undefined) {
    return { files: [{ name: 'inline.rules', text: source.inline.rules }] };
  }
  if (source.configMapRef !== undefined) {
    return {
      files: await configMapFiles({ ...options, verifier, isData }, source.configMapRef, signal),
    };
  }
  const { fetch } = options;
  if (source.oci !== undefined) {
    const { reference, secretRef } = source.oci;
    const credentials = await credentialsFor(options, secretRef, signal);
    return { files: await fetchOci({ fetch, reference, credentials, verifier, isData, signal }) };
  }
  if (source.http !== undefined)
    return httpFiles({ ...options, verifier, isData }, source.http, before);
  throw new SourceFault('NotRules', 'the set names no source');
}

interface VerifiedOptions extends SourceOptions {
  readonly verifier: SourceVerifier | undefined;
  readonly isData: IsData;
}

async function httpFiles(
  options: VerifiedOptions,
  { url, sha256, secretRef }: NonNullable<SignatureSetSpec['source']['http']>,
  { etag, signal }: { readonly etag?: string | undefined; readonly signal: AbortSignal },
): Promise<Got> {
  const credentials = await credentialsFor(options, secretRef, signal);
  const authorization = authorizationOf(credentials);
  const answer = await fetchBytes(options.fetch, {
    ...{ url, signal, digest: sha256, authorization },
    ...(etag === undefined ? {} : { headers: { 'if-none-match': etag } }),
  });
  const { host, pathname } = new URL(url);
  if (answer.status === 304) return { files: undefined, etag };
  if (answer.status === 401) {
    throw new SourceFault('SourceForbidden', `${host} does not take these credentials`);
  }
  if (options.verifier !== undefined) {
    const signature = await httpSignature(options, { url, authorization, signal });
    options.verifier.demand(answer.bytes, signature, `${host}${pathname}`);
  }
  const name = pathname.split('/').findLast((part) => part !== '') ?? host;
  const found = answer.headers.get('etag') ?? undefined;
  return { files: sourceFiles(decoded(name), answer.bytes, options.isData), etag: found };
}

/** What lies beside the file. */
async function httpSignature(
  { fetch }: SourceOptions,
  wanted: Pick<Wanted, 'url' | 'authorization' | 'signal'>,
): Promise<Uint8Array> {
  const url = new URL(wanted.url);
  url.pathname += SIGNATURE_SUFFIX;
  const { status, bytes } = await fetchBytes(fetch, { ...wanted, url: url.href });
  if (status === 200) return bytes;
  throw new SourceFault('SourceForbidden', `${url.host} does not take these credentials`);
}

/** A % that begins no escape is fine in a URL, and stays what it is. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function configMapFiles(
  { client, namespace: own, verifier, isData }: VerifiedOptions,
  { namespace = own, name, keys }: NonNullable<SignatureSetSpec['source']['configMapRef']>,
  signal: AbortSignal,
): Promise<SourceFile[]> {
  const where = `ConfigMap ${namespace}/${name}`;
  const found = await permitted(where, () =>
    client.get<ConfigMap>(CONFIG_MAPS, { namespace, name }, signal),
  );
  if (found === undefined) throw new SourceFault('SourceUnavailable', `${where} is not there`);
  const fits = globOf(keys);
  const isChosen = (key: string): boolean => {
    return fits(key) && (verifier === undefined || !key.endsWith(SIGNATURE_SUFFIX));
  };
  const { data = {}, binaryData = {} } = found;
  const bytesOf = (key: string): Buffer | undefined => {
    const packed = binaryData[key];
    if (packed !== undefined) return Buffer.from(packed, 'base64');
    return data[key] === undefined ? undefined : Buffer.from(data[key]);
  };
  const chosen = [...Object.keys(data), ...Object.keys(binaryData)].filter(isChosen);
  const files: SourceFile[] = [];
  for (const key of chosen) {
    const bytes = bytesOf(key) ?? Buffer.alloc(0);
    verifier?.demand(bytes, bytesOf(`${key}${SIGNATURE_SUFFIX}`), `${where}, key ${key}`);
    const text = data[key];
    files.push(...(text === undefined ? sourceFiles(key, bytes, isData) : [{ name: key, text }]));
  }
  if (files.length === 0) {
    throw new SourceFault('NotRules', `${where} has no key that fits ${JSON.stringify(keys)}`);
  }
  if (files.reduce((sum, { text }) => sum + text.length, 0) > MAX_SOURCE_BYTES) throw tooLarge();
  return files;
}

async function credentialsFor(
  { client, namespace }: SourceOptions,
  secretRef: { readonly name: string } | undefined,
  signal: AbortSignal,
): Promise<SourceCredentials | undefined> {
  if (secretRef === undefined) return undefined;
  const { name } = secretRef;
  const where = `Secret ${namespace}/${name}`;
  const found = await permitted(where, () =>
    client.get<Secret>(SECRETS, { namespace, name }, signal),
  );
  if (found === undefined) throw new SourceFault('SourceUnavailable', `${where} is not there`);
  if (!isForSources(found)) {
    const label = `label it ${CREDENTIALS_LABEL}=true`;
    throw new SourceFault('SourceForbidden', `${where} is not for sources: ${label} if it is`);
  }
  return credentialsOf(found);
}

async function permitted<T>(where: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status !== 403) throw cause;
    const words = `the operator may not read ${where}: give it a Role there (docs/security.md)`;
    throw new SourceFault('SourceForbidden', words, { cause });
  }
}
