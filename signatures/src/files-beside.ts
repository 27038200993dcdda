/**
 * Files of one set that its rules name: lists of digests, values of datasets.
 *
 * Invariant: a name is looked up beside the file of the rule; nothing outside the set is found.
 */
import { posix } from 'node:path';
import { configKind } from './config-files.ts';
import { type DatasetFiles, datasetFileKey, datasetFilesOf } from './datasets/dataset-uses.ts';
import type { LoadedRules } from './rule-loader.ts';

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

const DATA = /\.(lst|list|csv|json|md5|sha1|sha256)$/i;

/** Rules and what they name, told by the end of names; where all files look like data they are rules. */
export function parted<T extends { readonly name: string }>(
  files: readonly T[],
): { readonly rules: readonly T[]; readonly data: readonly T[] } {
  const others = files.filter(({ name }) => configKind(posix.basename(name)) === undefined);
  const rules = others.filter(({ name }) => !DATA.test(name));
  if (rules.length === 0) return { rules: others, data: [] };
  return { rules, data: others.filter(({ name }) => DATA.test(name)) };
}

export class FilesBeside {
  readonly #texts: ReadonlyMap<string, string>;

  constructor(files: readonly NamedText[]) {
    this.#texts = new Map(files.map(({ name, text }) => [posix.normalize(name), text]));
  }

  readonly text = (name: string, ruleFile: string): string | undefined =>
    this.#texts.get(posix.normalize(posix.join(posix.dirname(ruleFile), name)));

  /** Of the rules that loaded. */
  datasetFiles(loaded: LoadedRules): DatasetFiles {
    const found = new Map<string, string>();
    for (const file of datasetFilesOf(loaded)) {
      const text = this.text(file.path, file.rules);
      if (text !== undefined) found.set(datasetFileKey(file), text);
    }
    return found;
  }
}
