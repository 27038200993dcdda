/**
 * What one run matches against, compiled for it into a file that goes away with it.
 *
 * Invariants: the engine maps the file, so it is removed only when the run is over; what is wrong with
 * the sources is told on standard error, what is sound of them is matched.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';
import { faultText } from '#signatures/faults.ts';
import { type CompileOptions, compileSources } from './compile-sources.ts';
import { listsText } from './list-sources.ts';

export interface RunSources extends CompileOptions {
  readonly list: readonly string[];
  readonly rules: readonly string[];
  /** Faults only. */
  readonly quiet: boolean;
}

export async function withBundle<T>(
  { list, rules, quiet, ...options }: RunSources,
  run: (path: string) => Promise<T>,
): Promise<T> {
  const { bytes, lists, result } = await compileSources(rules, list, options);
  const faults = result.faults.map((fault) => `${faultText(fault)}\n`).join('');
  process.stderr.write(faults + (quiet ? '' : listsText(lists.summaries)));
  const folder = await mkdtemp(join(tmpdir(), 'netmoth-bundle-'));
  try {
    return await run(await written(join(folder, 'signatures.bundle'), bytes));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function written(path: string, bytes: Uint8Array): Promise<string> {
  try {
    await writeFile(path, bytes);
    return path;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NetmothError('NM_OUTPUT_WRITE', `${path} cannot be written: ${reason}`, { cause });
  }
}
