// Runs the tools of the layers. Invariant: a tool's output is either shown as it comes or kept whole, so
// that a failure never has to be guessed; a long silent one shows that it lives.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kRoot } from './layer.ts';

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Show the output as it comes, instead of keeping it. */
  readonly live?: boolean;
  /** No progress line: one of many short runs, whose caller shows how far it is. */
  readonly silent?: boolean;
  /** Name of the log file under build/logs, and of the progress line. */
  readonly name: string;
}

export interface CommandResult {
  readonly ok: boolean;
  /** Empty for live commands. */
  readonly output: string;
  readonly log: string;
}

const kProgressMs = 10_000;
const kTimeoutMs = 40 * 60_000;

export async function runCommand(
  command: string,
  args: readonly string[],
  { env = {}, live = false, silent = false, name }: CommandOptions,
): Promise<CommandResult> {
  const started = Date.now();
  const child = spawn(command, args, {
    cwd: kRoot,
    env: { ...process.env, ...env },
    // Nothing here runs so long; a hung server must not hold CI until its own limit.
    timeout: kTimeoutMs,
    killSignal: 'SIGKILL',
    stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ticker = setInterval(() => {
    if (!live && !silent) console.log(`  … ${name} ${Math.round((Date.now() - started) / 1000)} s`);
  }, kProgressMs);
  const ok = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      chunks.push(Buffer.from(`${command} cannot be run: ${error.message}\n`));
      resolve(false);
    });
    child.once('close', (code, signal) => {
      if (signal !== null) console.log(`${name}: ended by ${signal}`);
      resolve(code === 0);
    });
  });
  clearInterval(ticker);
  const output = Buffer.concat(chunks).toString();
  const log = join('build/logs', `test-${name}.log`);
  mkdirSync(join(kRoot, 'build/logs'), { recursive: true });
  if (!live) writeFileSync(join(kRoot, log), output);
  return { ok, output, log };
}

/** The lines worth showing of a failed tool: the end of what it said. */
export function lastLines(output: string, count = 60): string {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}

/** Runs the tasks, so many at a time, in order; results in the order of the tasks. */
export async function inParallel<Task, Result>(
  tasks: readonly Task[],
  limit: number,
  run: (task: Task) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = tasks.entries();
  const worker = async (): Promise<void> => {
    for (const [index, task] of queue) results[index] = await run(task);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
