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
import { compileSources } from './compile-sources.ts';
import { listsText } from './list-sources.ts';
import type { SourceOptions } from './rule-sources.ts';
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
  if (paths.length + options.list.length === 0) {
    throw new NetmothError('NM_USAGE', 'give rule files, or lists with --list');
  }
  const key = options.signKey === undefined ? undefined : await signingKey(options.signKey);
  const compiled = await compileSources(paths, options.list, options);
  const { bytes, digest, manifest, result } = compiled;
  const bundle = key === undefined ? bytes : signed(bytes, key);
  await writeWhole(options.output, bundle);
  const { summaries } = compiled.lists;
  if (options.json === true) {
    const bundleFacts = { output: options.output, digest, sizeBytes: bundle.length };
    const all = { ...bundleFacts, manifest, ...result, lists: summaries };
    process.stdout.write(`${JSON.stringify(all)}\n`);
  } else {
    const size = `${bundle.length} bytes${key === undefined ? '' : ', signed'}`;
    const sealed = `${options.output}: sha256 ${digest}, ${size}\n`;
    process.stdout.write(resultText(result) + listsText(summaries) + sealed);
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
