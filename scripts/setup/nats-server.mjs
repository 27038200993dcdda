// The bus. Invariants: the pinned version, built through the Go module proxy (checked by Go's checksum
// database), kept in the cache by version and build flags; where Go can neither be found nor fetched,
// Debian's older server and a warning that says what is then missing. build/bin/nats-server is the
// one in use.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { stampedHash, stampHash } from './content-hash.mjs';
import { ensureGo, goPath } from './go.mjs';
import { kBuild, kCache } from './paths.mjs';
import { SetupError } from './step-runner.mjs';

const kVersion = 'v2.14.9';
const kModule = 'github.com/nats-io/nats-server/v2';
const kLdflags = '-s -w';
const kGoEnv = { GOFLAGS: '-trimpath', CGO_ENABLED: '0', GOWORK: 'off' };
const kLink = join(kBuild, 'bin', 'nats-server');
const kInstalled = '/usr/sbin/nats-server';
const kUnpacked = join(kCache, 'nats-server-debian');
const kFallbackStamp = 'nats-server-fallback';
const kMissingThere =
  "stream compression, subject lists in a consumer's filter and per-message TTL (all need 2.11)";

export function natsServerStep() {
  return {
    name: 'nats-server',
    title: `nats-server ${kVersion}`,
    // Go is unpacked with a program of Debian's, and so is the server where it cannot be had.
    needs: goPath() === undefined ? ['packages'] : [],
    fresh: () =>
      linkedServer() !== undefined && (linkedServer() === cached() || settledForDebians()),
    async run({ say, exec }) {
      const go = existsSync(cached()) ? undefined : await goOrNone(say);
      if (go !== undefined) await build(go, say, exec);
      if (existsSync(cached())) link(cached());
      else await takeDebians(go, say, exec);
    },
  };
}

async function goOrNone(say) {
  try {
    return await ensureGo(say);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`WARNING: ${error.message}`);
  }
}

async function build(go, say, exec) {
  say(`building ${kVersion} with Go through the module proxy`);
  const folder = `${cached()}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    const args = ['install', '-ldflags', kLdflags, `${kModule}@${kVersion}`];
    await exec(go, args, { env: { ...kGoEnv, GOBIN: folder } });
    renameSync(join(folder, 'nats-server'), cached());
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`WARNING: it could not be built: ${error.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Only the program is taken out of the package: installing it would start a server on port 4222. */
async function takeDebians(go, say, exec) {
  const why = go === undefined ? 'there is no Go' : 'the build failed';
  const binary = [kInstalled, kUnpacked].find((path) => existsSync(path)) ?? (await unpack(exec));
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  say(`WARNING: ${why}, so Debian's ${version} is used; missing there: ${kMissingThere}`);
  link(binary);
  stampHash(kFallbackStamp, today());
}

async function unpack(exec) {
  const folder = `${kUnpacked}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    await exec('apt-get', ['download', '-q', 'nats-server'], { cwd: folder });
    const [archive] = readdirSync(folder);
    await exec('dpkg-deb', ['--extract', join(folder, archive), folder]);
    renameSync(join(folder, 'usr/sbin/nats-server'), kUnpacked);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kUnpacked;
}

/** What failed is tried again the next day. */
function settledForDebians() {
  return stampedHash(kFallbackStamp) === today();
}

function today() {
  return new Date().toISOString().slice(0, 10);
}

function cached() {
  const key = createHash('sha256').update(
    JSON.stringify([kModule, kLdflags, kGoEnv, process.arch]),
  );
  return join(kCache, `nats-server-${kVersion}-${key.digest('hex').slice(0, 8)}`);
}

function linkedServer() {
  try {
    const target = readlinkSync(kLink);
    return existsSync(target) ? target : undefined;
  } catch {
    return undefined;
  }
}

function link(target) {
  mkdirSync(join(kBuild, 'bin'), { recursive: true });
  if (lstatSync(kLink, { throwIfNoEntry: false }) !== undefined) rmSync(kLink);
  symlinkSync(target, kLink);
}
