// One set-up at a time in a clone. Invariant: a lock whose holder is gone does not hold.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kBuild } from './paths.mjs';

/** Resolves with the function that unlocks. */
export async function lockSetup(path = join(kBuild, 'setup.lock')) {
  mkdirSync(kBuild, { recursive: true });
  for (let told = false; ; ) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = holderOf(path);
    if (holder === undefined) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) console.log(`setup  waiting for another set-up of this clone (process ${holder})`);
    told = true;
    await sleep(500);
  }
}

function holderOf(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === 'EPERM' ? 'of another user' : undefined;
  }
}
