/**
 * A local copy of all objects of a kind, kept current by one watch.
 *
 * Invariants: after `synced` every change is told once, in order, with what was before; a broken watch
 * goes on from the last resourceVersion it knows (bookmarks keep that young); only "too old" (410) makes
 * it list again, by pages, and then only differences are told. What is kept is what `project` returns,
 * so the memory of a copy is bounded by what is used of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client.ts';
import { ApiError, hasStatus } from './api-error.ts';
import { Backoff } from './backoff.ts';
import { ObjectStore } from './object-store.ts';
import { type KubeObject, keyOf, type ResourceKind } from './resource.ts';

const kPageLimit = 500;
const kWatchSeconds = 300;
/** The server sends a bookmark about once a minute. */
const kIdleMs = 150_000;

export interface InformerOptions<T extends KubeObject, Kept extends KubeObject> {
  readonly client: ApiClient;
  readonly kind: ResourceKind;
  readonly log: Logger;
  readonly random: () => number;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly pageLimit?: number;
  /** A watch lasts so long at least; then it is taken up again. */
  readonly watchSeconds?: number;
  /** Takes from an object what is worth keeping: its names always. */
  readonly project: (object: T) => Kept;
}

/** One side is undefined for what is new or gone. */
export type ChangeListener<Kept> = (change: {
  readonly key: string;
  readonly before: Kept | undefined;
  readonly after: Kept | undefined;
}) => void;

export interface InformerCounters {
  lists: number;
  pages: number;
  watches: number;
  events: number;
  bookmarks: number;
}

export class Informer<T extends KubeObject, Kept extends KubeObject> {
  readonly counters: InformerCounters = {
    ...{ lists: 0, pages: 0, watches: 0, events: 0, bookmarks: 0 },
  };
  readonly #options: InformerOptions<T, Kept>;
  readonly #store = new ObjectStore<Kept>();
  readonly #listeners = new Set<ChangeListener<Kept>>();
  readonly #synced = Promise.withResolvers<void>();
  #resourceVersion: string | undefined;

  constructor(options: InformerOptions<T, Kept>) {
    this.#options = options;
  }

  /** Resolves when the first list is complete. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get size(): number {
    return this.#store.size;
  }

  get(key: string): Kept | undefined {
    return this.#store.get(key);
  }

  values(): Generator<Kept> {
    return this.#store.values();
  }

  keys(): Generator<string> {
    return this.#store.keys();
  }

  /** Returns what ends it. */
  onChange(listener: ChangeListener<Kept>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Runs until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ firstMs: 200, maxMs: 30_000, random: this.#options.random });
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        await this.#watch(signal, () => backoff.reset());
        // It lasted as long as it was to: the server is well, however little happened.
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
      }
      // A server that ends every watch at once must not be asked without a pause.
      await sleep(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
    }
  }

  #failed(error: unknown): void {
    const { log, kind } = this.#options;
    if (hasStatus(error, 410)) {
      log.info({ kind: kind.kind }, 'Watch is too old: listing again');
      this.#resourceVersion = undefined;
      return;
    }
    // 403 and 404 are a role or a CRD that is missing yet: the next try may find it.
    const level = error instanceof ApiError ? 'error' : 'warn';
    log[level]({ err: error, kind: kind.kind }, 'Watch failed; it will be taken up again');
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, kind, namespace, labelSelector, fieldSelector, project } = this.#options;
    const limit = this.#options.pageLimit ?? kPageLimit;
    const found = new ObjectStore<Kept>();
    let next: string | undefined;
    let resourceVersion = '';
    this.counters.lists += 1;
    do {
      const options = { namespace, labelSelector, fieldSelector, signal, limit, next };
      const page = await client.listPage<T>(kind, options);
      this.counters.pages += 1;
      for (const item of page.items) found.set(project(item));
      ({ next, resourceVersion } = page);
    } while (next !== undefined);
    for (const key of [...this.#store.keys()]) {
      if (found.get(key) === undefined) this.#set(key, undefined);
    }
    for (const kept of found.values()) {
      const key = keyOf(kept);
      const before = this.#store.get(key);
      const same = before?.metadata.resourceVersion === kept.metadata.resourceVersion;
      if (before === undefined || !same) this.#set(key, kept);
    }
    this.#resourceVersion = resourceVersion;
    this.#synced.resolve();
  }

  async #watch(signal: AbortSignal, onEvent: () => void): Promise<void> {
    const { client, kind, namespace, labelSelector, fieldSelector, random, project } =
      this.#options;
    const watchSeconds = this.#options.watchSeconds ?? kWatchSeconds;
    this.counters.watches += 1;
    const events = client.watch<T>(kind, {
      ...{ namespace, labelSelector, fieldSelector, signal, idleMs: kIdleMs },
      resourceVersion: this.#resourceVersion ?? '',
      // Spread, so that all watches of a cluster do not end in the same second.
      timeoutSeconds: Math.round(watchSeconds * (1 + random())),
    });
    for await (const { type, object } of events) {
      onEvent();
      this.#resourceVersion = object.metadata.resourceVersion;
      if (type === 'BOOKMARK') {
        this.counters.bookmarks += 1;
        continue;
      }
      this.counters.events += 1;
      this.#set(keyOf(object), type === 'DELETED' ? undefined : project(object));
    }
  }

  #set(key: string, after: Kept | undefined): void {
    const before = this.#store.get(key);
    if (after === undefined) this.#store.delete(key);
    else this.#store.set(after);
    if (before === undefined && after === undefined) return;
    for (const listener of this.#listeners) listener({ key, before, after });
  }
}
