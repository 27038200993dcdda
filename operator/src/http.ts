/**
 * /metrics, /healthz and /readyz of the operator.
 *
 * Invariant: answers GET and HEAD of these three paths only, reads no request body, and keeps no state.
 */
import { createServer, type ServerResponse } from 'node:http';
import { listenError, parseListenAddress } from '#contracts/listen-address.ts';

const kRequestTimeoutMs = 10_000;
const kMaxConnections = 64;

export interface HttpOptions {
  readonly listen: string;
  readonly metrics: () => Promise<string>;
  /** Parts that are not ready, by name. */
  readonly unready: () => readonly string[];
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createServer({ requestTimeout: kRequestTimeoutMs }, (request, response) => {
    const head = request.method === 'HEAD';
    if (!head && request.method !== 'GET') {
      answer(response, 405, 'only GET\n', head);
      return;
    }
    respond(options, request.url?.split('?')[0], response, head).catch(() => response.destroy());
  });
  server.maxConnections = kMaxConnections;
  const { host, port } = parseListenAddress(options.listen) ?? {};
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(options.listen, cause)));
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  { metrics, unready }: HttpOptions,
  path: string | undefined,
  response: ServerResponse,
  head: boolean,
): Promise<void> {
  if (path === '/metrics') {
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    answer(response, 200, await metrics(), head);
  } else if (path === '/healthz') answer(response, 200, 'ok\n', head);
  else if (path === '/readyz') {
    const missing = unready();
    const text = missing.length === 0 ? 'ok\n' : `not ready: ${missing.join(', ')}\n`;
    answer(response, missing.length === 0 ? 200 : 503, text, head);
  } else answer(response, 404, 'here are /metrics, /healthz and /readyz\n', head);
}

function answer(response: ServerResponse, status: number, body: string, head: boolean): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain');
  response.setHeader('cache-control', 'no-store');
  response.writeHead(status).end(head ? undefined : body);
}
