/**
 * Holds what came from the bus until the next group takes it.
 *
 * Bound: `capacity` messages; the reader asks the bus for no more than untilRoom told, so the bus keeps the
 * rest. Nothing is dropped.
 */
export class Inbox<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  #room: (() => void) | undefined;
  #arrival: (() => void) | undefined;
  #closed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many more items there is room for; waits for one. 0 once the inbox is closed. */
  async untilRoom(): Promise<number> {
    while (this.#items.length >= this.#capacity && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
    return this.#closed ? 0 : this.#capacity - this.#items.length;
  }

  /** False once the inbox is closed: the item stays the caller's. */
  put(item: T): boolean {
    if (this.#closed) return false;
    this.#items.push(item);
    this.#arrival?.();
    return true;
  }

  /** What waits at the moment. */
  items(): readonly T[] {
    return this.#items;
  }

  /** The oldest item; waits for one. undefined once the inbox is closed. */
  async take(): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#arrival = resolve;
      });
    }
    return this.takeNow();
  }

  /** The oldest item, if there is one. */
  takeNow(): T | undefined {
    if (this.#closed) return undefined;
    const item = this.#items.shift();
    this.#room?.();
    return item;
  }

  /** Wakes everybody; what is left is returned. */
  close(): readonly T[] {
    this.#closed = true;
    this.#room?.();
    this.#arrival?.();
    return this.#items.splice(0);
  }
}
