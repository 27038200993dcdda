// Who is asking, and whether they may. Invariants: a route without `auth: 'none'` is answered only
// for a principal; a cookie counts for an unsafe method or a WebSocket only from our own page; a
// bearer token is never ambient, so it needs no such check.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NetmothError } from '#contracts/errors.ts';
import { LIVE_PATH } from '#contracts/live.ts';
import { SESSION_COOKIE } from '#contracts/rest.ts';
import type { Route } from '#contracts/route.ts';
import type { Accounts, Principal, Session } from './accounts.ts';
import { isSameOrigin } from './same-origin.ts';
import { setSessionCookie } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    auth?: Route['auth'];
    /** Routes that answer some without an account decide that here, first. */
    admit?: (request: FastifyRequest) => boolean;
  }
}

export interface GuardOptions {
  readonly accounts: Accounts;
  readonly cookieSecure: boolean;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const BEARER = /^Bearer +([\w-]{1,256})$/i;

export function installGuard(app: FastifyInstance, options: GuardOptions): void {
  app.decorateRequest('principal', null);
  app.addHook('onRequest', async (request, reply) => {
    const { auth = 'none', admit } = request.routeOptions.config;
    if (request.ws && request.routeOptions.url !== LIVE_PATH) {
      throw new NetmothError('NM_QUERY_INVALID', `WebSockets are at ${LIVE_PATH} only`);
    }
    if (auth === 'none' || admit?.(request) === true) return;
    request.principal = await principalOf(request, reply, options);
    if (auth === 'session' && request.principal.kind !== 'session') {
      throw new NetmothError('NM_FORBIDDEN', 'only a logged-in person may do this, no API token');
    }
  });
}

async function principalOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { accounts, cookieSecure }: GuardOptions,
): Promise<Principal> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const secret = BEARER.exec(authorization)?.[1];
    const token = secret === undefined ? undefined : await accounts.token(secret);
    if (token === undefined) {
      throw new NetmothError('NM_UNAUTHENTICATED', 'the API token is unknown or has expired');
    }
    return token;
  }
  const cookie = request.cookies[SESSION_COOKIE];
  const session = cookie === undefined ? undefined : await accounts.session(cookie);
  if (session === undefined) {
    throw new NetmothError('NM_UNAUTHENTICATED', 'log in, or send an API token');
  }
  if ((request.ws || !SAFE_METHODS.has(request.method)) && !isSameOrigin(request)) {
    throw new NetmothError('NM_FORBIDDEN', "the request does not come from Netmoth's own page");
  }
  if (session.extended && !request.ws) setSessionCookie(reply, session, cookieSecure);
  return session;
}

/** The session of a route with `auth: 'session'`. */
export function sessionOf(request: FastifyRequest): Session {
  if (request.principal?.kind === 'session') return request.principal;
  throw new NetmothError('NM_UNAUTHENTICATED', 'log in first');
}
