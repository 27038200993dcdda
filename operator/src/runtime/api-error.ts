/**
 * What can go wrong with a request to the Kubernetes API.
 *
 * Invariant: callers look at `status` and `retryable`, never at text.
 */
import { NetmothError } from '#contracts/errors.ts';

/** The server answered, with a refusal. */
export class ApiError extends NetmothError {
  readonly status: number;
  /** Kubernetes' own word, e.g. Conflict, Invalid, Expired. */
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(what: string, answer: ApiAnswer) {
    const { status, reason, message, retryAfterMs } = answer;
    const retryable = status === 409 || status === 429 || status >= 500;
    super('NM_KUBE_REFUSED', `${what}: ${status} ${message}`, { retryable });
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ApiAnswer {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** There was no answer: nobody listens, the connection broke, the time was up. */
export function unreachable(what: string, cause: unknown): NetmothError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const text = `${what}: no answer from the API server (${detail})`;
  return new NetmothError('NM_KUBE_UNAVAILABLE', text, { cause, retryable: true });
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

/** Reads a Status object, whatever of it is there. */
export function answerOf(status: number, body: string, retryAfter?: string): ApiAnswer {
  const seconds = Number(retryAfter);
  const retryAfterMs = retryAfter === undefined || !(seconds >= 0) ? undefined : seconds * 1_000;
  let parsed: { reason?: unknown; message?: unknown } = {};
  try {
    parsed = JSON.parse(body) as typeof parsed;
  } catch {
    parsed = { message: body.slice(0, 200) };
  }
  const { reason, message } = parsed ?? {};
  return {
    status,
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' ? message : '',
    retryAfterMs,
  };
}
