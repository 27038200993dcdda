// Go, which builds nats-server and the Kubernetes of the tests. Invariants: the machine's own is taken
// where it is new enough; else a pinned one comes as Go itself gets it, a module of the module proxy
// (https://go.dev/ref/mod#module-proxy), checked by its digest, and stays in the cache.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { commandPath } from './apt.mjs';
import { kCache } from './paths.mjs';
import { SetupError } from './step-runner.mjs';

const kVersion = '1.26.8';
const kOldest = [1, 26];
/** Node's name of the processor → Go's, and the SHA-256 of the archive for it. */
const kBuilds = {
  x64: ['amd64', '30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7'],
  arm64: ['arm64', '02b36b6787b3ac767668f630e2998df45a3b1f9ffee08d1bf3ef6487cd658d99'],
};
const kProxy = 'https://proxy.golang.org';
const kFetched = join(kCache, `go-${kVersion}`);

/** A Go that can build what we need; undefined where none is there yet. */
export function goPath() {
  const candidates = [commandPath('go'), '/usr/local/go/bin/go', join(kFetched, 'bin/go')];
  return candidates.find((path) => path !== undefined && existsSync(path) && isNewEnough(path));
}

/** The same, fetched where none is there. Fails where the module proxy does not give it. */
export async function ensureGo(say) {
  const found = goPath();
  if (found !== undefined) return found;
  const [processor, digest] = kBuilds[process.arch] ?? [];
  if (processor === undefined) {
    throw new SetupError(
      `install Go ${kOldest.join('.')} or later: none is fetched for ${process.arch}`,
    );
  }
  const name = `golang.org/toolchain/@v/v0.0.1-go${kVersion}.linux-${processor}.zip`;
  const proxy =
    process.env.GOPROXY?.split(/[,|]/).find((each) => each.startsWith('http')) ?? kProxy;
  say(`fetching Go ${kVersion} from ${proxy}`);
  const archive = await download(`${proxy.replace(/\/$/, '')}/${name}`);
  const found256 = createHash('sha256').update(archive).digest('hex');
  if (found256 !== digest) {
    throw new SetupError(`${name} has SHA-256 ${found256}, not ${digest}: it is not used`);
  }
  unpack(archive, `golang.org/toolchain@v0.0.1-go${kVersion}.linux-${processor}`);
  return join(kFetched, 'bin/go');
}

async function download(url) {
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    const why = error.cause?.message ?? error.message;
    throw new SetupError(
      `${url} cannot be fetched (${why}): install Go ${kOldest.join('.')} or later`,
    );
  }
}

/** Archives of modules do not say which files are programs. */
function unpack(archive, folder) {
  const making = `${kFetched}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  const path = join(making, 'go.zip');
  try {
    writeFileSync(path, archive);
    execFileSync('unzip', ['-q', path, '-d', making]);
    const whole = join(making, folder);
    for (const programs of ['bin', ...toolFolders(whole)]) {
      for (const each of readdirSync(join(whole, programs))) {
        chmodSync(join(whole, programs, each), 0o755);
      }
    }
    renameSync(whole, kFetched);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

function toolFolders(whole) {
  return readdirSync(join(whole, 'pkg/tool')).map((each) => join('pkg/tool', each));
}

function isNewEnough(path) {
  try {
    const version = execFileSync(path, ['env', 'GOVERSION'], { encoding: 'utf8', stdio: 'pipe' });
    const [major = 0, minor = 0] = version.replace(/^go/, '').split('.').map(Number.parseFloat);
    return major > kOldest[0] || (major === kOldest[0] && minor >= kOldest[1]);
  } catch {
    return false;
  }
}
