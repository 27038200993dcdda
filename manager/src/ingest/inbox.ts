/**
 * Holds what came from the bus until the next group takes it.
 *
 * Bound: `capacity` messages; put waits when it is full, and so the bus keeps the rest (the consumer's own
 * bound of unacknowledged messages). Nothing is dropped.
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

  get size(): number {
    return this.#items.length;
  }

  /** Resolves when there is room for the next; false once the inbox is closed. */
  async put(item: T): Promise<boolean> {
    if (this.#closed) return false;
    this.#items.push(item);
    this.#arrival?.();
    while (this.#items.length >= this.#capacity && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
    return !this.#closed;
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
