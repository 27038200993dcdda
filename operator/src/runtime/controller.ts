/**
 * Runs one reconciler over the keys of a queue.
 *
 * A reconciler is told which object to look at, never what happened to it: it reads what is wanted and
 * what is, decides, and applies the difference. It may be called at any time, also for an object that
 * is gone, and calling it twice changes nothing the second time.
 *
 * Invariants: a retryable error comes back after a growing pause, any other after kSlowRetryMs or when the
 * object changes; no error ends the controller; every error is logged here and nowhere else.
 */
import type { Logger } from 'pino';
import { NetmothError } from '#contracts/errors.ts';
import { ApiError } from './api-error.ts';
import { WorkQueue } from './work-queue.ts';

export interface Outcome {
  /** Look again then, although nothing changes. */
  readonly againAfterMs?: number;
}

export type Reconcile = (key: string, signal: AbortSignal) => Promise<Outcome>;

export interface ControllerOptions {
  readonly name: string;
  readonly log: Logger;
  readonly random: () => number;
  readonly workers: number;
  readonly reconcile: Reconcile;
}

export interface ControllerCounters {
  reconciles: number;
  failures: number;
  conflicts: number;
}

/** A missing right or a refused field: somebody must do something, and then not wait for long. */
const kSlowRetryMs = 5 * 60_000;

export class Controller {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly counters: ControllerCounters = { reconciles: 0, failures: 0, conflicts: 0 };
  readonly #options: ControllerOptions;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    this.queue = new WorkQueue({ random: options.random });
  }

  /** Runs until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const close = (): void => this.queue.close();
    if (signal.aborted) close();
    signal.addEventListener('abort', close, { once: true });
    await Promise.all(Array.from({ length: this.#options.workers }, () => this.#work(signal)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      this.counters.reconciles += 1;
      try {
        const { againAfterMs } = await this.#options.reconcile(key, signal);
        this.queue.done(key, againAfterMs);
      } catch (error) {
        if (!signal.aborted) this.#failed(key, error);
      }
    }
  }

  #failed(key: string, error: unknown): void {
    const { log, name } = this.#options;
    const fields = { controller: name, object: key, err: error };
    if (error instanceof ApiError && error.status === 409) {
      // Somebody else wrote meanwhile; the informer brings what, and the next try sees it.
      this.counters.conflicts += 1;
      this.queue.failed(key);
      return;
    }
    this.counters.failures += 1;
    // What is no error of ours is a fault of the program: it is tried again, and seen in the log.
    if (error instanceof NetmothError && !error.retryable) {
      log.error(fields, 'Reconciling failed; it waits for a change');
      this.queue.done(key, kSlowRetryMs);
      return;
    }
    log.warn(fields, 'Reconciling failed; it will be tried again');
    this.queue.failed(key, error instanceof ApiError ? error.retryAfterMs : 0);
  }
}
