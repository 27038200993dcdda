/**
 * When each node was told what it has now, as this operator saw it.
 *
 * Invariant: times are of the monotonic clock, so a clock that is set wrong shortens no waiting; after a
 * fail-over they begin anew, which makes a roll-out slower and never faster.
 */
export class ToldNodes {
  readonly #told = new Map<string, { digest: string; sinceMs: number; away: boolean }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `digest` is what the node should have, as NATS holds it. */
  watch(key: string, digest: string, reporting: boolean) {
    const known = this.#told.get(key);
    if (known?.digest === digest) {
      // Once it was back, it is not away any more.
      if (reporting) known.away = false;
      return { lateMs: this.#now() - known.sinceMs, away: known.away };
    }
    this.#told.set(key, { digest, sinceMs: this.#now(), away: !reporting });
    return { lateMs: 0, away: !reporting };
  }

  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#told.keys()) if (!keys.has(key)) this.#told.delete(key);
  }
}

/** For how long a wave was seen to hold. */
export class HeldWaves {
  readonly #since = new Map<string, { readonly wave: string; readonly ms: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  heldMs(set: string, wave: string | undefined): number {
    if (wave === undefined) {
      this.#since.delete(set);
      return 0;
    }
    const known = this.#since.get(set);
    if (known?.wave === wave) return this.#now() - known.ms;
    this.#since.set(set, { wave, ms: this.#now() });
    return 0;
  }
}
