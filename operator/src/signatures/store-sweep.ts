/**
 * Removes from the store of signatures what nothing refers to any more.
 *
 * Invariants: decided by what lies in the store against what is referred to, never by what somebody remembers
 * to remove, so an operator that died in between leaves nothing behind; removes only what an operator made
 * (packs, merges, and bundles marked as an operator's). A merge that nobody was told stays for kUnusedMs.
 * What stays is signed by the key of now.
 */
import type { Logger } from 'pino';
import { BundleError } from '#signatures/bundle/bundle-error.ts';
import type { StoredObject } from './signature-bus.ts';
import { isMergedName, packName } from './store-names.ts';

const kEveryMs = 600_000;
/** A combination of sets that nobody has now may be asked for again soon. */
const kUnusedMs = 3_600_000;

export interface SweptStore {
  list(): Promise<readonly StoredObject[]>;
  get(name: string): Promise<Uint8Array | undefined>;
  publish(digest: string, bundle: Uint8Array): Promise<boolean>;
  remove(name: string): Promise<void>;
}

export interface StoreSweepOptions {
  readonly store: SweptStore;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly wallNow: () => Date;
}

/** What must stay. */
export interface Referred {
  readonly revisions: ReadonlySet<string>;
  readonly digests: ReadonlySet<string>;
  /** Merges by name, in use or asked for of late. */
  readonly merges: ReadonlySet<string>;
}

export class StoreSweep {
  readonly #options: StoreSweepOptions;
  #sweptMs: number | undefined;

  constructor(options: StoreSweepOptions) {
    this.#options = options;
  }

  /** Something was let go of, or the last look is long ago. */
  get due(): boolean {
    return this.#sweptMs === undefined || this.#options.now() - this.#sweptMs >= kEveryMs;
  }

  /** The next look is due at once. */
  soon(): void {
    this.#sweptMs = undefined;
  }

  async sweep({ revisions, digests, merges }: Referred): Promise<void> {
    const { store, log, now } = this.#options;
    const objects = await store.list();
    const packs = new Set([...revisions].map(packName));
    const kept = new Set(digests);
    const unused: string[] = [];
    for (const { name, mark, modified } of objects) {
      if (mark === 'pack' && !packs.has(name)) unused.push(name);
      if (mark !== 'merge') continue;
      const digest = await this.#mergedInto(name);
      if (merges.has(name) || digests.has(digest ?? '') || this.#isYoung(modified)) {
        if (digest !== undefined) kept.add(digest);
      } else unused.push(name);
    }
    for (const { name, mark, current } of objects) {
      if (mark !== 'bundle') continue;
      if (!kept.has(name)) unused.push(name);
      else if (!current) await this.#signAnew(name);
    }
    for (const name of unused) {
      await store.remove(name);
      log.info({ name }, 'Removed from the store: nothing refers to it');
    }
    this.#sweptMs = now();
  }

  async #signAnew(digest: string): Promise<void> {
    const { store, log } = this.#options;
    const bytes = await store.get(digest);
    if (bytes === undefined) return;
    try {
      await store.publish(digest, bytes);
      log.info({ digest }, 'Bundle signed anew');
    } catch (err) {
      if (!(err instanceof BundleError)) throw err;
      log.warn({ err, digest }, 'A bundle in the store is damaged');
    }
  }

  #isYoung(modified: Date): boolean {
    return this.#options.wallNow().getTime() - modified.getTime() < kUnusedMs;
  }

  async #mergedInto(name: string): Promise<string | undefined> {
    if (!isMergedName(name)) return undefined;
    const bytes = await this.#options.store.get(name);
    try {
      const { digest } = JSON.parse(new TextDecoder().decode(bytes)) as { digest?: unknown };
      return typeof digest === 'string' ? digest : undefined;
    } catch {
      return undefined;
    }
  }
}
