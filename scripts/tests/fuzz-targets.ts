// The libFuzzer targets and where their inputs lie. Invariant: each source native/fuzz/*_fuzz.cc is one.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sourceFiles } from '../imports/source-files.ts';
import { kCache } from '../setup/paths.mjs';
import { runCommand } from './command.ts';
import { kTestBuild } from './cpp-build.ts';
import { kRoot } from './layer.ts';

export interface FuzzTarget {
  readonly name: string;
  readonly program: string;
  /** What was found so far on this machine; it grows. */
  readonly found: string;
  /** Regression inputs, made by scripts/fuzz-corpus.ts; need not exist. */
  readonly archive: string;
  /** Vectors of real traffic. */
  readonly seeds: readonly string[];
  readonly dictionary: string | undefined;
}

/** All of them, or those with one of `filters` in their name. */
export function fuzzTargets(filters: readonly string[]): FuzzTarget[] {
  return sourceFiles(kRoot, ['native/fuzz'], /_fuzz\.cc$/)
    .map((file) => basename(file, '.cc'))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
    .map(targetOf);
}

function targetOf(name: string): FuzzTarget {
  const short = name.replace(/_fuzz$/, '');
  const native = join(kRoot, 'native');
  const vectors = join(native, 'test/protocols/vectors', short);
  const dictionary = join(native, 'fuzz/dictionaries', `${short}.dict`);
  return {
    name,
    program: join(kTestBuild, 'fuzz', name),
    found: join(kCache, 'fuzz', name),
    archive: join(native, 'fuzz/corpus', `${short}.tar.gz`),
    seeds: [vectors, `${vectors}.datagram`].filter((folder) => existsSync(folder)),
    dictionary: existsSync(dictionary) ? dictionary : undefined,
  };
}

/** The folder of the regression inputs, fresh; undefined where there are none. */
export async function unpackRegression({ name, archive }: FuzzTarget): Promise<string | undefined> {
  if (!existsSync(archive)) return undefined;
  const folder = join(kRoot, 'build/fuzz/regression', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { ok, output } = await runCommand('tar', ['-xzf', archive, '-C', folder], {
    name: `${name}-unpack`,
    silent: true,
  });
  if (!ok) throw new Error(`${archive}: ${output}`);
  return folder;
}
