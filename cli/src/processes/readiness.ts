// Waits until a server answers in its own protocol. Invariant: the wait ends, in time or with the
// server's own last words; a port that merely accepts connections does not count as ready.
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetmothError } from '#contracts/errors.ts';
import type { Child } from './child.ts';

/** The server ended at its start or never answered; starting it again may help. */
export class ServerNotReadyError extends NetmothError {
  /** The last lines it printed, oldest first. */
  readonly lastLines: readonly string[];

  constructor(message: string, lastLines: readonly string[], cause?: unknown) {
    super('NM_CHILD_FAILED', message, { cause, retryable: true });
    this.lastLines = lastLines;
  }
}

export interface ReadinessOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const kPollMs = 40;

/** Repeats the probe until it returns, the child exits, the time is up or the signal aborts. */
export async function untilReady<T>(
  child: Child,
  probe: () => Promise<T>,
  options: ReadinessOptions,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  let failure: unknown;
  while (child.running) {
    options.signal?.throwIfAborted();
    try {
      return await probe();
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) {
      const waitedS = Math.round(options.timeoutMs / 1000);
      throw new ServerNotReadyError(
        `${options.name} did not answer within ${waitedS} s`,
        [],
        failure,
      );
    }
    await sleep(kPollMs);
  }
  const { code, signal, lastLines } = await child.exited;
  const said = lastLines.at(-1) ?? 'it printed nothing';
  throw new ServerNotReadyError(
    `${options.name} ended at its start (${signal ?? `exit code ${code}`}): ${said}`,
    lastLines,
    failure,
  );
}

/** A TCP port that was free a moment ago on the host. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
