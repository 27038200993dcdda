// Metrics and log of requests. Invariant: labels have few values (route patterns, never addresses);
// no header and no body is logged, so no secret is.
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { isApiRequest } from './request-limits.ts';

const BUCKETS_SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10];

export class ApiMetrics {
  readonly requestSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly rateLimited: Counter;
  readonly liveClients: Gauge;
  readonly liveDropped: Counter;
  readonly liveUnreadable: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.requestSeconds = new Histogram({
      name: 'netmoth_api_request_seconds',
      help: 'Time from request to the end of the answer',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS_SECONDS,
      registers,
    });
    this.rateLimited = new Counter({
      name: 'netmoth_api_rate_limited_total',
      help: 'Requests answered with 429',
      registers,
    });
    this.liveClients = new Gauge({
      name: 'netmoth_api_live_clients',
      help: 'WebSocket clients of the live feed',
      registers,
    });
    this.liveDropped = new Counter({
      name: 'netmoth_api_live_dropped_events_total',
      help: 'Events left out for live clients that were too slow or paused',
      registers,
    });
    this.liveUnreadable = new Counter({
      name: 'netmoth_api_live_unreadable_total',
      help: 'Batches and events that the live feed could not read',
      registers,
    });
  }
}

export function installMetricHooks(app: FastifyInstance, metrics: ApiMetrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'static';
    const status = String(reply.statusCode);
    metrics.requestSeconds.observe(
      { method: request.method, route, status },
      reply.elapsedTime / 1000,
    );
    if (reply.statusCode === 429) metrics.rateLimited.inc();
    // One line a request; those of probes, scrapes and files only where somebody looks for them.
    const level = isApiRequest(request) ? 'info' : 'debug';
    request.log[level](
      {
        method: request.method,
        url: request.url,
        status: reply.statusCode,
        address: request.ip,
        user: request.principal?.user,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });
}
