// What a build was made from, as one hash. Invariant: names and contents count, times do not, so a
// fresh clone of the same commit has the same hash.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kBuild, kRoot } from './paths.mjs';

/**
 * @param {string[]} paths      Files and folders, relative to the clone; absent ones count as empty.
 * @param {RegExp} [except]     Relative paths left out.
 * @param {string[]} [also]     Further words the build depends on.
 */
export function contentHash(paths, except = /(?!)/, also = []) {
  const hash = createHash('sha256');
  for (const path of paths) addPath(hash, path, except);
  for (const word of also) hash.update(`\0${word}`);
  return hash.digest('hex').slice(0, 16);
}

function addPath(hash, path, except) {
  if (except.test(path)) return;
  const absolute = join(kRoot, path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isDirectory()) {
    for (const name of readdirSync(absolute).sort()) addPath(hash, `${path}/${name}`, except);
    return;
  }
  hash.update(`\0${path}\0${stats.size}\0`);
  hash.update(readFileSync(absolute));
}

/** The hash the last successful run of a step left behind. */
export function stampedHash(step) {
  try {
    return readFileSync(stampPath(step), 'utf8');
  } catch {
    return undefined;
  }
}

export function stampHash(step, hash) {
  mkdirSync(dirname(stampPath(step)), { recursive: true });
  writeFileSync(stampPath(step), hash);
}

function stampPath(step) {
  return join(kBuild, 'setup', step);
}
