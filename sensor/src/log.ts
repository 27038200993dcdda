/** The log: JSON lines on standard output. Invariant: constant messages; what varies stands in fields. */
import { type Logger, pino, stdTimeFunctions } from 'pino';

export interface LogOptions {
  readonly level: string;
  readonly sensor: string;
  readonly node: string;
}

export function makeLog({ level, sensor, node }: LogOptions): Logger {
  return pino({
    level,
    base: { part: 'sensor', sensor, node },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  });
}

/** Name, code and text; no stack, since what is logged as a fault here is one of the outside world. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? { code: error.code } : {};
  return { type: error.name, ...code, message: error.message };
}
