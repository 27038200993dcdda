/**
 * One text for all that say the same: what comes out of JSON is a text of its own each time, and 100,000 pods name 5,000
 * nodes and a few hundred workloads.
 *
 * Invariant: it only saves memory: at most kMaxNames are kept, then it begins anew, and what was given out stays true.
 */
const kMaxNames = 50_000;

export class NamePool {
  readonly #names = new Map<string, string>();

  one(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (this.#names.size >= kMaxNames) this.#names.clear();
    this.#names.set(text, text);
    return text;
  }
}
