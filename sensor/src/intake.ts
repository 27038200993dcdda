/**
 * Between the engine and the outbox: batches wait here to be compressed, off the main thread.
 *
 * Invariant: at most `capacityBytes` wait; beyond that a batch is compressed at once in the engine's
 * call, which holds the engine back (it has its own bounded queue and drop counter), instead of being
 * lost here. Alerts overtake; within a class the order stays.
 */
import { EVENT_CLASSES, type EventClass } from '#contracts/eve.ts';
import type { EventBatch } from '#contracts/native.ts';
import { type Compress, compressAside, compressNow, type EncodeOptions, encode } from './batch.ts';
import type { Outbox } from './outbox.ts';

/** Batches being compressed and stored at once. */
const kWorkers = 2;

export interface IntakeOptions {
  readonly outbox: Pick<Outbox, 'add'>;
  readonly encode: () => Omit<EncodeOptions, 'compress'>;
  readonly capacityBytes: number;
  readonly onFault: (error: unknown) => void;
}

export interface IntakeState {
  readonly batches: number;
  readonly bytes: number;
  /** Batches that found the intake full and held the engine back. */
  readonly blockedBatches: number;
  /** Events of batches that could not be compressed. */
  readonly droppedEvents: number;
  readonly tooLargeEvents: number;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #waiting: Record<EventClass, EventBatch[]> = {
    alert: [],
    protocol: [],
    flow: [],
    stats: [],
  };
  readonly #working = new Set<Promise<void>>();
  #batches = 0;
  #bytes = 0;
  #blockedBatches = 0;
  #droppedEvents = 0;
  #tooLargeEvents = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  push(batch: EventBatch): void {
    const full = this.#bytes > 0 && this.#bytes + batch.bytes.length > this.#options.capacityBytes;
    this.#batches += 1;
    this.#bytes += batch.bytes.length;
    if (full) {
      this.#blockedBatches += 1;
      this.#work(batch, compressNow);
      return;
    }
    this.#waiting[batch.eventClass].push(batch);
    this.#start();
  }

  /** Resolves when all that was pushed is in the outbox. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  state(): IntakeState {
    return {
      batches: this.#batches,
      bytes: this.#bytes,
      blockedBatches: this.#blockedBatches,
      droppedEvents: this.#droppedEvents,
      tooLargeEvents: this.#tooLargeEvents,
    };
  }

  #start(): void {
    while (this.#working.size < kWorkers) {
      const batch = this.#next();
      if (batch === undefined) return;
      this.#work(batch, compressAside);
    }
  }

  #work(batch: EventBatch, compress: Compress): void {
    const work = this.#store(batch, compress)
      .catch((error: unknown) => {
        this.#droppedEvents += batch.count;
        this.#options.onFault(error);
      })
      .finally(() => {
        this.#working.delete(work);
        this.#batches -= 1;
        this.#bytes -= batch.bytes.length;
        this.#start();
      });
    this.#working.add(work);
  }

  #next(): EventBatch | undefined {
    for (const eventClass of EVENT_CLASSES) {
      const batch = this.#waiting[eventClass].shift();
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  async #store(batch: EventBatch, compress: Compress): Promise<void> {
    const { batches, tooLarge } = await encode(batch, { ...this.#options.encode(), compress });
    this.#tooLargeEvents += tooLarge;
    for (const each of batches) await this.#options.outbox.add(each);
  }
}
