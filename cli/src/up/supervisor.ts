/**
 * Keeps a fixed list of parts running: starts them in order, restarts one that dies with growing
 * pauses, stops them in reverse order.
 *
 * Invariants: a part is started only when those before it were ready once; a part that dies after that
 * is degraded until it is ready again, and is never given up unless its spec says so; stop() ends every
 * child, also one that is being launched.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { NetmothError } from '#contracts/errors.ts';
import type { PartHealth } from '#contracts/rest.ts';
import type { ChildExit } from '../processes/child.ts';

/** A part that was launched. */
export interface LaunchedPart {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  /** Resolves with one line about the part when it does its work; rejects when it ended before. */
  ready(signal: AbortSignal): Promise<string>;
  stop(): Promise<unknown>;
}

export interface PartSpec {
  readonly name: string;
  /** False: a part whose work must not begin again stays down when it ends. Default true. */
  readonly restart?: boolean;
  launch(): Promise<LaunchedPart>;
}

export interface SupervisorOptions {
  readonly parts: readonly PartSpec[];
  /** Called after every change of a part's health. */
  readonly onChange: (parts: readonly PartHealth[]) => void;
  readonly now?: () => number;
}

const RESTART_FIRST_MS = 250;
const RESTART_MAX_MS = 15_000;
/** A part that ran this long starts again without a pause to remember. */
const RESTART_FORGET_MS = 60_000;

/** Pause before the n-th restart in a row (n ≥ 1): doubling, bounded. */
export function restartDelayMs(attempt: number): number {
  return Math.min(RESTART_FIRST_MS * 2 ** (attempt - 1), RESTART_MAX_MS);
}

interface PartState {
  readonly spec: PartSpec;
  health: PartHealth;
  launched: LaunchedPart | undefined;
  /** The launch under way or done; its failure is told by who awaits it. */
  launching: Promise<LaunchedPart> | undefined;
  watcher: Promise<void> | undefined;
}

export class Supervisor {
  readonly #parts: PartState[];
  readonly #onChange: SupervisorOptions['onChange'];
  readonly #now: () => number;
  readonly #stopping = new AbortController();

  constructor(options: SupervisorOptions) {
    this.#onChange = options.onChange;
    this.#now = options.now ?? Date.now;
    this.#parts = options.parts.map((spec) => ({
      spec,
      health: { name: spec.name, status: 'down', message: 'not started yet', restarts: 0 },
      launched: undefined,
      launching: undefined,
      watcher: undefined,
    }));
  }

  health(): readonly PartHealth[] {
    return this.#parts.map((part) => part.health);
  }

  /** Starts the parts one after the other; a part that does not come up rejects, the rest stay down. */
  async start(onReady: (health: PartHealth) => void): Promise<void> {
    for (const part of this.#parts) {
      this.#stopping.signal.throwIfAborted();
      await this.#launch(part);
      onReady(part.health);
      part.watcher = this.#watch(part);
    }
  }

  /** Ends every part, last started first. */
  async stop(onStopped: (name: string) => void): Promise<void> {
    this.#stopping.abort();
    for (const part of this.#parts.toReversed()) {
      const launched = await part.launching?.catch(() => undefined);
      if (launched === undefined) continue;
      await launched.stop();
      await part.watcher;
      this.#report(part, 'down', 'stopped');
      onStopped(part.spec.name);
    }
  }

  async #launch(part: PartState): Promise<void> {
    part.launching = part.spec.launch();
    const launched = await part.launching;
    part.launched = launched;
    if (this.#stopping.signal.aborted) await launched.stop();
    this.#report(part, 'ok', await launched.ready(this.#stopping.signal));
  }

  async #watch(part: PartState): Promise<void> {
    let attempt = 0;
    for (;;) {
      const startedAt = this.#now();
      const exit = await part.launched?.exited;
      if (this.#stopping.signal.aborted) return;
      if (part.spec.restart === false) {
        this.#report(part, 'down', `${exitText(exit)}; it is not started again`);
        return;
      }
      if (this.#now() - startedAt > RESTART_FORGET_MS) attempt = 0;
      attempt = await this.#restart(part, exitText(exit), attempt + 1);
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Tries until the part is ready again or the supervisor stops; answers the attempts it took. */
  async #restart(part: PartState, why: string, firstAttempt: number): Promise<number> {
    let message = why;
    for (let attempt = firstAttempt; ; attempt += 1) {
      const delayMs = restartDelayMs(attempt);
      part.health = { ...part.health, restarts: (part.health.restarts ?? 0) + 1 };
      this.#report(part, 'degraded', `${message}; starting again in ${delayMs} ms`);
      try {
        await sleep(delayMs, undefined, { signal: this.#stopping.signal });
        await this.#launch(part);
        return attempt;
      } catch (error) {
        if (this.#stopping.signal.aborted) return attempt;
        message = error instanceof Error ? error.message : String(error);
        await part.launched?.stop();
      }
    }
  }

  #report(part: PartState, status: PartHealth['status'], message: string): void {
    part.health = { ...part.health, status, message };
    this.#onChange(this.health());
  }
}

function exitText(exit: ChildExit | undefined): string {
  if (exit === undefined) return 'ended';
  const how = exit.signal === null ? `ended with status ${exit.code}` : `killed by ${exit.signal}`;
  const said = exit.lastLines.at(-1);
  return said === undefined ? how : `${how}: ${said}`;
}

/** The error of a part that ended while we waited for it to become ready. */
export function endedAtStart(name: string, exit: ChildExit): NetmothError {
  return new NetmothError('NM_CHILD_FAILED', `${name} does not start: ${exitText(exit)}`);
}
