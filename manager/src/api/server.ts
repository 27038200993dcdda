// The HTTP server of the manager: REST, WebSocket, probes, metrics and the dashboard's files.
//
// Invariants: routes are those of contracts/src/routes.ts; the guard runs before every handler; every
// error is errorBodySchema; nothing waits without a bound (bodies, headers, requests, clients).
import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { installAddressRoutes } from './address-routes.ts';
import { installAnalysisRoutes } from './analysis-routes.ts';
import type { ApiDeps } from './api-deps.ts';
import { ApiMetrics, installMetricHooks } from './api-metrics.ts';
import { installAccountRoutes } from './auth/account-routes.ts';
import { Accounts } from './auth/accounts.ts';
import { installGuard } from './auth/guard.ts';
import { installErrorAnswers, onError } from './error-answers.ts';
import { HealthService } from './health.ts';
import { installListRoutes } from './list-routes.ts';
import { LiveFeed } from './live/live-feed.ts';
import { installLiveRoute } from './live/live-route.ts';
import { installNotificationRoutes } from './notification-routes.ts';
import { installProfileRoutes } from './profile-routes.ts';
import { installRequestLimits, isApiRequest } from './request-limits.ts';
import { installSecurityHeaders } from './security-headers.ts';
import { SensorReports } from './sensor-reports.ts';
import { installSignatures } from './signatures/install.ts';
import { installStaticFiles } from './static-files.ts';
import { installStatsRoutes } from './stats-routes.ts';
import { installStatusRoutes } from './status-routes.ts';
import { installThresholdRoutes } from './threshold-routes.ts';
import { installTopologyRoutes } from './topology-routes.ts';

const REQUEST_ID_BYTES = 6;
const MAX_BODY_BYTES = 64 * 1024;
const MAX_LIVE_MESSAGE_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;
const DEFAULT_REQUESTS_PER_MINUTE = 1_200;
/** Each open page of the dashboard is one, the live log another. */
const DEFAULT_LIVE_CLIENTS = 200;
const DEFAULT_LEARNING_HOURS = 7 * 24;
const DEFAULT_LIVE_PING_MS = 30_000;

/** Ready to listen; `close()` ends live clients, watches and whatever else it started. */
export async function createApiServer(deps: ApiDeps): Promise<FastifyInstance> {
  const { pool, nats, config, logger, registry, clock, version } = deps;
  const app: FastifyInstance = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // One hop: what stands further left in X-Forwarded-For is the client's own claim.
    trustProxy: config.trustProxy ? (_address, hop) => hop === 0 : false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    exposeHeadRoutes: false,
    genReqId: () => randomBytes(REQUEST_ID_BYTES).toString('hex'),
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (error, request, reply) => void onError(error, request, reply),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128 },
  });
  const metrics = new ApiMetrics(registry);
  const accounts = new Accounts(pool, clock);
  const sensors = nats === null ? undefined : new SensorReports({ nats, clock, logger });
  const feed =
    nats === null
      ? undefined
      : new LiveFeed({ nats, logger, onUnreadable: () => metrics.liveUnreadable.inc() });
  const health = new HealthService({
    pool,
    nats,
    sensors,
    clock,
    version,
    supervisorStateFile: deps.supervisorStateFile,
    files: deps.files,
  });

  installErrorAnswers(app);
  installSecurityHeaders(app, config.cookieSecure);
  installMetricHooks(app, metrics);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (isApiRequest(request)) reply.header('cache-control', 'no-store');
  });
  await app.register(cookie);
  await app.register(websocket, {
    options: { maxPayload: MAX_LIVE_MESSAGE_BYTES, perMessageDeflate: false },
  });
  await installRequestLimits(app, config.requestsPerMinute ?? DEFAULT_REQUESTS_PER_MINUTE);
  installGuard(app, { accounts, cookieSecure: config.cookieSecure });

  installAccountRoutes(app, { accounts, clock, cookieSecure: config.cookieSecure });
  installListRoutes(app, { pool, clock });
  installAnalysisRoutes(app, { pool, clock, trackers: deps.trackers });
  installThresholdRoutes(app, { pool });
  const { places, trackers, names } = deps;
  installAddressRoutes(app, { pool, places, trackers, names });
  installNotificationRoutes(app, { pool, version });
  installStatsRoutes(app, { pool, clock });
  installTopologyRoutes(app, { pool, clock });
  installProfileRoutes(app, { pool, neededHours: config.learningHours ?? DEFAULT_LEARNING_HOURS });
  installStatusRoutes(app, {
    health,
    sensors,
    registry,
    metricsOpen: config.metricsOpen ?? false,
    trustProxy: config.trustProxy,
  });
  await installSignatures(app, {
    ...{ pool, clock, sensors, nats, logger },
    owned: config.ownsSignatures ?? false,
    geoipFile: config.geoipFile,
    replicas: config.busReplicas ?? 1,
  });
  installLiveRoute(app, {
    feed,
    accounts,
    metrics,
    version,
    maxClients: config.liveClients ?? DEFAULT_LIVE_CLIENTS,
    pingMs: config.livePingMs ?? DEFAULT_LIVE_PING_MS,
  });
  installStaticFiles(app, config.webRoot);

  app.addHook('onReady', async () => sensors?.start());
  app.addHook('onClose', async () => {
    await feed?.stop();
    await sensors?.stop();
  });
  return app;
}
