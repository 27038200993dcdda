// Where things are. Invariant: nothing outside the clone is written but the cache directory (and what
// apt installs); the cache may be deleted at any time.
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const kRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const kBuild = join(kRoot, 'build');
export const kLogs = join(kBuild, 'logs');
export const kBin = join(kRoot, 'node_modules', '.bin');
/** The runtime everything of ours runs on; it comes with `npm ci`. */
export const kNode = join(kBin, 'node');
export const kCache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'netmoth');
