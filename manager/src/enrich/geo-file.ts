/**
 * A database of countries, cities or autonomous systems, MaxMind's (MMDB) or IPFire's (location-file.ts), that is
 * opened anew when its file changes.
 *
 * Invariants: what answers is always a database that opened whole; a file that is gone or broken leaves the
 * one before in use and is told once (`trouble`); an entry that cannot be read is no answer, never an error.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'maxmind';
import { LOCATION_MAGIC, LocationDatabase } from './location-file.ts';
import { NOWHERE, type Place, placeOf } from './place-record.ts';

interface Database {
  get(ip: string): unknown;
}

export class GeoFile {
  readonly path: string;
  #database: Database;
  #mark: string;
  /** Why the file is not in use as it is now. */
  trouble: string | undefined;
  /** Lookups that the database could not answer because it is broken inside. */
  unreadable = 0;

  private constructor(path: string, database: Database, mark: string) {
    this.path = path;
    this.#database = database;
    this.#mark = mark;
  }

  static async open(path: string): Promise<GeoFile> {
    const mark = markOf(path);
    return new GeoFile(path, await openDatabase(path), mark);
  }

  placeOf(ip: string): Place {
    try {
      return placeOf(this.#database.get(ip));
    } catch {
      this.unreadable += 1;
      return NOWHERE;
    }
  }

  /** True where another file is in use from now on. */
  async refresh(): Promise<boolean> {
    try {
      const mark = markOf(this.path);
      if (mark === this.#mark) {
        this.trouble = undefined;
        return false;
      }
      this.#database = await openDatabase(this.path);
      this.#mark = mark;
      this.trouble = undefined;
      return true;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}

async function openDatabase(path: string): Promise<Database> {
  return startOf(path) === LOCATION_MAGIC ? LocationDatabase.read(path) : await open(path);
}

function startOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(LOCATION_MAGIC.length);
    return start.toString('latin1', 0, readSync(file, start));
  } finally {
    closeSync(file);
  }
}

function markOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path);
  return `${ino} ${size} ${mtimeMs}`;
}
