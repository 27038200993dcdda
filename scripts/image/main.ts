// Images: `node scripts/image/main.ts archive OUT.tar [repository:tag]` without a docker daemon, or
// `node scripts/image/main.ts rootfs FOLDER`, which deploy/images/Dockerfile copies into an empty image.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOciArchive } from './oci-archive.ts';
import { kEntrypoint, kUser, makeRootfs } from './rootfs.ts';

const kRoot = join(import.meta.dirname, '../..');

/** Makes the archive; resolves to its digest. */
export async function makeImage(archive: string, name?: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'netmoth-image-'));
  try {
    const rootfs = join(folder, 'rootfs');
    makeRootfs(kRoot, rootfs);
    const version = String(JSON.parse(readFileSync(join(kRoot, 'package.json'), 'utf8')).version);
    return await writeOciArchive({
      ...{ rootfs, work: join(folder, 'work'), archive, version },
      ...{ name: name ?? `netmoth/netmoth:${version}`, entrypoint: kEntrypoint, user: kUser },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [what, path, name] = process.argv.slice(2);
  if (path === undefined || (what !== 'archive' && what !== 'rootfs')) {
    console.error('usage: node scripts/image/main.ts archive OUT.tar [NAME:TAG] | rootfs FOLDER');
    process.exitCode = 64;
  } else if (what === 'rootfs') {
    rmSync(path, { recursive: true, force: true });
    makeRootfs(kRoot, path);
  } else {
    console.log(`${path} ${await makeImage(path, name)}`);
  }
}
