/**
 * Keys that have work to do. What the work is, the worker reads anew each time.
 *
 * Invariants: a key is worked on by one worker at a time; adding a key that waits does nothing, adding
 * one that is being worked on makes it come again afterwards; a key that failed waits for its own
 * growing pause and holds up no other. The queue is bounded by the number of objects there are.
 */
import { Backoff } from './backoff.ts';

const kFirstBackoffMs = 100;
const kMaxBackoffMs = 60_000;

export interface WorkQueueOptions {
  readonly random: () => number;
  readonly firstBackoffMs?: number;
  readonly maxBackoffMs?: number;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** In the order they came. */
  readonly #ready = new Set<string>();
  readonly #active = new Set<string>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly dueMs: number }>();
  readonly #backoffs = new Map<string, Backoff>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#ready.size;
  }

  /** Keys that wait for their pause to end. */
  get delayed(): number {
    return this.#timers.size;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#cancelTimer(key);
    if (this.#active.has(key)) this.#again.add(key);
    else {
      this.#ready.add(key);
      this.#hand();
    }
  }

  /** Adds it later; of two wishes for the same key the earlier counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed || this.#ready.has(key)) return;
    const dueMs = Date.now() + delayMs;
    const waiting = this.#timers.get(key);
    if (waiting !== undefined && waiting.dueMs <= dueMs) return;
    this.#cancelTimer(key);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, delayMs);
    this.#timers.set(key, { timer, dueMs });
  }

  /** The next key, when there is one; undefined once the queue is closed. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#hand();
    });
  }

  /** The work on the key went well. */
  done(key: string, againAfterMs?: number): void {
    this.#backoffs.delete(key);
    this.#release(key, againAfterMs);
  }

  /** It did not: the key comes again after a pause, at least minimumMs. */
  failed(key: string, minimumMs = 0): void {
    const {
      random,
      firstBackoffMs = kFirstBackoffMs,
      maxBackoffMs = kMaxBackoffMs,
    } = this.#options;
    const backoff =
      this.#backoffs.get(key) ??
      new Backoff({ firstMs: firstBackoffMs, maxMs: maxBackoffMs, random });
    this.#backoffs.set(key, backoff);
    this.#release(key, Math.max(minimumMs, backoff.nextMs()));
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#ready.clear();
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #release(key: string, againAfterMs: number | undefined): void {
    this.#active.delete(key);
    if (this.#again.delete(key)) this.add(key);
    else if (againAfterMs !== undefined) this.addAfter(key, againAfterMs);
  }

  #hand(): void {
    const [key] = this.#ready;
    if (key === undefined) return;
    const resolve = this.#waiting.shift();
    if (resolve === undefined) return;
    this.#ready.delete(key);
    this.#active.add(key);
    resolve(key);
  }

  #cancelTimer(key: string): void {
    clearTimeout(this.#timers.get(key)?.timer);
    this.#timers.delete(key);
  }
}
