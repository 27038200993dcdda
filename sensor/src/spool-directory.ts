/**
 * The directory of spooled batches: opens, locks, lists, writes, reads and removes batch files.
 *
 * Invariant: nothing here throws because the disk is full or broken: a failed write is a `false`, kept
 * as `fault` until a write succeeds, and a file that cannot be used is removed and reported.
 */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { NetmothError } from '#contracts/errors.ts';
import {
  FILE_HEADER_BYTES,
  FILE_SUFFIX,
  type FileMeta,
  fileName,
  parseFileName,
  readBatchFile,
  writeBatchFile,
} from './spool-file.ts';
import { lockDirectory, type SpoolLock } from './spool-lock.ts';

export interface DiskFault {
  /** errno name such as ENOSPC. */
  readonly code: string;
  readonly message: string;
}

export interface Recovered {
  /** Usable by name and size, oldest first; the checksum is proven when a file is read. */
  readonly files: readonly FileMeta[];
  /** Cut off by a crash: removed. */
  readonly damaged: readonly FileMeta[];
}

export class SpoolDirectory {
  readonly path: string;
  readonly #fsync: boolean;
  readonly #lock: SpoolLock;
  readonly #removals = new Set<Promise<void>>();
  #fault: DiskFault | undefined;
  #writeErrors = 0;

  private constructor(path: string, fsync: boolean, lock: SpoolLock) {
    this.path = path;
    this.#fsync = fsync;
    this.#lock = lock;
  }

  static async open(path: string, options: { fsync: boolean }): Promise<SpoolDirectory> {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new NetmothError(
        'NM_DATA_DIR_UNUSABLE',
        `The spool directory ${path} cannot be made (${errnoOf(cause)}): give a writable one with --spool-dir.`,
        { cause },
      );
    }
    return new SpoolDirectory(path, options.fsync, await lockDirectory(path));
  }

  /** What kept the last write from succeeding, if it did not. */
  get fault(): DiskFault | undefined {
    return this.#fault;
  }

  get writeErrors(): number {
    return this.#writeErrors;
  }

  recover(): Recovered {
    const files: FileMeta[] = [];
    const damaged: FileMeta[] = [];
    for (const name of readdirSync(this.path)) {
      const meta = name.endsWith(FILE_SUFFIX) ? parseFileName(name) : undefined;
      if (meta === undefined) continue;
      const whole = statSync(`${this.path}/${name}`).size === FILE_HEADER_BYTES + meta.bodyBytes;
      if (whole) files.push(meta);
      else {
        damaged.push(meta);
        this.remove(meta);
      }
    }
    files.sort((a, b) => a.seq - b.seq);
    return { files, damaged };
  }

  /** True when the batch is in the file system; survives the process, and the machine with fsync. */
  async write(meta: FileMeta, body: Uint8Array): Promise<boolean> {
    try {
      await writeBatchFile(this.path, meta, { body, fsync: this.#fsync });
      this.#fault = undefined;
      return true;
    } catch (error) {
      this.#writeErrors += 1;
      const message = error instanceof Error ? error.message : String(error);
      this.#fault = { code: errnoOf(error), message };
      this.remove(meta);
      return false;
    }
  }

  /** Undefined where the file is gone, unreadable or damaged. */
  async read(meta: FileMeta): Promise<Uint8Array | undefined> {
    return readBatchFile(this.path, meta).catch(() => undefined);
  }

  /** Removes the file without waiting; a file that stays is sent again at the next start, same id. */
  remove(meta: FileMeta): void {
    const removal = unlink(`${this.path}/${fileName(meta)}`)
      .catch(() => undefined)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#removals);
    await this.#lock.release();
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'EIO';
}
