/**
 * Connections to NATS, one after the other, each for one session of work.
 *
 * Invariants: a connection that is lost ends its session and is never taken up again, so that whoever works
 * with it reads anew what the server has (it may be a new one); an outage is told once, not at each try.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { Backoff } from './backoff.ts';

const kConnectTimeoutMs = 5_000;
const kPingIntervalMs = 5_000;
const kMaxPingsOut = 2;
const kRetry = { firstMs: 250, maxMs: 5_000 };

/** Where the bus is and who we are there. */
export interface BusAccess {
  readonly servers: readonly string[];
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

export interface BusSessionOptions {
  readonly access: BusAccess;
  /** As the server calls the connection. */
  readonly name: string;
  readonly log: Logger;
  readonly random: () => number;
  /** What cannot be done during an outage, for the log. */
  readonly outage: string;
  /** Works until the connection is closed; says by `up` that all is well, which ends an outage. */
  readonly session: (connection: NatsConnection, up: () => void) => Promise<void>;
}

/** Runs until the signal; never rejects. */
export async function runBusSessions(
  { access, name, log, random, outage, session }: BusSessionOptions,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff({ ...kRetry, random });
  let warned = false;
  const up = (): void => {
    backoff.reset();
    warned = false;
  };
  while (!signal.aborted) {
    try {
      await oneSession(access, name, (connection) => session(connection, up), signal);
    } catch (err) {
      if (!warned && !signal.aborted) log.warn({ err }, outage);
      warned = true;
    }
    await sleep(backoff.nextMs(), undefined, { signal }).catch(() => undefined);
  }
}

async function oneSession(
  { servers, user, password }: BusAccess,
  name: string,
  work: (connection: NatsConnection) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const connection = await connect({
    ...{ servers: [...servers], name, reconnect: false },
    ...{ timeout: kConnectTimeoutMs, pingInterval: kPingIntervalMs, maxPingOut: kMaxPingsOut },
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
  });
  const close = (): void => void connection.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await work(connection);
  } finally {
    signal.removeEventListener('abort', close);
    await connection.close();
  }
}
