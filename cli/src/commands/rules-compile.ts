/**
 * `netmoth rules compile`: rule files and lists as one bundle for the engine.
 *
 * Invariants: the bundle appears whole or not at all; what does not load is named and left out; exit 0
 * without an error, 1 with one (the bundle is written all the same), 66 where a file is missing.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { NetmothError } from '#contracts/errors.ts';
import { signed } from '#signatures/bundle/signature.ts';
import { checked } from '#signatures/check-rules.ts';
import { compile } from '#signatures/compile/compile.ts';
import { givenLists, readListSources } from './list-sources.ts';
import { labelsOf, readRuleSources, type SourceOptions } from './rule-sources.ts';
import { resultText } from './rules-check.ts';

export interface RulesCompileOptions extends Omit<SourceOptions, 'label'> {
  readonly output: string;
  readonly list: readonly string[];
  readonly signKey?: string;
  readonly json?: boolean;
}

export async function rulesCompile(
  paths: readonly string[],
  options: RulesCompileOptions,
): Promise<number> {
  const { classification, reference, threshold } = options;
  const configs = [classification, reference, threshold].filter((path) => path !== undefined);
  const lists = givenLists(options.list);
  if (paths.length + lists.length === 0) {
    throw new NetmothError('NM_USAGE', 'give rule files, or lists with --list');
  }
  const label = labelsOf([...paths, ...configs, ...lists.map(({ path }) => path)]);
  // Sorted, so that the order of the arguments (or of the shell's wildcard) changes nothing.
  const ordered = [...paths].sort((a, b) => (label(a) < label(b) ? -1 : 1));
  const key = options.signKey === undefined ? undefined : await signingKey(options.signKey);
  const input = await readRuleSources(ordered, { ...options, label });
  const read = await readListSources(lists, label);
  const { bytes, digest, manifest } = compile({
    ...input,
    sources: [...input.sources, ...read.sources],
    indicators: read.indicators,
    faults: [...input.faults, ...read.faults],
  });
  const bundle = key === undefined ? bytes : signed(bytes, key);
  await writeWhole(options.output, bundle);
  const rules = checked(input.loaded);
  const result = {
    ...rules,
    faults: [...input.faults, ...rules.faults, ...read.faults],
    faultsOmitted: rules.faultsOmitted + read.faultsOmitted,
  };
  if (options.json === true) {
    const bundleFacts = { output: options.output, digest, sizeBytes: bundle.length };
    const lists = read.summaries;
    process.stdout.write(`${JSON.stringify({ ...bundleFacts, manifest, ...result, lists })}\n`);
  } else {
    const size = `${bundle.length} bytes${key === undefined ? '' : ', signed'}`;
    const listed = read.summaries.map(
      ({ name, format, entries, failed, notApplicable }) =>
        `list ${name} (${format}): ${entries} entries, ${failed} failed, ${notApplicable} not applicable\n`,
    );
    const sealed = `${options.output}: sha256 ${digest}, ${size}\n`;
    process.stdout.write(resultText(result) + listed.join('') + sealed);
  }
  const wrong = result.failed > 0 || result.faults.some(({ severity }) => severity === 'error');
  return wrong ? 1 : 0;
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const made = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(made, bytes);
    await rename(made, path);
  } catch (cause) {
    await rm(made, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NetmothError('NM_OUTPUT_WRITE', `${path} cannot be written: ${reason}`, { cause });
  }
}

async function signingKey(path: string): Promise<KeyObject> {
  try {
    const key = createPrivateKey(await readFile(path));
    if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`it is ${key.asymmetricKeyType}`);
    return key;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `--sign-key ${path} is no Ed25519 private key in PEM: ${reason}`;
    throw new NetmothError('NM_USAGE', message, { cause });
  }
}
