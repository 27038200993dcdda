/**
 * What `netmoth up` matches with, as a compiled bundle for its sensor.
 *
 * Invariants: sources are read and compiled before anything is started; what is wrong with them is told, what is
 * sound of them is matched. A bundle that is not whole, or is of a newer version, is refused before as well.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BundleRefused } from '#contracts/bundle-faults.ts';
import { NetmothError } from '#contracts/errors.ts';
import { MAX_BUNDLE_BYTES } from '#contracts/signature-store.ts';

export interface UpSources {
  readonly list: readonly string[];
  readonly rules: readonly string[];
  readonly bundle?: string;
  readonly var: readonly string[];
  readonly classification?: string;
  readonly threshold?: string;
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly suppress: readonly string[];
  readonly iprep?: string;
  readonly geoip?: string;
}

/** Puts the bundle into the data directory once there is one, and says where it lies. */
export type PlaceBundle = (folder: string) => Promise<string | undefined>;

export async function prepareSignatures(
  { list, rules, bundle, ...options }: UpSources,
  say: (line: string) => void,
): Promise<PlaceBundle> {
  if (rules.length + list.length === 0) {
    if (bundle !== undefined) await checkBundle(bundle);
    return async () => (bundle === undefined ? undefined : resolve(bundle));
  }
  if (bundle !== undefined) {
    throw new NetmothError('NM_USAGE', 'give --rules and --list, or --bundle, not both');
  }
  // Most runs match nothing: the compiler is loaded for those that do.
  const { compileSources } = await import('../commands/compile-sources.ts');
  const { listsText } = await import('../commands/list-sources.ts');
  const { faultText } = await import('#signatures/faults.ts');
  const { bytes, lists, result } = await compileSources(rules, list, {
    var: options.var,
    ...{ enable: options.enable, disable: options.disable, suppress: options.suppress },
    ...(options.classification !== undefined && { classification: options.classification }),
    ...(options.threshold !== undefined && { threshold: options.threshold }),
    ...(options.iprep !== undefined && { iprep: options.iprep }),
    ...(options.geoip !== undefined && { geoip: options.geoip }),
  });
  for (const fault of result.faults) process.stderr.write(`${faultText(fault)}\n`);
  say(`signatures: ${result.loaded} rules, ${result.failed} failed`);
  if (list.length > 0) say(listsText(lists.summaries).trimEnd());
  return async (folder) => {
    const path = join(folder, 'signatures.bundle');
    const unfinished = `${path}.tmp`;
    await writeFile(unfinished, bytes, { mode: 0o600 });
    await rename(unfinished, path);
    return path;
  };
}

async function checkBundle(path: string): Promise<void> {
  const { checkBundleFile } = await import('#signatures/bundle/bundle-tail.ts');
  const { BundleError } = await import('#signatures/bundle/bundle-error.ts');
  try {
    await checkBundleFile(path, MAX_BUNDLE_BYTES);
  } catch (cause) {
    const reason = cause instanceof BundleError ? cause.code : 'BUNDLE_UNREADABLE';
    throw new BundleRefused(reason, path, { cause });
  }
}
