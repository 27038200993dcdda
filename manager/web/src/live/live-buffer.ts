// The events that the live log holds, newest first. Invariant: never more than `capacity`; what falls
// out of the end is old and shown, what the server left out is counted and said.
import type { LiveEvent } from '../api/contract.ts';

export interface LiveLine {
  /** Counts up; stable for the life of the page. */
  readonly serial: number;
  readonly event: LiveEvent;
}

export interface LiveBuffer {
  readonly lines: readonly LiveLine[];
  readonly received: number;
  /** Left out by the server because this page was too slow. */
  readonly dropped: number;
}

export const EMPTY_BUFFER: LiveBuffer = { lines: [], received: 0, dropped: 0 };

interface Arrival {
  readonly events: readonly LiveEvent[];
  readonly dropped: number;
}

export function appendLive(buffer: LiveBuffer, arrival: Arrival, capacity: number): LiveBuffer {
  const fresh = arrival.events.map((event, index) => ({ serial: buffer.received + index, event }));
  const kept = fresh.slice(-capacity).reverse();
  return {
    lines: [...kept, ...buffer.lines.slice(0, Math.max(0, capacity - kept.length))],
    received: buffer.received + fresh.length,
    dropped: buffer.dropped + arrival.dropped,
  };
}
