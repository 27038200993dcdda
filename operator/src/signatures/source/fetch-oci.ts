/**
 * Rules out of an OCI registry: an artifact by its digest, its layers by theirs.
 *
 * Invariants: nothing is taken whose digest was not demanded; the sizes of all layers together are
 * bounded. Source: OCI Distribution Specification 1.1 (pull), OCI Image Manifest, RFC 6750 and Docker's
 * "Token authentication specification" for registries that want a token first.
 */
import { z } from 'zod';
import { MAX_SOURCE_BYTES, type SourceFile } from '../compile/rule-pack.ts';
import { type Fetch, type Fetched, fetchBytes } from './fetch-bytes.ts';
import { type IsData, sourceFiles, tooLarge } from './read-archive.ts';
import { basic, type SourceCredentials } from './source-credentials.ts';
import { SourceFault } from './source-fault.ts';
import { SIGNATURE_ANNOTATION, type SourceVerifier } from './verify-source.ts';

const kAccept =
  'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
const kTitle = 'org.opencontainers.image.title';
const kMaxLayers = 64;

const manifestSchema = z.object({
  layers: z
    .array(
      z.object({
        digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
        size: z.int().min(0),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
    )
    .min(1)
    .max(kMaxLayers),
});

export interface OciOptions {
  readonly fetch: Fetch;
  readonly reference: string;
  readonly credentials: SourceCredentials | undefined;
  readonly verifier?: SourceVerifier | undefined;
  readonly isData?: IsData | undefined;
  readonly signal: AbortSignal;
}

export interface OciReference {
  readonly registry: string;
  readonly name: string;
  readonly digest: string;
}

/** Without a registry it is Docker's, as every tool reads it. */
export function parseOciReference(reference: string): OciReference {
  const [path = '', digest = ''] = reference.split('@');
  const slash = path.indexOf('/');
  const host = path.slice(0, Math.max(0, slash));
  const named = /[.:]|^localhost$/.test(host);
  const name = (named ? path.slice(slash + 1) : path).replace(/:[^/:]*$/, '');
  return { registry: named ? host : 'registry-1.docker.io', name, digest };
}

export async function fetchOci(options: OciOptions): Promise<SourceFile[]> {
  const { registry, name, digest } = parseOciReference(options.reference);
  const local = /^(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(registry);
  const root = `${local ? 'http' : 'https'}://${registry}/v2/${name}`;
  const session = new Session(options);
  const manifestBytes = await session.get(`${root}/manifests/${digest}`, digest);
  const manifest = manifestSchema.safeParse(parsed(manifestBytes));
  if (!manifest.success) {
    throw new SourceFault('NotRules', `${options.reference} is no artifact with layers`);
  }
  const { layers } = manifest.data;
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_SOURCE_BYTES) throw tooLarge();
  const files: SourceFile[] = [];
  let length = 0;
  for (const [place, { digest: blob, annotations }] of layers.entries()) {
    const bytes = await session.get(`${root}/blobs/${blob}`, blob);
    const signature = annotations?.[SIGNATURE_ANNOTATION];
    options.verifier?.demand(
      bytes,
      signature === undefined ? undefined : Buffer.from(signature),
      `${name}, layer ${place + 1},`,
    );
    const layer = sourceFiles(
      annotations?.[kTitle] ?? `layer-${place + 1}.rules`,
      bytes,
      options.isData,
    );
    // Sizes are the manifest's word, and a small layer may unpack to a large one.
    for (const { text } of layer) length += text.length;
    if (length > MAX_SOURCE_BYTES) throw tooLarge();
    files.push(...layer);
  }
  return files;
}

/** Gets a token when the registry asks for one, once. */
class Session {
  readonly #options: OciOptions;
  #authorization: string | undefined;

  constructor(options: OciOptions) {
    this.#options = options;
  }

  async get(url: string, digest: string): Promise<Uint8Array> {
    let answer = await this.#send(url, digest);
    if (answer.status === 401) {
      this.#authorization = await this.#token(answer.headers.get('www-authenticate') ?? '');
      answer = await this.#send(url, digest);
    }
    if (answer.status === 200) return answer.bytes;
    const { host } = new URL(url);
    throw new SourceFault('SourceForbidden', `${host} does not take these credentials`);
  }

  #send(url: string, digest: string): Promise<Fetched> {
    const { fetch, signal } = this.#options;
    const authorization = this.#authorization;
    return fetchBytes(fetch, { url, digest, signal, authorization, headers: { accept: kAccept } });
  }

  async #token(challenge: string): Promise<string | undefined> {
    const { credentials, fetch, signal } = this.#options;
    const authorization = basic(credentials);
    if (!/^bearer /i.test(challenge)) return authorization;
    const field = (key: string) => new RegExp(`${key}="([^"]*)"`).exec(challenge)?.[1];
    const realm = field('realm');
    if (realm === undefined || !URL.canParse(realm)) return authorization;
    const url = new URL(realm);
    for (const key of ['service', 'scope']) {
      const value = field(key);
      if (value !== undefined) url.searchParams.set(key, value);
    }
    const { status, bytes } = await fetchBytes(fetch, { url: url.href, signal, authorization });
    if (status !== 200) {
      throw new SourceFault('SourceForbidden', `${url.host} gives no token for these credentials`);
    }
    const { token, access_token: other } = (parsed(bytes) ?? {}) as Record<string, unknown>;
    return `Bearer ${String(token ?? other)}`;
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
