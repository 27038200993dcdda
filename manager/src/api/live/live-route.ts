// The WebSocket route. Invariants: at most `maxClients` at once; a client that does not answer pings
// or whose session ended is cut off.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { NetmothError } from '#contracts/errors.ts';
import type { ApiMetrics } from '../api-metrics.ts';
import type { Accounts } from '../auth/accounts.ts';
import { RateLimitError } from '../error-answers.ts';
import { routeOf } from '../route-table.ts';
import { LiveClient } from './live-client.ts';
import type { LiveFeed } from './live-feed.ts';

/** After a refusal for too many clients. */
const RETRY_SECONDS = 30;
/** WebSocket close codes: the server's own 4000s are for applications (RFC 6455, 7.4.2). */
const CLOSE_LOGGED_OUT = 4401;
const CLOSE_GOING_AWAY = 1001;

export interface LiveRouteOptions {
  /** undefined: there is no bus. */
  readonly feed: LiveFeed | undefined;
  readonly accounts: Accounts;
  readonly metrics: ApiMetrics;
  readonly maxClients: number;
  readonly pingMs: number;
  readonly version: string;
}

export function installLiveRoute(app: FastifyInstance, options: LiveRouteOptions): void {
  const sockets = new Set<WebSocket>();
  app.route({
    ...routeOf('live'),
    method: 'GET',
    preHandler: async (request) => {
      if (request.ws && sockets.size >= options.maxClients) {
        throw new RateLimitError('too many live clients; close one and try again', RETRY_SECONDS);
      }
    },
    handler: async () => {
      throw new NetmothError('NM_QUERY_INVALID', 'this address speaks WebSocket only');
    },
    wsHandler: (socket, request) => {
      sockets.add(socket);
      options.metrics.liveClients.set(sockets.size);
      socket.once('close', () => {
        sockets.delete(socket);
        options.metrics.liveClients.set(sockets.size);
      });
      serve(socket, request, options);
    },
  });
  app.addHook('preClose', async () => {
    for (const socket of sockets) socket.close(CLOSE_GOING_AWAY, 'the manager stops');
    // Those that do not answer the close are not waited for.
    for (const socket of sockets) socket.terminate();
  });
}

function serve(socket: WebSocket, request: FastifyRequest, options: LiveRouteOptions): void {
  const { feed, metrics, version } = options;
  const client = new LiveClient(socket, {
    onDrop: (events) => metrics.liveDropped.inc(events),
    onSubscribe: () => feed?.changed(),
  });
  let answered = true;
  const beat = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
    void cutOffLoggedOut(socket, request, options.accounts);
  }, options.pingMs);
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', (data) => client.receive(String(data)));
  socket.on('error', (error) => request.log.debug({ err: error }, 'live client failed'));
  socket.once('close', () => {
    clearInterval(beat);
    client.close();
    feed?.remove(client);
  });
  client.say({ type: 'hello', version });
  if (feed !== undefined) feed.add(client);
  else
    client.say({ type: 'error', code: 'NM_BUS_UNAVAILABLE', message: 'there is no bus to read' });
}

async function cutOffLoggedOut(
  socket: WebSocket,
  request: FastifyRequest,
  accounts: Accounts,
): Promise<void> {
  const { principal } = request;
  try {
    if (principal !== null && (await accounts.stillValid(principal))) return;
    socket.close(CLOSE_LOGGED_OUT, 'the session has ended');
  } catch (error) {
    // PostgreSQL is away: asked again with the next ping.
    request.log.debug({ err: error }, 'live session not checked');
  }
}
