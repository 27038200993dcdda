// The session cookie. Invariant: never readable by scripts, never sent by other sites' pages.
import type { FastifyReply } from 'fastify';
import { SESSION_COOKIE } from '#contracts/rest.ts';
import { SESSION_MS, type Session } from './accounts.ts';

const attributes = (secure: boolean) =>
  ({ path: '/', httpOnly: true, sameSite: 'strict', secure }) as const;

export function setSessionCookie(reply: FastifyReply, session: Session, secure: boolean): void {
  const maxAge = SESSION_MS / 1000;
  reply.setCookie(SESSION_COOKIE, session.secret, { ...attributes(secure), maxAge });
}

export function clearSessionCookie(reply: FastifyReply, secure: boolean): void {
  reply.clearCookie(SESSION_COOKIE, attributes(secure));
}
