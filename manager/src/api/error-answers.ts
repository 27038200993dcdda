// Every answer of 400 and above. Invariant: its body is errorBodySchema; a fault of our own says
// nothing of its insides, only the request id under which the log has all of it.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, NetmothError } from '#contracts/errors.ts';
import type { ErrorBody } from '#contracts/rest.ts';
import { isTransient } from '../store/pool.ts';
import { InputError } from './request-input.ts';

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  NM_QUERY_INVALID: 400,
  NM_UNAUTHENTICATED: 401,
  NM_FORBIDDEN: 403,
  NM_NOT_FOUND: 404,
  NM_CONFLICT: 409,
  NM_RATE_LIMITED: 429,
  NM_STORE_UNAVAILABLE: 503,
  NM_BUS_UNAVAILABLE: 503,
};

/** SQLSTATE of a statement that ran into its timeout. */
const CANCELED = '57014';

/** Retry-After of a 429, in seconds. */
export class RateLimitError extends NetmothError {
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super('NM_RATE_LIMITED', message, { retryable: true });
    this.name = 'RateLimitError';
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterSeconds));
  }
}

interface Answer {
  readonly status: number;
  readonly body: ErrorBody;
}

function answer(status: number, code: ErrorCode, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

/** What is told of an error; `internal` where it is a fault of ours that the log must show. */
export function answerOf(error: unknown, requestId: string): Answer & { internal: boolean } {
  if (error instanceof InputError) {
    const { status, body } = answer(400, error.code, error.message);
    return {
      status,
      body: { error: { ...body.error, details: error.details.map((each) => ({ ...each })) } },
      internal: false,
    };
  }
  if (error instanceof NetmothError) {
    const status = STATUS_OF[error.code];
    if (status !== undefined) {
      return { ...answer(status, error.code, error.message), internal: status >= 500 };
    }
  }
  if ((error as { code?: unknown }).code === CANCELED) {
    const told = 'the query took too long; ask for a shorter time range or more filters';
    return { ...answer(503, 'NM_STORE_UNAVAILABLE', told), internal: true };
  }
  if (isTransient(error)) {
    const told = 'PostgreSQL cannot be reached; try again later';
    return { ...answer(503, 'NM_STORE_UNAVAILABLE', told), internal: true };
  }
  const status = (error as Partial<FastifyError>).statusCode ?? 500;
  if (status >= 400 && status < 500) {
    const code = status === 404 ? 'NM_NOT_FOUND' : 'NM_QUERY_INVALID';
    return { ...answer(status, code, (error as Error).message), internal: false };
  }
  const told = `a fault of Netmoth itself; the log has it under request ${requestId}`;
  return { ...answer(500, 'NM_INTERNAL', told), internal: true };
}

/** Also for what Fastify refuses before any route or hook has run (a wrong escape in the path). */
export function onError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, body, internal } = answerOf(error, request.id);
  if (internal) request.log.error({ err: error }, 'request failed');
  if (error instanceof RateLimitError) reply.header('retry-after', error.retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="netmoth"');
  return reply.code(status).header('cache-control', 'no-store').send(body);
}

export function installErrorAnswers(app: FastifyInstance): void {
  app.setErrorHandler(onError);
}

export function notFound(request: FastifyRequest): NetmothError {
  const path = request.url.split('?', 1)[0] ?? '';
  return new NetmothError('NM_NOT_FOUND', `there is no ${request.method} ${path.slice(0, 200)}`);
}
