// Login, logout, password and API tokens. Invariants: failed logins are limited by address and by
// user, so neither one machine nor many can guess; a password or token never reaches the log.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { NetmothError } from '#contracts/errors.ts';
import {
  loginSchema,
  passwordChangeSchema,
  SESSION_COOKIE,
  tokenRequestSchema,
} from '#contracts/rest.ts';
import type { Clock } from '../api-deps.ts';
import { clientKey } from '../client-key.ts';
import { RateLimitError } from '../error-answers.ts';
import { parseInput } from '../request-input.ts';
import { addRoute } from '../route-table.ts';
import type { Accounts, Session } from './accounts.ts';
import { AttemptLimit } from './attempt-limit.ts';
import { sessionOf } from './guard.ts';
import { isCrossOrigin } from './same-origin.ts';
import { clearSessionCookie, setSessionCookie } from './session-cookie.ts';

const WINDOW_MS = 5 * 60_000;
export const MAX_FAILURES_PER_ADDRESS = 10;
export const MAX_FAILURES_PER_USER = 30;

export interface AccountRoutesOptions {
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly cookieSecure: boolean;
}

const told = ({ user, expiresMs }: Session) => ({
  user,
  expiresAt: new Date(expiresMs).toISOString().replace('Z', '000Z'),
});

/** Both limits of one kind of secret, asked before it is checked. */
class LoginLimits {
  readonly #byAddress: AttemptLimit;
  readonly #byUser: AttemptLimit;

  constructor(clock: Clock) {
    const windowMs = WINDOW_MS;
    this.#byAddress = new AttemptLimit({ max: MAX_FAILURES_PER_ADDRESS, windowMs, clock });
    this.#byUser = new AttemptLimit({ max: MAX_FAILURES_PER_USER, windowMs, clock });
  }

  #demand(client: string, user: string): void {
    const waitMs = Math.max(this.#byAddress.waitMs(client), this.#byUser.waitMs(user));
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    throw new RateLimitError(`too many failed logins; try again in ${seconds} s`, seconds);
  }

  /** Counted before the check, so that tries at the same time cannot outrun the limit. */
  async attempt<T>(
    request: FastifyRequest,
    user: string,
    check: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const client = clientKey(request.ip);
    this.#demand(client, user);
    this.#byAddress.fail(client);
    this.#byUser.fail(user);
    try {
      const result = await check();
      if (result !== undefined) {
        this.#byAddress.succeed(client);
        this.#byUser.succeed(user);
      }
      return result;
    } catch (error) {
      this.#byAddress.forgive(client);
      this.#byUser.forgive(user);
      throw error;
    }
  }
}

export function installAccountRoutes(app: FastifyInstance, options: AccountRoutesOptions): void {
  const { accounts, clock, cookieSecure } = options;
  const limits = new LoginLimits(clock);

  addRoute(app, 'logIn', async (request, reply) => {
    if (isCrossOrigin(request)) {
      throw new NetmothError('NM_FORBIDDEN', 'logins come from the own page only');
    }
    const { user, password } = parseInput(loginSchema, request.body);
    const session = await limits.attempt(request, user, () => accounts.logIn(user, password));
    if (session === undefined) {
      request.log.warn({ user, address: request.ip }, 'login failed');
      throw new NetmothError('NM_UNAUTHENTICATED', 'user or password is wrong');
    }
    request.log.info({ user, address: request.ip }, 'login');
    setSessionCookie(reply, session, cookieSecure);
    return told(session);
  });

  addRoute(app, 'getSession', async (request) => told(sessionOf(request)));

  addRoute(app, 'logOut', async (request, reply) => {
    if (isCrossOrigin(request)) {
      throw new NetmothError('NM_FORBIDDEN', "the request does not come from Netmoth's own page");
    }
    const secret = request.cookies[SESSION_COOKIE];
    if (secret !== undefined) await accounts.logOut(secret);
    clearSessionCookie(reply, cookieSecure);
    return reply.code(204).send();
  });

  addRoute(app, 'changePassword', async (request, reply) => {
    const { current, next } = parseInput(passwordChangeSchema, request.body);
    const session = sessionOf(request);
    const changed = await limits.attempt(request, session.user, () =>
      accounts.changePassword(session, current, next),
    );
    if (changed === undefined) {
      throw new NetmothError('NM_FORBIDDEN', 'the current password is wrong');
    }
    request.log.info({ user: session.user }, 'password changed');
    return reply.code(204).send();
  });

  addRoute(app, 'listTokens', async (request) => ({
    items: await accounts.tokens(sessionOf(request).user),
  }));

  addRoute(app, 'createToken', async (request, reply) => {
    const wanted = parseInput(tokenRequestSchema, request.body);
    const created = await accounts.createToken(sessionOf(request).user, wanted);
    return reply.code(201).header('cache-control', 'no-store').send(created);
  });

  addRoute(app, 'deleteToken', async (request, reply) => {
    const { id } = parseInput(z.object({ id: z.uuid() }), request.params);
    if (!(await accounts.deleteToken(sessionOf(request).user, id))) {
      throw new NetmothError('NM_NOT_FOUND', 'the account has no such token');
    }
    return reply.code(204).send();
  });
}
