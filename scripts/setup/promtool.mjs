// promtool, which checks the rules of deploy/monitoring. Invariants: only the program is taken out of Debian's package
// prometheus, since installing that would start a server on port 9090; one that is on the PATH is used as it is; where
// it cannot be had the set-up goes on and the test says that it was skipped.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { commandPath } from './apt.mjs';
import { stampedHash, stampHash } from './content-hash.mjs';
import { kBuild, kCache } from './paths.mjs';
import { SetupError } from './step-runner.mjs';

const kUnpacked = join(kCache, `promtool-debian-${process.arch}`);
const kLink = join(kBuild, 'bin', 'promtool');
const kMissingStamp = 'promtool-missing';

export function promtoolStep() {
  return {
    name: 'promtool',
    title: 'promtool',
    needs: ['packages'],
    fresh: () => existsSync(kLink) || stampedHash(kMissingStamp) === today(),
    async run({ say, exec }) {
      try {
        link(commandPath('promtool') ?? (await unpacked(exec)));
      } catch (error) {
        if (!(error instanceof SetupError)) throw error;
        say(`WARNING: there is no promtool, its test is skipped: ${error.message}`);
        // What failed is tried again the next day.
        stampHash(kMissingStamp, today());
      }
    },
  };
}

async function unpacked(exec) {
  if (existsSync(kUnpacked)) return kUnpacked;
  const folder = `${kUnpacked}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    await exec('apt-get', ['download', '-q', 'prometheus'], { cwd: folder });
    const [archive] = readdirSync(folder);
    await exec('dpkg-deb', ['--extract', join(folder, archive), folder]);
    renameSync(join(folder, 'usr/bin/promtool'), kUnpacked);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kUnpacked;
}

function link(target) {
  mkdirSync(join(kBuild, 'bin'), { recursive: true });
  if (lstatSync(kLink, { throwIfNoEntry: false }) !== undefined) rmSync(kLink);
  symlinkSync(target, kLink);
}

function today() {
  return new Date().toISOString().slice(0, 10);
}
