// Sensors, health, probes, metrics and the API's own description. Invariant: what is open to all
// tells states and nothing else.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { openApiDocument } from '#contracts/openapi.ts';
import type { HealthService } from './health.ts';
import { addRoute, routeOf } from './route-table.ts';
import type { SensorReports } from './sensor-reports.ts';

export interface StatusRoutesOptions {
  readonly health: HealthService;
  readonly sensors: SensorReports | undefined;
  readonly registry: Registry;
  readonly metricsOpen: boolean;
  /** A proxy on this machine stands before us, so loopback says nothing about who asks. */
  readonly trustProxy: boolean;
}

const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;

/** Straight from this machine: what came through a proxy did not start here. */
function isLocal(request: FastifyRequest): boolean {
  const forwarded =
    request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
  return !forwarded && LOOPBACK.test(request.socket.remoteAddress ?? '');
}

export function installStatusRoutes(app: FastifyInstance, options: StatusRoutesOptions): void {
  const { health, sensors, registry, metricsOpen, trustProxy } = options;
  const description = JSON.stringify(openApiDocument());

  addRoute(app, 'listSensors', async () => ({ items: sensors?.rows() ?? [] }));
  addRoute(app, 'getHealth', async () => {
    const { ready: _, ...told } = await health.health();
    return told;
  });
  addRoute(app, 'getOpenApi', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(description),
  );
  addRoute(app, 'getLiveness', async () => ({ status: 'ok' }));
  addRoute(app, 'getReadiness', async (_request, reply) => {
    const { status, parts, ready } = await health.health();
    return reply.code(ready ? 200 : 503).send({
      status,
      parts: parts.map((part) => ({ name: part.name, status: part.status })),
    });
  });

  const metrics = routeOf('getMetrics');
  app.route({
    ...metrics,
    config: {
      ...metrics.config,
      admit: (request) => metricsOpen || (!trustProxy && isLocal(request)),
    },
    handler: async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
  });
}
