// A folder as an OCI image in one tar archive, without a docker daemon: what containerd, podman and skopeo load.
// Invariants: the same folder gives the same digest (no times, no owners, sorted names); one layer, not packed.
// Source: OCI Image Format Specification 1.1 (image layout, manifest, configuration).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const kMedia = 'application/vnd.oci.image';
const kArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
/** Names, owners, times and order say nothing of the machine. */
const kStableTar = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];

export interface ImageOptions {
  readonly rootfs: string;
  /** An empty folder for what is on its way. */
  readonly work: string;
  readonly archive: string;
  /** repository:tag */
  readonly name: string;
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly version: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Resolves to the digest of the manifest. */
export async function writeOciArchive(options: ImageOptions): Promise<string> {
  const { rootfs, work, archive, name, version } = options;
  const blobs = join(work, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const packed = join(work, 'layer.tar');
  execFileSync('tar', [...kStableTar, '-C', rootfs, '-cf', packed, '.']);
  const digest = await digestOf(packed);
  renameSync(packed, join(blobs, digest.slice('sha256:'.length)));
  const size = statSync(join(blobs, digest.slice('sha256:'.length))).size;
  const layer = { mediaType: `${kMedia}.layer.v1.tar`, digest, size };
  const put = (type: string, value: object): Descriptor => {
    const bytes = Buffer.from(JSON.stringify(value));
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType: `${kMedia}.${type}`, digest: `sha256:${hex}`, size: bytes.length };
  };
  const platform = { os: 'linux', architecture: kArchitectures[process.arch] ?? process.arch };
  const config = put('config.v1+json', {
    ...platform,
    config: {
      ...{ Entrypoint: options.entrypoint, User: options.user, WorkingDir: '/' },
      Env: ['PATH=/usr/bin:/bin', 'NODE_ENV=production'],
      Labels: { 'org.opencontainers.image.version': version },
    },
    rootfs: { type: 'layers', diff_ids: [digest] },
  });
  const manifest = put('manifest.v1+json', {
    ...{ schemaVersion: 2, mediaType: `${kMedia}.manifest.v1+json`, config, layers: [layer] },
  });
  const annotations = {
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name.split(':').at(-1),
  };
  const index = {
    ...{ schemaVersion: 2, mediaType: `${kMedia}.index.v1+json` },
    manifests: [{ ...manifest, platform, annotations }],
  };
  writeFileSync(join(work, 'index.json'), JSON.stringify(index));
  writeFileSync(join(work, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const parts = ['oci-layout', 'index.json', 'blobs'];
  execFileSync('tar', [...kStableTar, '-C', work, '-cf', archive, ...parts]);
  return manifest.digest;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
