/**
 * The connection to NATS: kept for ever, with the stream made where it is missing.
 *
 * Invariant: `up` is true only between a connection's start and its loss, and onChange tells each turn
 * at once. An existing stream is never changed.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  tokenAuthenticator,
} from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { ensureEventsStream } from '#contracts/events-stream.ts';
import { EVENTS_STREAM } from '#contracts/nats.ts';
import { backoffMs } from './backoff.ts';

const kConnectTimeoutMs = 5_000;
const kReconnectWaitMs = 500;
const kPingIntervalMs = 10_000;
const kMaxPingsOut = 2;
const kApiTimeoutMs = 5_000;

export interface BusOptions {
  readonly servers: readonly string[];
  readonly name: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  /** Read at every log-in, because the kubelet renews it. */
  readonly tokenFile?: string | undefined;
  /** Begins the subjects of answers. */
  readonly inboxPrefix?: string | undefined;
  /** Content of a NATS credentials file. */
  readonly creds?: Uint8Array | undefined;
  readonly replicas: number;
  readonly streamMaxBytes: number;
  readonly log: Logger;
  readonly random: () => number;
  readonly onChange: () => void;
}

export interface BusState {
  readonly up: boolean;
  readonly since: Date;
  /** Why it is not up: constant word and the fault's own message. */
  readonly reason: string;
  readonly message: string;
  readonly reconnects: number;
}

export class Bus {
  readonly #options: BusOptions;
  readonly #stop = new AbortController();
  #connection: NatsConnection | undefined;
  #client: JetStreamClient | undefined;
  #state: BusState;
  #running: Promise<void> | undefined;

  constructor(options: BusOptions) {
    this.#options = options;
    this.#state = {
      up: false,
      since: new Date(),
      reason: 'Connecting',
      message: 'No connection was made yet.',
      reconnects: 0,
    };
  }

  get state(): BusState {
    return this.#state;
  }

  get up(): boolean {
    return this.#state.up;
  }

  get connection(): NatsConnection | undefined {
    return this.#state.up ? this.#connection : undefined;
  }

  get jetstream(): JetStreamClient | undefined {
    return this.#state.up ? this.#client : undefined;
  }

  /** Largest message the server takes; its usual 1 MiB while there is no server to ask. */
  get maxPayloadBytes(): number {
    return this.#connection?.info?.max_payload ?? 1024 * 1024;
  }

  start(): void {
    this.#running = this.#keepConnected();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#connection?.close();
    await this.#running;
  }

  /** Makes the events stream where it is missing; false where that was not possible (yet). */
  async ensureStream(): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined) return false;
    const { log } = this.#options;
    try {
      const manager = await jetstreamManager(connection, {
        checkAPI: false,
        timeout: kApiTimeoutMs,
      });
      const { replicas, streamMaxBytes } = this.#options;
      const maxBytes = await ensureEventsStream(manager, { replicas, maxBytes: streamMaxBytes });
      if (maxBytes !== undefined) log.info({ stream: EVENTS_STREAM, maxBytes }, 'Stream made');
      return true;
    } catch (error) {
      // Credentials of a sensor in a cluster need not allow this: the operator makes the stream then.
      log.warn({ err: error, stream: EVENTS_STREAM }, 'Stream could not be checked or made');
      return false;
    }
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const connection = await connect(this.#connectOptions());
        attempt = 0;
        this.#connection = connection;
        this.#client = jetstream(connection, { timeout: kApiTimeoutMs });
        if (signal.aborted) await connection.close();
        else await this.#serve(connection);
      } catch (error) {
        this.#down(reasonOf(error), error instanceof Error ? error.message : String(error));
      }
      const delay = backoffMs(attempt, this.#options.random());
      await sleep(delay, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Until the connection is closed for good; the client reconnects by itself in between. */
  async #serve(connection: NatsConnection): Promise<void> {
    const statuses = this.#follow(connection);
    await this.#established();
    const error = await connection.closed();
    await statuses;
    this.#down('Closed', error?.message ?? 'The connection was closed.');
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      switch (status.type) {
        case 'disconnect':
          this.#down('Disconnected', `The connection to ${status.server} was lost.`);
          break;
        case 'reconnect':
          await this.#established();
          break;
        case 'error':
          this.#options.log.warn({ err: status.error }, 'Bus reported an error');
          break;
        default:
          break;
      }
    }
  }

  async #established(): Promise<void> {
    await this.ensureStream();
    if (this.#connection?.isClosed() !== false) return;
    const server = this.#connection.getServer();
    this.#change({ up: true, reason: 'Connected', message: `Connected to ${server}.` });
    this.#options.log.info({ server }, 'Bus connected');
  }

  #down(reason: string, message: string): void {
    const { log } = this.#options;
    const quiet = this.#stop.signal.aborted;
    if (this.#state.up && !quiet) log.warn({ reason, detail: message }, 'Bus lost');
    else if (this.#state.reason !== reason && !quiet) {
      log.warn({ reason, detail: message }, 'Bus not reachable');
    }
    this.#change({ up: false, reason, message });
  }

  #change(change: Pick<BusState, 'up' | 'reason' | 'message'>): void {
    const turned = change.up !== this.#state.up;
    const reconnects = this.#state.reconnects + (turned && change.up ? 1 : 0);
    const since = turned ? new Date() : this.#state.since;
    this.#state = { ...change, since, reconnects };
    this.#options.onChange();
  }

  #connectOptions(): NodeConnectionOptions {
    const { servers, name, user, password, token, creds } = this.#options;
    const { tokenFile, inboxPrefix } = this.#options;
    const fromFile = (path: string): string => readFileSync(path, 'utf8').trim();
    return {
      servers: [...servers],
      name,
      timeout: kConnectTimeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: kReconnectWaitMs,
      reconnectJitter: kReconnectWaitMs,
      pingInterval: kPingIntervalMs,
      maxPingOut: kMaxPingsOut,
      ignoreAuthErrorAbort: true,
      noAsyncTraces: true,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
      ...(token === undefined ? {} : { token }),
      ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
      ...(tokenFile === undefined
        ? {}
        : { authenticator: tokenAuthenticator(() => fromFile(tokenFile)) }),
      ...(creds === undefined ? {} : { authenticator: credsAuthenticator(creds) }),
    };
  }
}

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : '';
  return name === 'AuthorizationError' ? 'AuthorizationFailed' : 'Unreachable';
}
