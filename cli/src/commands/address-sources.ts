/**
 * What rules ask of addresses: a folder of reputations (`--iprep`) and a database of countries
 * (`--geoip`).
 *
 * Invariant: files of a folder come in the order of their names; the database is read only where one is
 * given.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';
import type { Countries } from '#signatures/addresses/countries.ts';
import { type Source, sourceOf } from '#signatures/compile/compile.ts';
import type { ConfigKind } from '#signatures/config-files.ts';
import { unreadable } from './source-stream.ts';

/** Suricata's categories.txt, and every `*.list` beside it. */
export async function reputationPaths(folder: string | undefined): Promise<[ConfigKind, string][]> {
  if (folder === undefined) return [];
  const names = await readdir(folder).catch((cause) => {
    throw unreadable(folder, cause);
  });
  if (!names.includes('categories.txt')) {
    throw new NetmothError('NM_NOT_FOUND', `--iprep ${folder}: there is no categories.txt`);
  }
  const lists = names.filter((name) => name.endsWith('.list')).sort();
  return [
    ['categories', join(folder, 'categories.txt')],
    ...lists.map((name): [ConfigKind, string] => ['reputation', join(folder, name)]),
  ];
}

export async function countrySource(
  path: string | undefined,
  label: (path: string) => string,
): Promise<{ readonly countries?: Countries; readonly sources: readonly Source[] }> {
  if (path === undefined) return { sources: [] };
  const { Countries: Made } = await import('#signatures/addresses/countries.ts');
  try {
    const bytes = await readFile(path);
    return { countries: new Made(bytes), sources: [sourceOf(label(path), bytes)] };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `--geoip ${path} is no MaxMind database of countries: ${reason}`;
    throw new NetmothError('NM_NOT_FOUND', message, { cause });
  }
}
