/**
 * Which events leave the node: by class, and of flows one in so many with all that is told of it.
 *
 * Invariants: alerts and stats are never sampled; all events of a flow have the same fate on every node with the
 * same rate, because its flow_id decides; what is left out is counted as that, never as lost. A line is
 * looked at for its flow_id alone, and only while there is sampling.
 */
import { EVENT_CLASSES, type EventClass } from '#contracts/eve.ts';
import type { EventBatch } from '#contracts/native.ts';

const kNewline = 0x0a;
const kKey = Buffer.from('"flow_id":');
const kZero = 0x30;
const kNine = 0x39;
/** Spreads numbers that follow each other: 2^32 divided by the golden ratio (Knuth, TAOCP 6.4). */
const kSpread = 0x9e37_79b1;

export interface EventSelection {
  readonly classes: readonly EventClass[];
  /** One flow in so many. */
  readonly flowSampling: number;
}

export class EventFilter {
  #classes: ReadonlySet<EventClass> = new Set(EVENT_CLASSES);
  #sampling = 1;
  /** Events that were not wanted. */
  leftOut = 0;

  select({ classes, flowSampling }: EventSelection): void {
    this.#classes = new Set(classes);
    this.#sampling = flowSampling;
  }

  /** What of the batch is wanted; undefined: nothing. */
  pass(batch: EventBatch): EventBatch | undefined {
    const { eventClass } = batch;
    if (!this.#classes.has(eventClass)) {
      this.leftOut += batch.count;
      return undefined;
    }
    if (this.#sampling === 1 || eventClass === 'alert' || eventClass === 'stats') return batch;
    const kept = sampled(batch, this.#sampling);
    this.leftOut += batch.count - kept.count;
    return kept.count === 0 ? undefined : kept;
  }
}

/** Lines without a flow_id stay. */
export function sampled(batch: EventBatch, oneIn: number): EventBatch {
  const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
  const kept: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(kNewline, at);
    const end = newline === -1 ? bytes.length : newline + 1;
    const line = bytes.subarray(at, end);
    if (isKept(line, oneIn)) kept.push(line);
    at = end;
  }
  return { eventClass: batch.eventClass, count: kept.length, bytes: Buffer.concat(kept) };
}

function isKept(line: Buffer, oneIn: number): boolean {
  const found = line.indexOf(kKey);
  if (found === -1) return true;
  let hash = 0;
  for (let at = found + kKey.length; at < line.length; at += 1) {
    const digit = line[at] ?? 0;
    if (digit < kZero || digit > kNine) break;
    hash = (Math.imul(hash, 10) + digit - kZero) | 0;
  }
  return (Math.imul(hash, kSpread) >>> 0) % oneIn === 0;
}
