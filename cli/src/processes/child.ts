// Starts one server as a child that Ctrl-C does not reach directly and that does not outlive us.
// Invariants: the child leads its own session (so only its owner stops it), the kernel signals it when
// its owner dies, and a child whose exit nobody saw coming says so in `exited` with its last lines.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Who the child runs as, when that is not us. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
  /** Capability (lower case, without cap_) the child keeps in spite of its uid. */
  readonly keepCapability?: 'dac_read_search' | 'dac_override';
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to a minimal environment; nothing of ours is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly runAs?: RunAs | undefined;
  /** What the kernel sends the child when its owner dies without stopping it. */
  readonly deathSignal?: 'TERM' | 'INT' | 'KILL';
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it printed, oldest first. */
  readonly lastLines: readonly string[];
}

export interface Child {
  readonly pid: number;
  /** Settles once, when the process is gone; never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly running: boolean;
  /** Sends the signals in turn, waiting graceMs after each, then SIGKILL; resolves when it is gone. */
  stop(signals: readonly NodeJS.Signals[], graceMs: number): Promise<ChildExit>;
  /** SIGKILL, now: a crash as the rest of the system sees it. */
  kill(): Promise<ChildExit>;
}

const kLastLines = 20;
/** Nothing of the caller's locale, PG* or GO* variables may change what a server does. */
const kEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
const kSetpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

/** Spawns the child; rejects when the command cannot be executed at all. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const [command, args] = wrapped(options);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...kEnvironment, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    forwardLines(stream, (line) => {
      lastLines.push(line);
      if (lastLines.length > kLastLines) lastLines.shift();
      options.onLine?.(line);
    });
  }
  const pid = await spawned(child);
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, lastLines }));
  });
  return {
    pid,
    exited,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    async stop(signals, graceMs) {
      for (const signal of signals) {
        child.kill(signal);
        if (await settledWithin(exited, graceMs)) return exited;
      }
      child.kill('SIGKILL');
      return exited;
    },
    kill() {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

/** setpriv changes the user, keeps a capability and asks for the death signal, then becomes the child. */
function wrapped(options: ChildOptions): [string, string[]] {
  const { runAs, deathSignal = 'TERM' } = options;
  if (kSetpriv === undefined) {
    if (runAs !== undefined) {
      throw new Error('setpriv (package util-linux) is needed to run a server as another user');
    }
    return [options.command, [...options.args]];
  }
  const flags = [`--pdeathsig=${deathSignal}`];
  if (runAs !== undefined) {
    flags.push(`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, '--clear-groups', '--no-new-privs');
    const kept = runAs.keepCapability === undefined ? '' : `,+${runAs.keepCapability}`;
    flags.push(`--inh-caps=-all${kept}`, `--ambient-caps=-all${kept}`);
    // Without this access(2), which PostgreSQL asks before it runs a program, ignores the capability.
    if (kept !== '') flags.push('--securebits=+no_setuid_fixup');
  }
  return [kSetpriv, [...flags, '--', options.command, ...options.args]];
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.removeListener('error', reject);
      child.on('error', () => child.kill('SIGKILL'));
      resolve(child.pid ?? -1);
    });
  });
}

function forwardLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream === null) return;
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}

async function settledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const late = Symbol('late');
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), timeoutMs);
  });
  const first = await Promise.race([promise, timeout]);
  clearTimeout(timer);
  return first !== late;
}
