// A program of ours as a process of its own, for tests that freeze and kill it. Invariant: it dies with
// the test, even with one that is killed.
import { type Child, startChild } from '#cli/processes/child.ts';

export { freePort } from '#cli/processes/readiness.ts';

export interface TestProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it printed, oldest first. */
  readonly lines: readonly string[];
  readonly exited: Child['exited'];
  signal(name: NodeJS.Signals): void;
}

export interface TestProcessOptions {
  readonly script: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function startTestProcess(options: TestProcessOptions): Promise<TestProcess> {
  const lines: string[] = [];
  const child = await startChild({
    command: process.execPath,
    args: [options.script, ...options.args],
    deathSignal: 'KILL',
    onLine: (line) => void lines.push(line),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  return {
    pid: child.pid,
    lines,
    exited: child.exited,
    signal: (name) => {
      if (child.running) process.kill(child.pid, name);
    },
    [Symbol.asyncDispose]: async () => void (await child.kill()),
  };
}
