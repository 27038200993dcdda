// Images a real node runs besides ours, assembled from what set-up leaves on this machine. Invariant: nothing is
// downloaded.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedNatsServer } from '#cli/processes/nats-server.ts';
import { writeOciArchive } from '../../../scripts/image/oci-archive.ts';
import { PAUSE_IMAGE } from './node-files.ts';

const kPauseSource = join(import.meta.dirname, '../../pause/pause.c');
const kUser = '65532';
export const NATS_IMAGE = 'localhost/nats:1';

export function makePauseImage(archive: string): Promise<string> {
  return makeSmallImage(archive, PAUSE_IMAGE, (program) =>
    execFileSync('gcc', ['-static', '-Os', '-s', '-Wall', '-Werror', '-o', program, kPauseSource]),
  );
}

/** The server that set-up built: one program, linked to nothing. */
export function makeNatsImage(archive: string): Promise<string> {
  return makeSmallImage(archive, NATS_IMAGE, (program) =>
    copyFileSync(installedNatsServer, program),
  );
}

async function makeSmallImage(
  archive: string,
  name: string,
  put: (program: string) => void,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'netmoth-image-'));
  try {
    const rootfs = join(folder, 'rootfs');
    mkdirSync(rootfs);
    put(join(rootfs, 'run'));
    chmodSync(join(rootfs, 'run'), 0o755);
    const options = { rootfs, work: join(folder, 'work'), archive, name, version: '1' };
    return await writeOciArchive({ ...options, entrypoint: ['/run'], user: kUser });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
