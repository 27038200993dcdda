// The Kubernetes programs that tests run: built once through the Go module proxy from testkit/hyperkube
// and kept in the cache by content. Invariants: what stands in the cache is whole (it arrives by rename),
// one process builds at a time, and an interrupted build goes on where it stopped.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';
import { ensureGo } from '../setup/go.mjs';
import { lockSetup } from '../setup/lock.mjs';
import { kCache, kRoot } from '../setup/paths.mjs';

const kSource = join(kRoot, 'testkit/hyperkube');
const kVersion = 'v1.36.3';
const kVersionOf = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
/** Without these a server calls itself v0.0.0 and refuses half of its own features. */
const kVersionFlags = kVersionOf.flatMap((path) => [
  `-X ${path}.gitVersion=${kVersion}`,
  `-X ${path}.gitMajor=1`,
  `-X ${path}.gitMinor=36`,
]);
/** Debug information doubles the time and the memory of the build. */
const kFlags = ['-trimpath', '-buildvcs=false', '-p=2', '-gcflags=all=-dwarf=false'];
const kLinkFlags = ['-s', '-w', ...kVersionFlags].join(' ');
const kHelm = 'helm.sh/helm/v4/cmd/helm';
const kBuildTimeoutMs = 35 * 60_000;
const kNice = '15';

export const kServerNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
] as const;
export type ProgramName = (typeof kServerNames)[number] | 'helm';

/** The path of a program of the cache; fails where it was not built. */
export function programPath(name: ProgramName): string {
  const path = join(cachedFolder(), name);
  if (!existsSync(path)) {
    throw new NetmothError(
      'NM_SETUP_MISSING',
      `${path} is missing: run \`npm test -- --only kubernetes\`, which builds it`,
    );
  }
  return path;
}

export function programsBuilt(): boolean {
  return existsSync(cachedFolder());
}

/** Builds what is not in the cache; the seconds it took (0: it was there). */
export async function buildPrograms(say: (line: string) => void): Promise<number> {
  if (programsBuilt()) return 0;
  const started = Date.now();
  const unlock = await lockSetup(join(kCache, 'hyperkube.lock'));
  try {
    if (programsBuilt()) return 0;
    await build(say);
  } finally {
    unlock();
  }
  return (Date.now() - started) / 1000;
}

async function build(say: (line: string) => void): Promise<void> {
  const folder = `${cachedFolder()}.making`;
  // Go's own cache of 3 GB: it makes an interrupted build cheap and is worthless afterwards.
  const goCache = join(kCache, 'hyperkube-go');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const program = await ensureGo(say);
  const go = (args: readonly string[]) => runGo(program, args, goCache);
  say(`building Kubernetes ${kVersion} with Go; minutes, once: it is kept in ${kCache}`);
  await go(['build', ...kFlags, '-ldflags', kLinkFlags, '-o', join(folder, 'hyperkube'), '.']);
  say('building helm');
  await go(['build', ...kFlags, '-ldflags', '-s -w', '-o', join(folder, 'helm'), kHelm]);
  for (const name of kServerNames) symlinkSync('hyperkube', join(folder, name));
  renameSync(folder, cachedFolder());
  rmSync(goCache, { recursive: true, force: true });
}

/** At a low priority: others compile on the same machine. */
function runGo(program: string, args: readonly string[], goCache: string): Promise<void> {
  const log = join(kCache, 'hyperkube.log');
  const settings = [`GOCACHE=${goCache}`, 'CGO_ENABLED=0', 'GOWORK=off', 'GOFLAGS='];
  const child = spawn('nice', ['-n', kNice, 'env', ...settings, program, ...args], {
    cwd: kSource,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: kBuildTimeoutMs,
    killSignal: 'SIGKILL',
  });
  const file = createWriteStream(log, { flags: 'a' });
  let last = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      file.write(chunk);
      last = chunk.toString().trimEnd().split('\n').at(-1) ?? last;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      file.end();
      if (code === 0) resolve();
      else {
        const how = signal ?? `exit status ${code}`;
        const text = `go ${args[0]} failed (${how}): ${last}; all of it is in ${log}`;
        reject(new NetmothError('NM_SETUP_MISSING', text));
      }
    });
  });
}

function cachedFolder(): string {
  const hash = createHash('sha256').update(JSON.stringify([kFlags, kLinkFlags, process.arch]));
  for (const name of readdirSync(kSource).sort()) {
    hash.update(`\0${name}\0`).update(readFileSync(join(kSource, name)));
  }
  return join(kCache, `hyperkube-${kVersion}-${hash.digest('hex').slice(0, 12)}`);
}
