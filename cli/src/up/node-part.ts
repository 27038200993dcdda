/**
 * A part that is one of our own verbs (`netmoth sensor`, `netmoth manager`) in a process of its own.
 *
 * Invariant: ready means that its /healthz answers; what it prints goes to its log; a start that fails
 * for a reason the user can mend keeps that reason's code.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ERROR_CODES, type ErrorCode, NetmothError } from '#contracts/errors.ts';
import { type ChildExit, startChild } from '../processes/child.ts';
import { endedAtStart, type LaunchedPart, type PartSpec } from './supervisor.ts';

export interface NodePartOptions {
  readonly name: string;
  readonly restart?: boolean;
  readonly args: readonly string[];
  /** http://host:port of its /healthz. */
  readonly healthUrl: string;
  /** The line `netmoth up` shows when the part is ready. */
  readonly description: string;
  readonly onLine: (line: string) => void;
  readonly stopGraceMs: number;
}

const PROGRAM = join(import.meta.dirname, '../main.ts');
const POLL_MS = 50;
const READY_TIMEOUT_MS = 60_000;

export function nodePart(options: NodePartOptions): PartSpec {
  return { name: options.name, restart: options.restart ?? true, launch: () => launch(options) };
}

async function launch(options: NodePartOptions): Promise<LaunchedPart> {
  const child = await startChild({
    command: process.execPath,
    args: [PROGRAM, ...options.args],
    onLine: options.onLine,
  });
  return {
    pid: child.pid,
    exited: child.exited,
    stop: () => child.stop(['SIGTERM'], options.stopGraceMs),
    ready: async (signal) => {
      const ended = child.exited.then((exit) => {
        throw startError(options.name, exit);
      });
      // Lost races must not become unhandled rejections when the child ends much later.
      ended.catch(() => undefined);
      await Promise.race([ended, answers(options, signal)]);
      return options.description;
    },
  };
}

async function answers(options: NodePartOptions, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const response = await fetch(`${options.healthUrl}/healthz`, { signal }).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new NetmothError(
    'NM_CHILD_FAILED',
    `${options.name} did not answer within ${READY_TIMEOUT_MS / 1000} s`,
    { retryable: true },
  );
}

/** reportError() ends its line with `[CODE]`: the child's own fault, handed on as it was told. */
function startError(name: string, exit: ChildExit): NetmothError {
  for (const line of exit.lastLines.toReversed()) {
    const told = /^netmoth: (.*) \[(NM_[A-Z_]+)\]$/.exec(line);
    const [, message, code] = told ?? [];
    if (message !== undefined && isErrorCode(code)) return new NetmothError(code, message);
  }
  return endedAtStart(name, exit);
}

function isErrorCode(text: string | undefined): text is ErrorCode {
  return text !== undefined && Object.hasOwn(ERROR_CODES, text);
}
