// The definitions (CRDs) of kinds that other operators bring and our chart makes objects of, as their own projects publish
// them. Invariants: they come as Go modules, pinned by version and checked by digest; what stands in the cache is
// whole (it arrives by rename); nothing of them is kept in the clone.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';
import { ensureGo } from '../../../scripts/setup/go.mjs';
import { lockSetup } from '../../../scripts/setup/lock.mjs';
import { kCache } from '../../../scripts/setup/paths.mjs';

interface Published {
  readonly module: string;
  /** Of the module's files, as in a go.sum. */
  readonly sum: string;
  readonly files: readonly string[];
}

const kMonitoring = 'example/prometheus-operator-crd/monitoring.coreos.com';
const kPublished: readonly Published[] = [
  {
    module: 'github.com/cloudnative-pg/cloudnative-pg@v1.27.0',
    sum: 'h1:mp0zlYO4vKAJmQdArWORWKr1lmB4Hj8JeBQGX5RBnpg=',
    files: ['config/crd/bases/postgresql.cnpg.io_clusters.yaml'],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    files: [`${kMonitoring}_podmonitors.yaml`, `${kMonitoring}_prometheusrules.yaml`],
  },
  {
    module: 'sigs.k8s.io/gateway-api@v1.4.0',
    sum: 'h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=',
    files: ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
  },
];
const kFetchTimeoutMs = 180_000;

/** A folder with the definitions; fetched once. */
export async function foreignKinds(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(kPublished)).digest('hex');
  const folder = join(kCache, `foreign-kinds-${hash.slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const unlock = await lockSetup(join(kCache, 'foreign-kinds.lock'));
  try {
    if (!existsSync(folder)) await fetchTo(folder);
  } finally {
    unlock();
  }
  return folder;
}

async function fetchTo(folder: string): Promise<void> {
  const making = `${folder}.making`;
  const modules = `${folder}.modules`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  const go = await ensureGo(() => undefined);
  try {
    for (const { module, sum, files } of kPublished) {
      const { Dir, Sum, Error: fault } = download(go, module, modules);
      if (Dir === undefined || Sum !== sum) {
        const why = fault ?? `its digest is ${Sum}, not ${sum}`;
        throw new NetmothError('NM_SETUP_MISSING', `${module} cannot be fetched: ${why}`);
      }
      for (const file of files)
        copyFileSync(join(Dir, file), join(making, file.replace(/.*\//, '')));
    }
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
    rmSync(modules, { recursive: true, force: true });
  }
}

interface Downloaded {
  readonly Dir?: string;
  readonly Sum?: string;
  readonly Error?: string;
}

/** https://go.dev/ref/mod#go-mod-download: it says on its output what it did, also where it failed. */
function download(go: string, module: string, cache: string): Downloaded {
  const settings = [`GOMODCACHE=${cache}`, 'GOFLAGS=-modcacherw', 'GOWORK=off', 'GO111MODULE=on'];
  try {
    const args = [...settings, go, 'mod', 'download', '-json', module];
    const options = { cwd: kCache, timeout: kFetchTimeoutMs, encoding: 'utf8' } as const;
    return JSON.parse(execFileSync('env', args, { ...options, stdio: 'pipe' })) as Downloaded;
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (stdout === undefined || !stdout.startsWith('{')) throw error;
    return JSON.parse(stdout) as Downloaded;
  }
}
