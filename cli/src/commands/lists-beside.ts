/**
 * Files that rules name (lists of digests), read from the folder of the rules that name them.
 *
 * Invariant: nothing outside that folder is read, and nothing larger than MAX_LIST_BYTES.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';

export const MAX_LIST_BYTES = 64 * 1024 * 1024;

export class ListsBeside {
  readonly #folders = new Map<string, string>();
  readonly #read = new Map<string, Buffer | undefined>();

  /** Rules of the file, known to them by its label, may name what lies beside it. */
  allow(label: string, path: string): void {
    this.#folders.set(label, dirname(resolve(path)));
  }

  /** Undefined where the rules may not read it, or there is nothing to read. */
  readonly text = (name: string, label: string): string | undefined => {
    const folder = this.#folders.get(label);
    if (folder === undefined) return undefined;
    const path = resolve(folder, name);
    if (!this.#read.has(path)) this.#read.set(path, bytesOf(path, folder));
    return this.#read.get(path)?.toString('latin1');
  };

  /** What was read, by path. */
  *files(): IterableIterator<readonly [string, Buffer]> {
    for (const [path, bytes] of this.#read) if (bytes !== undefined) yield [path, bytes];
  }
}

function bytesOf(path: string, folder: string): Buffer | undefined {
  try {
    // By their real names, so that no link leads out.
    if (!realpathSync(path).startsWith(realpathSync(folder) + sep)) return undefined;
    const { size } = statSync(path);
    return size <= MAX_LIST_BYTES ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}
