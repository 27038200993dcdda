// Registers handlers by the operation ids of contracts/src/routes.ts. Invariant: method, path and who
// may call come from that table alone.
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ROUTES } from '#contracts/routes.ts';

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export function routeOf(operationId: string): Pick<RouteOptions, 'method' | 'url' | 'config'> {
  const route = ROUTES.find((each) => each.operationId === operationId);
  if (route === undefined) throw new Error(`no route ${operationId} in the contracts`);
  const url = route.path.replace(/\{(\w+)\}/g, ':$1');
  return { method: route.method, url, config: { auth: route.auth } };
}

export function addRoute(app: FastifyInstance, operationId: string, handler: Handler): void {
  app.route({ ...routeOf(operationId), handler });
}
