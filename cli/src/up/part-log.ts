/**
 * What a part prints, kept in the data directory.
 *
 * Invariant: a log takes at most two files of MAX_LOG_BYTES; a full disk costs log lines, never a part.
 */
import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';

export const MAX_LOG_BYTES = 10 * 1024 * 1024;

export class PartLog {
  readonly #path: string;
  #bytes: number;
  #stream: WriteStream;
  /** Lines that could not be written. */
  lost = 0;

  constructor(path: string) {
    this.#path = path;
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.#stream = this.#open();
  }

  write(line: string): void {
    if (this.#bytes > MAX_LOG_BYTES) this.#rotate();
    this.#bytes += Buffer.byteLength(line) + 1;
    this.#stream.write(`${line}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.end(resolve);
    });
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#path, { flags: 'a', mode: 0o600 });
    stream.on('error', () => {
      this.lost += 1;
    });
    return stream;
  }

  #rotate(): void {
    this.#stream.end();
    try {
      renameSync(this.#path, `${this.#path}.1`);
    } catch {
      // Somebody removed it: the file opened now is a new one all the same.
    }
    this.#bytes = 0;
    this.#stream = this.#open();
  }
}
