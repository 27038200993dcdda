/**
 * HTTPS to one API server: requests with whole answers, and streams.
 *
 * Invariants: every request ends, by its answer, its time or its signal; at most kMaxSockets are under
 * way, the others wait their turn; an answer above kMaxAnswerBytes is refused, not kept.
 */
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { ClusterAccess } from './cluster-access.ts';

const kMaxSockets = 32;
const kMaxAnswerBytes = 256 * 1024 * 1024;

export interface TransportRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  /** Of the whole answer, or of its head where it is a stream. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

export class HttpTransport {
  readonly #access: ClusterAccess;
  readonly #now: () => number;
  readonly #agent: Agent;
  /** Watches stay open: they must not take the sockets of requests. */
  readonly #streamAgent: Agent;

  constructor(access: ClusterAccess, now: () => number) {
    this.#access = access;
    this.#now = now;
    const { ca, cert, key } = access;
    const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
    this.#agent = new Agent({ keepAlive: true, maxSockets: kMaxSockets, ...tls });
    this.#streamAgent = new Agent({ keepAlive: false, ...tls });
  }

  async send(wanted: TransportRequest): Promise<TransportAnswer> {
    const deadline = AbortSignal.timeout(Math.max(1, Math.floor(wanted.timeoutMs)));
    const signal = wanted.signal ? AbortSignal.any([wanted.signal, deadline]) : deadline;
    const response = await this.#open(wanted, this.#agent, signal);
    return {
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body: await wholeBody(response),
    };
  }

  /** The answer's head in time, then a body without end. */
  async stream(wanted: TransportRequest): Promise<IncomingMessage> {
    const head = new AbortController();
    const timer = setTimeout(() => head.abort(new Error('timed out')), wanted.timeoutMs);
    const signal = wanted.signal ? AbortSignal.any([wanted.signal, head.signal]) : head.signal;
    try {
      return await this.#open(wanted, this.#streamAgent, signal);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#agent.destroy();
    this.#streamAgent.destroy();
  }

  #open(wanted: TransportRequest, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
    const { body, contentType = 'application/json' } = wanted;
    const token = this.#access.token(this.#now());
    const payload = body === undefined ? undefined : Buffer.from(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(wanted.path, this.#access.server),
        {
          method: wanted.method,
          agent,
          signal,
          headers: {
            accept: 'application/json',
            'user-agent': 'netmoth-operator',
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(payload && { 'content-type': contentType, 'content-length': payload.length }),
          },
        },
        resolve,
      );
      sent.once('error', reject);
      sent.end(payload);
    });
  }
}

export async function wholeBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > kMaxAnswerBytes) {
      response.destroy();
      throw new Error(`an answer of more than ${kMaxAnswerBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
