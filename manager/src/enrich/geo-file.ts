/**
 * A MaxMind database (MMDB) of countries, cities or autonomous systems that is opened anew when its file
 * changes.
 *
 * Invariants: what answers is always a database that opened whole; a file that is gone or broken leaves the
 * one before in use and is told once (`trouble`); an entry that cannot be read is no answer, never an error.
 */
import { statSync } from 'node:fs';
import { open, type Reader, type Response } from 'maxmind';

export class GeoFile<T extends Response> {
  readonly path: string;
  #reader: Reader<T>;
  #mark: string;
  /** Why the file is not in use as it is now. */
  trouble: string | undefined;
  /** Lookups that the database could not answer because it is broken inside. */
  unreadable = 0;

  private constructor(path: string, reader: Reader<T>, mark: string) {
    this.path = path;
    this.#reader = reader;
    this.#mark = mark;
  }

  static async open<T extends Response>(path: string): Promise<GeoFile<T>> {
    const mark = markOf(path);
    return new GeoFile<T>(path, await open<T>(path), mark);
  }

  get(ip: string): T | null {
    try {
      return this.#reader.get(ip);
    } catch {
      this.unreadable += 1;
      return null;
    }
  }

  /** True where another file is in use from now on. */
  async refresh(): Promise<boolean> {
    try {
      const mark = markOf(this.path);
      if (mark === this.#mark) return false;
      this.#reader = await open<T>(this.path);
      this.#mark = mark;
      this.trouble = undefined;
      return true;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}

function markOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path);
  return `${ino} ${size} ${mtimeMs}`;
}
