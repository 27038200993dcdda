// Chooses who PostgreSQL runs as, because it refuses to run as root. Invariant: a data directory keeps
// its owner for ever, and the user gets no more than the right to pass through directories that root
// keeps to itself (a clone in /root, a 0700 state directory), and that only where it is needed.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RunAs } from './child.ts';

const kSearch = 0o001;
const kCapabilityBits = { dac_override: 1n, dac_read_search: 2n } as const;

/** Undefined when we are not root: then PostgreSQL runs as we do. */
export function unprivilegedUser(dataDir: string, binary: string): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = ownerOf(dataDir) ?? accountNamed(['netmoth', 'nobody']);
  if (owner === undefined) {
    throw new Error('PostgreSQL refuses to run as root and there is no user netmoth or nobody');
  }
  const reachable = [dataDir, binary].every((path) => othersMayPass(dirname(resolve(path))));
  return reachable ? owner : { ...owner, keepCapability: passThroughCapability() };
}

function ownerOf(dataDir: string): { uid: number; gid: number } | undefined {
  const { uid, gid } = statSync(dataDir, { throwIfNoEntry: false }) ?? { uid: 0, gid: 0 };
  return uid === 0 ? undefined : { uid, gid };
}

function accountNamed(names: readonly string[]): { uid: number; gid: number } | undefined {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of names) {
    const [, , uid, gid] = accounts.find(([account]) => account === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

function othersMayPass(directory: string): boolean {
  const existing = nearestExisting(directory);
  for (let path = realpathSync(existing); ; path = dirname(path)) {
    if ((statSync(path).mode & kSearch) === 0) return false;
    if (path === dirname(path)) return existing === directory;
  }
}

function nearestExisting(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined
    ? nearestExisting(dirname(path))
    : path;
}

/** The narrower of the two that this root may hand on (containers often lack the first). */
function passThroughCapability(): 'dac_read_search' | 'dac_override' {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const bits = BigInt(`0x${bounding ?? '0'}`);
  return (bits >> kCapabilityBits.dac_read_search) & 1n ? 'dac_read_search' : 'dac_override';
}
