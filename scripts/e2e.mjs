#!/usr/bin/env node
// `npm run e2e`: set-up, then the chart on a real Kubernetes node of this machine (scripts/e2e/main.ts). Invariants: it
// runs in network, mount and process namespaces of its own, which take everything it started with them however it
// ends; what outlives namespaces (its folder, empty cgroups) is removed here, after it and before the next.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockSetup } from './setup/lock.mjs';
import { kCache, kNode, kRoot } from './setup/paths.mjs';
import { runSetup, SetupError } from './setup/run-setup.mjs';

const kFolder = join(kCache, 'e2e');
const kCgroups = '/sys/fs/cgroup';
const kNamespaces = [
  // Whoever kills this process alone takes the run along as well.
  ...['setpriv', '--pdeathsig=KILL'],
  ...['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
];
const kMain = join(kRoot, 'scripts/e2e/main.ts');
const kStops = ['SIGINT', 'SIGTERM', 'SIGHUP'];

try {
  if (process.getuid?.() !== 0) throw new SetupError('a real node needs root: namespaces, cgroups');
  await runSetup({ tests: true, node: true });
  mkdirSync(kCache, { recursive: true });
  const unlock = await lockSetup(join(kCache, 'e2e.lock'));
  try {
    clean();
    mkdirSync(kFolder);
    // The first needs the network of the machine, which the other does not have.
    const programs = await run([kNode, join(kRoot, 'scripts/e2e/programs.ts')]);
    process.exitCode = programs || (await run([...kNamespaces, kNode, kMain, kFolder]));
  } finally {
    clean();
    unlock();
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup  ${error.message}`);
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
}

/** Resolves to the exit status. A run that is told to stop is killed: its first process takes all others along. */
function run([command, ...args]) {
  // What it leaves in its temporary folder when it is killed goes with ours.
  const env = { ...process.env, TMPDIR: kFolder };
  const child = spawn(command, args, { cwd: kRoot, stdio: 'inherit', env });
  const kill = () => child.kill('SIGKILL');
  for (const signal of kStops) process.on(signal, kill);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      for (const signal of kStops) process.off(signal, kill);
      resolve(code ?? 1);
    });
  });
}

/** A cgroup with a process in it cannot be removed: those of a kubelet that runs here stay. */
function clean() {
  rmSync(kFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  for (const controller of existsSync(kCgroups) ? readdirSync(kCgroups) : []) {
    removeCgroup(join(kCgroups, controller, 'kubepods'));
  }
  removeCgroup(join(kCgroups, 'kubepods'));
}

function removeCgroup(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroup(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch (error) {
    if (error.code !== 'EBUSY') throw error;
  }
}
