// The lines that wait for one live client, oldest first. Invariant: never more than LIVE_BUFFER_EVENTS
// lines nor LIVE_BUFFER_BYTES of them; the oldest give way, a line too large for all of it at once.
import { LIVE_BUFFER_BYTES, LIVE_BUFFER_EVENTS } from '#contracts/live.ts';

interface Waiting {
  readonly line: string;
  readonly sizeBytes: number;
}

export class LiveQueue {
  #waiting: (Waiting | undefined)[] = [];
  /** Where the oldest is: what is before it was taken. */
  #head = 0;
  #sizeBytes = 0;

  get size(): number {
    return this.#waiting.length - this.#head;
  }

  /** How many lines gave way. */
  push(line: string): number {
    const sizeBytes = Buffer.byteLength(line);
    this.#waiting.push({ line, sizeBytes });
    this.#sizeBytes += sizeBytes;
    let dropped = 0;
    while (this.size > LIVE_BUFFER_EVENTS || this.#sizeBytes > LIVE_BUFFER_BYTES) {
      this.#shift();
      dropped += 1;
    }
    return dropped;
  }

  /** The oldest, at most `maxLines` and no more after `enoughBytes` of them. */
  take(maxLines: number, enoughBytes: number): string[] {
    const lines: string[] = [];
    let takenBytes = 0;
    while (this.size > 0 && lines.length < maxLines && takenBytes < enoughBytes) {
      const oldest = this.#shift();
      if (oldest === undefined) break;
      lines.push(oldest.line);
      takenBytes += oldest.sizeBytes;
    }
    return lines;
  }

  clear(): void {
    this.#waiting = [];
    this.#head = 0;
    this.#sizeBytes = 0;
  }

  #shift(): Waiting | undefined {
    const oldest = this.#waiting[this.#head];
    this.#waiting[this.#head] = undefined;
    this.#head += 1;
    this.#sizeBytes -= oldest?.sizeBytes ?? 0;
    // Moved together in steps, since taking one from the front costs as much as taking many.
    if (this.#head > LIVE_BUFFER_EVENTS) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return oldest;
  }
}
