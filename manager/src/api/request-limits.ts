// How often an address may ask. Invariants: what counts is the route that answers, never the spelling
// of the address (%61pi, http://host/api); a request is counted before the guard, so that those it
// refuses count too; only the probes, which tell a cached state, are free.
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { API_PREFIX } from '#contracts/rest.ts';
import { clientKey } from './client-key.ts';
import { RateLimitError } from './error-answers.ts';

const WINDOW_MS = 60_000;
/** Files and unknown paths cost little: a page is some twenty of them. */
const OTHERS_PER_API_REQUEST = 5;
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Whether a route of the API answers; undefined paths and files are none. */
export function isApiRequest({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith(`${API_PREFIX}/`) === true;
}

export async function installRequestLimits(app: FastifyInstance, perMinute: number): Promise<void> {
  await app.register(rateLimit, { global: false });
  const limit = (name: string, max: number) =>
    app.createRateLimit({
      max,
      timeWindow: WINDOW_MS,
      keyGenerator: (request) => `${name} ${clientKey(request.ip)}`,
    });
  const api = limit('api', perMinute);
  const others = limit('others', perMinute * OTHERS_PER_API_REQUEST);
  app.addHook('onRequest', async (request) => {
    if (PROBES.has(request.routeOptions.url ?? '')) return;
    const counted = await (isApiRequest(request) ? api : others)(request);
    if (!counted.isAllowed && counted.isExceeded) {
      throw new RateLimitError('too many requests from this address', counted.ttlInSeconds);
    }
  });
}
