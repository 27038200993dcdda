/**
 * The one place where a failed command becomes a line on standard error and an exit status.
 *
 * Invariant: an expected failure is one line without a stack trace; a fault of our own says so and
 * keeps its stack, because somebody has to mend it.
 */
import { NetmothError } from '#contracts/errors.ts';

export function reportError(error: unknown): number {
  if (error instanceof NetmothError) {
    process.stderr.write(`netmoth: ${error.message} [${error.code}]\n`);
    return error.exitStatus;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`netmoth: a fault of netmoth itself, please report it:\n${text}\n`);
  return new NetmothError('NM_INTERNAL', text).exitStatus;
}
