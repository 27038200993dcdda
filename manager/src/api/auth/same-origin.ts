// Whether a browser sent this request from our own page. Invariant: a request that does not say where
// it comes from is not ours; browsers say it with every unsafe method and every WebSocket.
import type { FastifyRequest } from 'fastify';

export function isSameOrigin(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = request.headers;
  if (origin === undefined) return false;
  try {
    return new URL(origin).host === request.host;
  } catch {
    return false;
  }
}

/** Says it comes from elsewhere; a program that says nothing (curl) does not. */
export function isCrossOrigin(request: FastifyRequest): boolean {
  const saysOrigin =
    request.headers['sec-fetch-site'] !== undefined || request.headers.origin !== undefined;
  return saysOrigin && !isSameOrigin(request);
}
