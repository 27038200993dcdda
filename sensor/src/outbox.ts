/**
 * Every batch from its making to its acknowledgement: the spool on disk and its index in memory.
 *
 * When a batch touches disk: always, before it is published, so that what a killed sensor had made and
 * not yet had acknowledged is sent again by the next one under the same id. The file goes when the
 * acknowledgement comes, mostly before the kernel has written it back, so a healthy bus costs no disk
 * traffic. Where the disk refuses, a batch lives in memory alone: degraded and counted, never fatal.
 *
 * Bounds: `capacityBytes` on disk, `memoryBytes` of bodies in memory. Eviction, for both: the oldest
 * batch of the least valuable class first (EVENT_CLASSES from its end), never one in flight, and never
 * a more valuable one for a less valuable one. Every loss is counted by class and reason.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EVENT_CLASSES, type EventClass } from '#contracts/eve.ts';
import type { Batch } from './batch.ts';
import { ClassQueue } from './class-queue.ts';
import type { SpoolDirectory } from './spool-directory.ts';
import { diskBytes, type FileMeta } from './spool-file.ts';

/** A disk that does not answer in this time does not hold back the batch from being published. */
const kWriteWaitMs = 50;

export const LOSS_REASONS = ['full', 'memory', 'damaged', 'refused', 'shutdown'] as const;
/** full, memory: over the bound · damaged: unreadable on disk · refused: by the bus, for good. */
export type LossReason = (typeof LOSS_REASONS)[number];

export interface Tally {
  batches: number;
  events: number;
}

/** One batch on its way; owned by the outbox, held by the publisher while in flight. */
export interface Entry extends FileMeta {
  body: Uint8Array | undefined;
  disk: 'none' | 'writing' | 'written';
  /** It could not be sent at once. */
  waited: boolean;
  /** It was handed to the bus at least once. */
  sent: boolean;
  gone: boolean;
}

export interface OutboxOptions {
  readonly directory: SpoolDirectory;
  readonly capacityBytes: number;
  readonly memoryBytes: number;
  /** Called when there is something to take. */
  readonly onWork: () => void;
  /** False while new batches have to wait (bus away or slow). */
  readonly accepting: () => boolean;
}

export interface OutboxState {
  readonly diskBytes: number;
  readonly capacityBytes: number;
  readonly memoryBytes: number;
  readonly batches: number;
  /** Held by class, in flight included. */
  readonly held: Readonly<Record<EventClass, Tally>>;
  readonly lost: Readonly<Record<EventClass, Readonly<Record<LossReason, Tally>>>>;
  readonly spooledEvents: number;
  readonly acknowledgedEvents: number;
}

const perClass = <T>(make: () => T): Record<EventClass, T> => ({
  alert: make(),
  protocol: make(),
  flow: make(),
  stats: make(),
});
const tally = (): Tally => ({ batches: 0, events: 0 });

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queues = perClass(() => new ClassQueue<Entry>());
  /** Batches only memory has, oldest first; what eviction from memory may choose from. */
  readonly #unwritten = perClass(() => new Set<Entry>());
  readonly #held = perClass(tally);
  readonly #lost = perClass(() => ({
    full: tally(),
    memory: tally(),
    damaged: tally(),
    refused: tally(),
    shutdown: tally(),
  }));
  readonly #writes = new Set<Promise<void>>();
  #nextSeq = 1;
  #diskBytes = 0;
  #memoryBytes = 0;
  #spooledEvents = 0;
  #acknowledgedEvents = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { files, damaged } = options.directory.recover();
    for (const meta of damaged) this.#countLoss(meta, 'damaged');
    for (const meta of files) {
      const entry: Entry = {
        ...meta,
        body: undefined,
        disk: 'written',
        waited: true,
        sent: false,
        gone: false,
      };
      this.#nextSeq = meta.seq + 1;
      this.#diskBytes += diskBytes(meta.bodyBytes);
      this.#spooledEvents += meta.count;
      this.#hold(entry);
      this.#queues[meta.eventClass].insert(entry);
    }
    this.#evictFromDisk(0, 'alert');
  }

  /** Takes a new batch; false where it was lost because nothing less valuable could make room. */
  async add(batch: Batch): Promise<boolean> {
    const { body, ...rest } = batch;
    const meta = { ...rest, seq: this.#nextSeq++, bodyBytes: body.length };
    const size = diskBytes(body.length);
    const room = this.#evictFromDisk(size, meta.eventClass);
    if (!room || !this.#evictFromMemory(body.length, meta.eventClass)) {
      this.#countLoss(meta, room ? 'memory' : 'full');
      return false;
    }
    const entry: Entry = {
      ...meta,
      body,
      disk: 'writing',
      waited: false,
      sent: false,
      gone: false,
    };
    this.#diskBytes += size;
    this.#memoryBytes += body.length;
    this.#hold(entry);
    await Promise.race([this.#write(entry, body), sleep(kWriteWaitMs, undefined, { ref: false })]);
    if (!this.#options.accepting()) this.#waits(entry);
    if (entry.disk !== 'written') this.#unwritten[entry.eventClass].add(entry);
    this.#queues[entry.eventClass].insert(entry);
    this.#options.onWork();
    return true;
  }

  /** The most valuable, then oldest batch, now in flight: give it back, acknowledge or discard it. */
  take(): Entry | undefined {
    for (const eventClass of EVENT_CLASSES) {
      const queue = this.#queues[eventClass];
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        if (entry.gone) continue;
        this.#unwritten[eventClass].delete(entry);
        return entry;
      }
    }
    return undefined;
  }

  /** The bytes of a batch in flight; undefined where the disk lost them (the batch is then gone). */
  async bodyOf(entry: Entry): Promise<Uint8Array | undefined> {
    if (entry.body !== undefined) return entry.body;
    const body = await this.#options.directory.read(entry);
    if (body === undefined) this.discard(entry, 'damaged');
    return body;
  }

  acknowledge(entry: Entry): void {
    this.#acknowledgedEvents += entry.count;
    this.#forget(entry);
  }

  /** It was not acknowledged: it waits for its next turn at its old place. */
  giveBack(entry: Entry): void {
    this.#waits(entry);
    if (entry.disk === 'written') this.#releaseBody(entry);
    else this.#unwritten[entry.eventClass].add(entry);
    this.#queues[entry.eventClass].insert(entry);
  }

  discard(entry: Entry, reason: LossReason): void {
    this.#countLoss(entry, reason);
    this.#forget(entry);
  }

  state(): OutboxState {
    const batches = EVENT_CLASSES.reduce((sum, each) => sum + this.#held[each].batches, 0);
    return {
      diskBytes: this.#diskBytes,
      capacityBytes: this.#options.capacityBytes,
      memoryBytes: this.#memoryBytes,
      batches,
      held: this.#held,
      lost: this.#lost,
      spooledEvents: this.#spooledEvents,
      acknowledgedEvents: this.#acknowledgedEvents,
    };
  }

  /** Gives what only memory has a last chance on disk; what the disk refuses is counted as lost. */
  async close(): Promise<void> {
    await Promise.all(this.#writes);
    for (const eventClass of EVENT_CLASSES) {
      for (const entry of this.#unwritten[eventClass]) {
        if (entry.gone || entry.body === undefined) continue;
        if (!(await this.#options.directory.write(entry, entry.body))) {
          this.discard(entry, 'shutdown');
        }
      }
    }
    await this.#options.directory.close();
  }

  #write(entry: Entry, body: Uint8Array): Promise<void> {
    const write = this.#options.directory.write(entry, body).then((written) => {
      this.#writes.delete(write);
      entry.disk = written ? 'written' : 'none';
      if (!written) this.#diskBytes -= diskBytes(entry.bodyBytes);
      else if (entry.gone) this.#removeFile(entry);
      else {
        this.#unwritten[entry.eventClass].delete(entry);
        this.#releaseBody(entry);
      }
    });
    this.#writes.add(write);
    return write;
  }

  /** Half of the memory is for batches the disk has too, the rest for those it has not. */
  #releaseBody(entry: Entry): void {
    if (entry.body === undefined || this.#memoryBytes * 2 <= this.#options.memoryBytes) return;
    this.#memoryBytes -= entry.body.length;
    entry.body = undefined;
  }

  #waits(entry: Entry): void {
    if (entry.waited) return;
    entry.waited = true;
    this.#spooledEvents += entry.count;
  }

  #evictFromDisk(neededBytes: number, incoming: EventClass): boolean {
    while (this.#diskBytes + neededBytes > this.#options.capacityBytes) {
      const victim = this.#leastValuable(incoming, (each) => this.#oldestOnDisk(each));
      if (victim === undefined) return false;
      this.discard(victim, 'full');
    }
    return true;
  }

  #evictFromMemory(neededBytes: number, incoming: EventClass): boolean {
    while (this.#memoryBytes + neededBytes > this.#options.memoryBytes) {
      const first = (each: EventClass) => this.#unwritten[each].values().next().value;
      const victim = this.#leastValuable(incoming, first);
      if (victim === undefined) return false;
      this.discard(victim, 'memory');
    }
    return true;
  }

  #leastValuable(
    incoming: EventClass,
    pick: (eventClass: EventClass) => Entry | undefined,
  ): Entry | undefined {
    for (const eventClass of EVENT_CLASSES.toReversed()) {
      const victim = pick(eventClass);
      if (victim !== undefined) return victim;
      if (eventClass === incoming) return undefined;
    }
    return undefined;
  }

  #oldestOnDisk(eventClass: EventClass): Entry | undefined {
    const queue = this.#queues[eventClass];
    while (queue.peek()?.gone) queue.shift();
    for (const entry of queue) if (!entry.gone && entry.disk !== 'none') return entry;
    return undefined;
  }

  #hold(entry: Entry): void {
    const held = this.#held[entry.eventClass];
    held.batches += 1;
    held.events += entry.count;
  }

  #forget(entry: Entry): void {
    if (entry.gone) return;
    entry.gone = true;
    const held = this.#held[entry.eventClass];
    held.batches -= 1;
    held.events -= entry.count;
    this.#unwritten[entry.eventClass].delete(entry);
    if (entry.body !== undefined) this.#memoryBytes -= entry.body.length;
    entry.body = undefined;
    if (entry.disk === 'written') this.#removeFile(entry);
  }

  #removeFile(entry: Entry): void {
    this.#diskBytes -= diskBytes(entry.bodyBytes);
    this.#options.directory.remove(entry);
  }

  #countLoss(meta: FileMeta, reason: LossReason): void {
    const lost = this.#lost[meta.eventClass][reason];
    lost.batches += 1;
    lost.events += meta.count;
  }
}
