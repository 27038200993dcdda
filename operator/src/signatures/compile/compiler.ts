/**
 * Compiles rules away from the operator's own thread, one job at a time.
 *
 * Invariants: a job ends by its answer, its time, its memory or the signal; its thread ends with it and
 * gives its memory back; what went wrong is NM_RULES_UNCOMPILED with the reason, and no other job notices.
 */
import { Worker } from 'node:worker_threads';
import { NetmothError } from '#contracts/errors.ts';
import type { CompiledParts, Part } from './compile-packs.ts';

const kTimeoutMs = 180_000;
const kHeapMiB = 1_024;
const kScript = new URL('./compile-worker.ts', import.meta.url);

export class Compiler {
  #last: Promise<unknown> = Promise.resolve();
  jobs = 0;
  failures = 0;

  /** In the order of their priority. */
  compile(parts: readonly Part[], signal: AbortSignal): Promise<CompiledParts> {
    const job = this.#last.then(() => this.#run(parts, signal));
    this.#last = job.catch(() => undefined);
    return job;
  }

  async #run(parts: readonly Part[], signal: AbortSignal): Promise<CompiledParts> {
    signal.throwIfAborted();
    this.jobs += 1;
    const worker = new Worker(kScript, {
      workerData: { parts },
      resourceLimits: { maxOldGenerationSizeMb: kHeapMiB },
      name: 'netmoth-compile',
    });
    try {
      return await answer(worker, AbortSignal.any([signal, AbortSignal.timeout(kTimeoutMs)]));
    } catch (cause) {
      this.failures += 1;
      if (signal.aborted) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new NetmothError('NM_RULES_UNCOMPILED', `rules cannot be compiled: ${reason}`, {
        cause,
      });
    } finally {
      await worker.terminate();
    }
  }
}

function answer(worker: Worker, signal: AbortSignal): Promise<CompiledParts> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`its thread ended with ${code}`)));
    const late = (): void => reject(new Error('it took too long'));
    signal.addEventListener('abort', late, { once: true });
  });
}
