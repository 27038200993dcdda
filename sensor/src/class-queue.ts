/**
 * Batches of one class in the order of their arrival.
 *
 * Invariant: sorted by seq; taking and giving back the oldest costs the same however long the queue is.
 */
export class ClassQueue<T extends { readonly seq: number }> {
  /** items[0..#head) were taken; they are cut off when they are half of the array. */
  #items: T[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The oldest, without taking it. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Puts an item where its seq belongs: near the end when new, near the front when given back. */
  insert(item: T): void {
    const last = this.#items.at(-1);
    if (this.size === 0 || last === undefined || last.seq < item.seq) {
      this.#items.push(item);
      return;
    }
    let low = this.#head;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#items[middle];
      if (at !== undefined && at.seq < item.seq) low = middle + 1;
      else high = middle;
    }
    const before = this.#items[this.#head - 1];
    if (low === this.#head && this.#head > 0 && before !== undefined) {
      this.#head -= 1;
      this.#items[this.#head] = item;
    } else {
      this.#items.splice(low, 0, item);
    }
  }

  /** Oldest first; for looking, not for changing meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (let at = this.#head; at < this.#items.length; at += 1) {
      const item = this.#items[at];
      if (item !== undefined) yield item;
    }
  }
}
