/**
 * A one-line progress bar for a terminal.
 *
 * Invariant: it draws at most every DRAW_INTERVAL_MS and leaves an empty line behind.
 */
import type { WriteStream } from 'node:tty';
import { formatBytes, formatCount } from './format.ts';

const DRAW_INTERVAL_MS = 100;
const BAR_COLUMNS = 30;

export interface Progress {
  readonly bytes: number;
  /** 0 where the size is unknown, as for standard input. */
  readonly totalBytes: number;
  readonly packets: number;
}

export function progressLine(done: Progress): string {
  const counts = `${formatBytes(done.bytes)}  ${formatCount(done.packets)} packets`;
  if (done.totalBytes === 0) return counts;
  const ratio = Math.min(done.bytes / done.totalBytes, 1);
  const filled = Math.round(ratio * BAR_COLUMNS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
  return `${bar} ${String(Math.floor(ratio * 100)).padStart(3)} %  ${counts}`;
}

export class ProgressBar {
  readonly #out: WriteStream;
  readonly #now: () => number;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(out: WriteStream, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#now = now;
  }

  show(done: Progress): void {
    const now = this.#now();
    if (now - this.#drawnAt < DRAW_INTERVAL_MS) return;
    this.#drawnAt = now;
    this.#out.write(`\r\x1b[2K${progressLine(done)}`);
  }

  clear(): void {
    if (this.#drawnAt !== Number.NEGATIVE_INFINITY) this.#out.write('\r\x1b[2K');
  }
}
