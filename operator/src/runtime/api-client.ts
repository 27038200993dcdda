/**
 * The Kubernetes API as the controllers use it: get, list by pages, apply, delete, watch.
 *
 * Invariants: a refusal is an ApiError, silence is NM_KUBE_UNAVAILABLE; 429 is waited out as long as
 * the server asks for, a bounded number of times, and holds back all other requests meanwhile; nothing
 * is written once `writeBudgetMs` is used up (a deposed leader).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { NetmothError } from '#contracts/errors.ts';
import { ApiError, answerOf, hasStatus, unreachable } from './api-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { HttpTransport, type TransportRequest, wholeBody } from './http-transport.ts';
import {
  apiVersionOf,
  collectionPath,
  type KubeObject,
  type ObjectName,
  objectPath,
  type ResourceKind,
} from './resource.ts';
import { readWatch, type WatchEvent } from './watch-stream.ts';

export const FIELD_MANAGER = 'netmoth-operator';
const kTimeoutMs = 15_000;
const kWatchHeadTimeoutMs = 15_000;
const kMaxThrottled = 8;
const kDefaultRetryAfterMs = 1_000;
const kMaxRetryAfterMs = 60_000;

export interface ApiClientOptions {
  readonly access: ClusterAccess;
  readonly now: () => number;
  readonly random: () => number;
  /** Milliseconds a write may still take; undefined where there is no election. */
  readonly writeBudgetMs?: () => number;
}

export interface ApiCounters {
  requests: number;
  writes: number;
  throttled: number;
  failures: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a client and its guarded twin have in common. */
interface Shared {
  readonly transport: HttpTransport;
  readonly counters: ApiCounters;
  /** When a 429 allows the next request. */
  heldUntilMs: number;
}

export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #shared: Shared;

  constructor(options: ApiClientOptions, shared?: Shared) {
    this.#options = options;
    this.#shared = shared ?? {
      transport: new HttpTransport(options.access, options.now),
      counters: { requests: 0, writes: 0, throttled: 0, failures: 0 },
      heldUntilMs: 0,
    };
  }

  get counters(): ApiCounters {
    return this.#shared.counters;
  }

  /** The same connections and counters, for writes that an election guards. */
  guarded(writeBudgetMs: () => number): ApiClient {
    return new ApiClient({ ...this.#options, writeBudgetMs }, this.#shared);
  }

  /** Undefined where there is no such object. */
  async get<T>(kind: ResourceKind, at: ObjectName, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return await this.request<T>({ method: 'GET', path: objectPath(kind, at), signal });
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async listPage<T>(
    kind: ResourceKind,
    options: ListOptions & { readonly limit: number; readonly next?: string | undefined },
  ): Promise<Page<T>> {
    const query = new URLSearchParams({ limit: String(options.limit) });
    setSelectors(query, options);
    if (options.next !== undefined) query.set('continue', options.next);
    const path = `${collectionPath(kind, options.namespace)}?${query}`;
    const list = await this.request<{
      metadata: { resourceVersion: string; continue?: string };
      items: T[] | null;
    }>({ method: 'GET', path, signal: options.signal });
    const { resourceVersion, continue: next } = list.metadata;
    return { items: list.items ?? [], resourceVersion, next: next === '' ? undefined : next };
  }

  /** Server-side apply. A resourceVersion in the object makes it fail (409) where that is not current. */
  apply<T>(
    kind: ResourceKind,
    object: KubeObject,
    options: { readonly subresource?: 'status'; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const query = new URLSearchParams({ fieldManager: FIELD_MANAGER, force: 'true' });
    const path = objectPath(kind, object.metadata, options.subresource);
    return this.request<T>({
      method: 'PATCH',
      path: `${path}?${query}`,
      body: { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object },
      contentType: 'application/apply-patch+yaml',
      signal: options.signal,
    });
  }

  create<T>(kind: ResourceKind, object: KubeObject, signal?: AbortSignal): Promise<T> {
    const { namespace } = object.metadata;
    const path = `${collectionPath(kind, namespace)}?fieldManager=${FIELD_MANAGER}`;
    const body = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object };
    return this.request<T>({ method: 'POST', path, body, signal });
  }

  /** Replaces an object of the resourceVersion it carries; 409 where that is not current. */
  replace<T>(kind: ResourceKind, object: KubeObject, signal?: AbortSignal): Promise<T> {
    const path = `${objectPath(kind, object.metadata)}?fieldManager=${FIELD_MANAGER}`;
    const body = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object };
    return this.request<T>({ method: 'PUT', path, body, signal });
  }

  /** Deletes exactly the object of that uid; one that is gone already is fine. */
  async remove(kind: ResourceKind, object: KubeObject, signal?: AbortSignal): Promise<void> {
    const { uid } = object.metadata;
    const body = uid === undefined ? {} : { preconditions: { uid } };
    const path = objectPath(kind, object.metadata);
    try {
      await this.request({ method: 'DELETE', path, body, signal });
    } catch (error) {
      if (!hasStatus(error, 404) && !hasStatus(error, 409)) throw error;
    }
  }

  async *watch<T>(
    kind: ResourceKind,
    options: ListOptions & {
      readonly resourceVersion: string;
      readonly timeoutSeconds: number;
      readonly idleMs: number;
    },
  ): AsyncGenerator<WatchEvent<T>> {
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(options.timeoutSeconds),
    });
    setSelectors(query, options);
    const path = `${collectionPath(kind, options.namespace)}?${query}`;
    const what = `watch ${path}`;
    this.counters.requests += 1;
    const wanted = { method: 'GET', path, timeoutMs: kWatchHeadTimeoutMs, signal: options.signal };
    try {
      const response = await this.#shared.transport.stream(wanted);
      const status = response.statusCode ?? 0;
      if (status !== 200) {
        const retryAfter = response.headers['retry-after'];
        throw new ApiError(what, answerOf(status, await wholeBody(response), retryAfter));
      }
      yield* readWatch<T>(response, options.idleMs);
    } catch (error) {
      this.counters.failures += 1;
      throw error instanceof NetmothError ? error : unreachable(what, error);
    }
  }

  async request<T>(wanted: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly contentType?: string;
    readonly signal?: AbortSignal | undefined;
  }): Promise<T> {
    const { body, ...rest } = wanted;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const what = `${wanted.method} ${wanted.path.replace(/\?.*$/, '')}`;
    for (let attempt = 0; ; attempt += 1) {
      await this.#heldBack(wanted.signal);
      const answer = await this.#send({ ...rest, body: text, timeoutMs: kTimeoutMs }, what);
      if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.body) as T;
      const error = new ApiError(what, answerOf(answer.status, answer.body, answer.retryAfter));
      this.counters.failures += 1;
      if (answer.status !== 429 || attempt >= kMaxThrottled) throw error;
      this.#holdBack(error.retryAfterMs);
    }
  }

  close(): void {
    this.#shared.transport.close();
  }

  async #send(wanted: TransportRequest, what: string) {
    const isWrite = wanted.method !== 'GET';
    const budgetMs = isWrite ? this.#options.writeBudgetMs?.() : undefined;
    if (budgetMs !== undefined && budgetMs <= 0) {
      // The lead may come back before anybody noticed: then the work is still to be done.
      const text = `${what}: the lead is in doubt, nothing is written`;
      throw new NetmothError('NM_NOT_LEADER', text, { retryable: true });
    }
    this.counters.requests += 1;
    if (isWrite) this.counters.writes += 1;
    const timeoutMs = Math.min(wanted.timeoutMs, budgetMs ?? Number.POSITIVE_INFINITY);
    try {
      return await this.#shared.transport.send({ ...wanted, timeoutMs });
    } catch (error) {
      this.counters.failures += 1;
      throw unreachable(what, error);
    }
  }

  /** One 429 speaks for the server as a whole: nobody asks again before the time it named. */
  #holdBack(retryAfterMs = kDefaultRetryAfterMs): void {
    this.counters.throttled += 1;
    const waitMs = Math.min(retryAfterMs, kMaxRetryAfterMs) * (1 + this.#options.random());
    this.#shared.heldUntilMs = Math.max(this.#shared.heldUntilMs, this.#options.now() + waitMs);
  }

  async #heldBack(signal: AbortSignal | undefined): Promise<void> {
    const waitMs = this.#shared.heldUntilMs - this.#options.now();
    if (waitMs > 0) await sleep(waitMs, undefined, signal ? { signal } : {});
  }
}

function setSelectors(query: URLSearchParams, options: ListOptions): void {
  if (options.labelSelector !== undefined) query.set('labelSelector', options.labelSelector);
  if (options.fieldSelector !== undefined) query.set('fieldSelector', options.fieldSelector);
}
