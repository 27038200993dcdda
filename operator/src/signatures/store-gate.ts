/**
 * Keeps those who put objects into the store and the one who removes them from each other.
 *
 * Invariants: while anybody puts (and has not yet told where the object is referred to) nothing is removed;
 * while something is removed nobody begins to put. Removing never waits: it is left for another time.
 */
export class StoreGate {
  #putting = 0;
  #removing: Promise<unknown> | undefined;

  /** `work` ends when what it put can be found by whoever looks for what is in use. */
  async put<T>(work: () => Promise<T>): Promise<T> {
    while (this.#removing !== undefined) await this.#removing.catch(() => undefined);
    this.#putting += 1;
    try {
      return await work();
    } finally {
      this.#putting -= 1;
    }
  }

  /** False where somebody is putting: nothing was done. */
  async remove(work: () => Promise<void>): Promise<boolean> {
    if (this.#putting > 0 || this.#removing !== undefined) return false;
    this.#removing = work();
    try {
      await this.#removing;
      return true;
    } finally {
      this.#removing = undefined;
    }
  }
}
