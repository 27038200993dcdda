/**
 * Compiles a set in a thread of its own.
 *
 * Invariants: one at a time in a process, whoever asks meanwhile is told to come again; time and memory
 * are bounded, and a thread that reaches a bound ends with an error that says which.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { NetmothError } from '#contracts/errors.ts';
import type { CompileJob, CompileResult } from './compile-worker.ts';

const kTimeoutMs = 120_000;
const kHeapMiB = 2_048;
const WORKER = new URL('./compile-worker.ts', import.meta.url);

export interface CompilerOptions {
  readonly timeoutMs?: number;
  /** MaxMind database of countries; read anew for each set that asks for them. */
  readonly geoipFile?: string | undefined;
}

export class Compiler {
  readonly #timeoutMs: number;
  readonly #geoipFile: string | undefined;
  #busy = false;

  constructor({ timeoutMs = kTimeoutMs, geoipFile }: CompilerOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.#geoipFile = geoipFile;
  }

  async compile(job: CompileJob): Promise<CompileResult> {
    if (this.#busy) {
      const told = 'another set is being compiled; try again in a minute';
      throw new NetmothError('NM_RATE_LIMITED', told, { retryable: true });
    }
    this.#busy = true;
    try {
      return await this.#run(job);
    } finally {
      this.#busy = false;
    }
  }

  async #run(job: CompileJob): Promise<CompileResult> {
    const worker = new Worker(WORKER, {
      workerData: { ...job, geoipFile: this.#geoipFile },
      resourceLimits: { maxOldGenerationSizeMb: kHeapMiB },
    });
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      // `once` rejects with the worker's own error.
      const [result] = await once(worker, 'message', { signal });
      return result as CompileResult;
    } catch (cause) {
      const reason = signal.aborted
        ? `it took more than ${this.#timeoutMs / 1000} s`
        : cause instanceof Error
          ? cause.message
          : String(cause);
      const told = `the set could not be compiled: ${reason}`;
      throw new NetmothError('NM_QUERY_INVALID', told, { cause });
    } finally {
      await worker.terminate();
    }
  }
}
