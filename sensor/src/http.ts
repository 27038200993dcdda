/**
 * /metrics, /healthz and /readyz.
 *
 * Invariant: answers GET and HEAD of these three paths only, reads no request body, and keeps no state.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listenError, parseListenAddress } from '#contracts/listen-address.ts';

const kRequestTimeoutMs = 10_000;
const kMaxConnections = 64;

export interface HttpOptions {
  /** HOST:PORT, an IPv6 host in brackets. */
  readonly listen: string;
  readonly metrics: () => Promise<string>;
  readonly ready: () => { readonly ready: boolean; readonly conditions: readonly unknown[] };
}

export interface HttpServer {
  /** With the port the system gave where 0 was asked for. */
  readonly address: string;
  close(): Promise<void>;
}

export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createServer({ requestTimeout: kRequestTimeoutMs }, (request, response) => {
    answer(options, request, response).catch(() => response.destroy());
  });
  server.maxConnections = kMaxConnections;
  const at = options.listen.lastIndexOf(':');
  await listen(server, options.listen);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    address: `${options.listen.slice(0, at)}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, type: string, body: string) => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(405, 'text/plain', 'only GET\n');
  }
  switch (request.url?.split('?')[0]) {
    case '/metrics':
      return send(200, 'text/plain; version=0.0.4; charset=utf-8', await options.metrics());
    case '/healthz':
      return send(200, 'text/plain', 'ok\n');
    case '/readyz': {
      const state = options.ready();
      return send(state.ready ? 200 : 503, 'application/json', `${JSON.stringify(state)}\n`);
    }
    default:
      return send(404, 'text/plain', 'here are /metrics, /healthz and /readyz\n');
  }
}

function listen(server: Server, where: string): Promise<void> {
  const { host, port } = parseListenAddress(where) ?? {};
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(where, cause)));
    server.listen({ host, port }, () => resolve());
  });
}
