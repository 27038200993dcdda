/** Runs the real program in a process of its own, as a user would, for tests alone. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const PROGRAM = join(import.meta.dirname, '../../bin/netmoth.mjs');
export const SAMPLE = join(import.meta.dirname, '../../../samples/first-look.pcap');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Program and arguments to run netmoth through, e.g. setpriv. */
  readonly through?: readonly string[];
}

export function runNetmoth(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const [command = '', ...rest] = [...(options.through ?? []), process.execPath, PROGRAM, ...args];
  const child = spawn(command, rest, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
}
