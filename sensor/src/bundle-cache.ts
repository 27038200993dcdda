/**
 * Bundles of signatures on disk, by content, and which of them was wanted last.
 *
 * Invariants: a file appears whole or not at all and is never changed afterwards, because the engine has it
 * mapped; all files together take at most `capacityBytes` beside the one that was added last (those
 * used longest ago go first, never one that is in use). Nothing is read from here without being verified.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type DesiredSignatures, desiredSignaturesSchema } from '#contracts/signature-store.ts';

const SUFFIX = '.bundle';
const UNFINISHED = '.part';
const WANTED = 'wanted.json';

export interface BundleCacheOptions {
  readonly path: string;
  readonly capacityBytes: number;
  readonly now: () => Date;
}

export class BundleCache {
  readonly #options: BundleCacheOptions;

  constructor(options: BundleCacheOptions) {
    this.#options = options;
  }

  /** Where the bundle lies, or would. */
  pathOf(digest: string): string {
    return join(this.#options.path, `${digest.replace(/^sha256:/, '')}${SUFFIX}`);
  }

  /** Its path, where it is there; it counts as used now. */
  async find(digest: string): Promise<string | undefined> {
    const path = this.pathOf(digest);
    try {
      const now = this.#options.now();
      await utimes(path, now, now);
      return path;
    } catch {
      return undefined;
    }
  }

  /** Writes what comes; `check` looks at the file before it gets its name. Throws what these throw. */
  async add(
    digest: string,
    bytes: AsyncIterable<Uint8Array>,
    check: (path: string) => Promise<void>,
  ): Promise<string> {
    await mkdir(this.#options.path, { recursive: true, mode: 0o700 });
    const path = this.pathOf(digest);
    const unfinished = `${path}${UNFINISHED}`;
    try {
      await pipeline(bytes, createWriteStream(unfinished, { mode: 0o600, flush: true }));
      await check(unfinished);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    return path;
  }

  /** What is broken must not be found again. */
  async remove(digest: string): Promise<void> {
    await rm(this.pathOf(digest), { force: true });
  }

  /** Makes room: of those not in use the ones used longest ago go, until the rest is within the bound. */
  async tidy(inUse: readonly string[]): Promise<void> {
    const kept = new Set(inUse.map((digest) => this.pathOf(digest)));
    const files = await this.#files();
    let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { path, sizeBytes } of files.sort((a, b) => a.usedMs - b.usedMs)) {
      const unfinished = path.endsWith(UNFINISHED);
      if (kept.has(path) || (total <= this.#options.capacityBytes && !unfinished)) continue;
      await rm(path, { force: true });
      total -= sizeBytes;
    }
  }

  /** Undefined: nothing is wanted. */
  async remember(wish: DesiredSignatures | undefined): Promise<void> {
    const path = join(this.#options.path, WANTED);
    if (wish === undefined) return rm(path, { force: true });
    await mkdir(this.#options.path, { recursive: true, mode: 0o700 });
    const unfinished = `${path}${UNFINISHED}`;
    await writeFile(unfinished, `${JSON.stringify(wish)}\n`, { mode: 0o600, flush: true });
    await rename(unfinished, path);
  }

  async recall(): Promise<DesiredSignatures | undefined> {
    try {
      const text = await readFile(join(this.#options.path, WANTED), 'utf8');
      return desiredSignaturesSchema.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }

  async #files() {
    const names = await readdir(this.#options.path).catch(() => []);
    const files = [];
    for (const name of names) {
      if (!name.endsWith(SUFFIX) && !name.endsWith(UNFINISHED)) continue;
      const path = join(this.#options.path, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts !== undefined) files.push({ path, sizeBytes: facts.size, usedMs: facts.mtimeMs });
    }
    return files;
  }
}
