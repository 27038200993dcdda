/**
 * A bound on how often something may happen: bursts up to `burst`, `perSecond` in the long run.
 *
 * Invariant: who asks gets a place in the order of asking, and is told how long to wait for it.
 */
export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly now: () => number;
}

export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledMs: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledMs = options.now();
  }

  /** Takes a token, even one that is not there yet; milliseconds until it is. */
  takeMs(): number {
    const { perSecond } = this.#options;
    this.#fill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / perSecond) * 1_000;
  }

  /** Takes a token where there is one. */
  tryTake(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(): void {
    const { perSecond, burst, now } = this.#options;
    const nowMs = now();
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#filledMs) / 1_000) * perSecond);
    this.#filledMs = nowMs;
  }
}
