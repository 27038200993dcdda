// Steps of a run that a person reads. Invariants: the first that fails ends it, with its reason and how long it waited;
// a wait ends in time, with the last thing that was seen instead.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Steps {
  /** Runs the step; what it resolves to is the step's. */
  step<T>(name: string, run: () => Promise<T>): Promise<T>;
  readonly passed: number;
}

export function startSteps(say: (line: string) => void): Steps {
  let passed = 0;
  return {
    get passed() {
      return passed;
    },
    async step(name, run) {
      const started = Date.now();
      const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;
      try {
        const result = await run();
        passed += 1;
        say(`ok    ${name} (${seconds()})`);
        return result;
      } catch (error) {
        say(`FAIL  ${name} (${seconds()})`);
        throw error;
      }
    },
  };
}

const kPollMs = 300;

/** Looks until there is something; what `look` throws is said when the time is up. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let seen: unknown = 'nothing yet';
  while (Date.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      seen = error instanceof Error ? error.message : error;
    }
    await sleep(kPollMs);
  }
  throw new Error(`${what} was not so within ${timeoutMs / 1000} s; seen: ${seen}`);
}
