// Counts failed logins by key (address, user). Invariants: after `max` failures within the window
// every further try waits until the oldest of them is out of it; at most MAX_KEYS keys are kept, the
// longest untouched goes first.
import type { Clock } from '../api-deps.ts';

const MAX_KEYS = 10_000;

export interface AttemptLimitOptions {
  readonly max: number;
  readonly windowMs: number;
  readonly clock: Clock;
}

export class AttemptLimit {
  readonly #options: AttemptLimitOptions;
  /** Key → times of failures, oldest first, at most `max`. */
  readonly #failures = new Map<string, number[]>();

  constructor(options: AttemptLimitOptions) {
    this.#options = options;
  }

  /** Milliseconds until another try is allowed; 0 is now. */
  waitMs(key: string): number {
    const { max, windowMs, clock } = this.#options;
    const recent = this.#recent(key);
    const oldest = recent.at(-max);
    return oldest === undefined ? 0 : Math.max(0, oldest + windowMs - clock());
  }

  fail(key: string): void {
    const recent = [...this.#recent(key), this.#options.clock()].slice(-this.#options.max);
    this.#failures.delete(key);
    this.#failures.set(key, recent);
    const [oldestKey] = this.#failures.keys();
    if (this.#failures.size > MAX_KEYS && oldestKey !== undefined) {
      this.#failures.delete(oldestKey);
    }
  }

  /** Takes the newest failure back: the try was not decided. */
  forgive(key: string): void {
    this.#failures.set(key, this.#recent(key).slice(0, -1));
  }

  succeed(key: string): void {
    this.#failures.delete(key);
  }

  #recent(key: string): number[] {
    const since = this.#options.clock() - this.#options.windowMs;
    return (this.#failures.get(key) ?? []).filter((time) => time > since);
  }
}
