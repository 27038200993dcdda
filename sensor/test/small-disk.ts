// A file system of 256 KiB, where the rights for one are there. Invariant: whoever mounts it unmounts it
// in afterAll; without the rights the tests of a full disk are skipped and say so.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly path: string;
  /** Leaves about 50 KiB free. */
  fill(): void;
  unmount(): void;
}

export function mountSmallDisk(): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'netmoth-small-disk-'));
  try {
    const options = ['-t', 'tmpfs', '-o', 'size=256k', 'netmoth-test'];
    execFileSync('mount', [...options, path], { stdio: 'ignore' });
  } catch {
    rmdirSync(path);
    console.log('skipped: no right to mount a small file system for the full-disk test');
    return undefined;
  }
  return {
    path,
    fill: () => writeFileSync(`${path}/ballast`, randomBytes(200 * 1024)),
    unmount: () => {
      execFileSync('umount', ['--lazy', path]);
      rmdirSync(path);
    },
  };
}
