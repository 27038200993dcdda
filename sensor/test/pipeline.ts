// The sensor's own parts from intake to bus, without an engine: tests push batches in where the engine
// would. Invariant: nothing here stands in for a part; these are the real ones against a real server.
import { randomUUID } from 'node:crypto';
import { type Logger, pino } from 'pino';
import { EVENT_CLASSES, type EventClass } from '#contracts/eve.ts';
import type { EventBatch } from '#contracts/native.ts';
import { Bus } from '../src/bus.ts';
import { Intake } from '../src/intake.ts';
import { lostEvents } from '../src/ledger.ts';
import { Outbox } from '../src/outbox.ts';
import { Publisher } from '../src/publisher.ts';
import { SpoolDirectory } from '../src/spool-directory.ts';

export const silentLog: Logger = pino({ level: 'silent' });

export interface PipelineOptions {
  readonly url: string;
  readonly directory: string;
  readonly capacityBytes?: number;
  readonly memoryBytes?: number;
  readonly streamMaxBytes?: number;
  readonly log?: Logger;
  readonly ackTimeoutMs?: number;
  readonly user?: string;
  readonly password?: string;
}

export async function startPipeline(options: PipelineOptions) {
  const { log = silentLog } = options;
  const directory = await SpoolDirectory.open(options.directory, { fsync: false });
  const bus = new Bus({
    servers: [options.url],
    name: 'test',
    user: options.user,
    password: options.password,
    replicas: 1,
    streamMaxBytes: options.streamMaxBytes ?? 1024 ** 3,
    log,
    random: Math.random,
    onChange: () => publisher.busChanged(),
  });
  const outbox = new Outbox({
    directory,
    capacityBytes: options.capacityBytes ?? 64 * 1024 ** 2,
    memoryBytes: options.memoryBytes ?? 16 * 1024 ** 2,
    onWork: () => publisher.pump(),
    accepting: () => publisher.accepting,
  });
  const publisher = new Publisher({
    bus,
    outbox,
    sensor: 'test',
    node: 'node-1',
    maxInFlight: 16,
    maxInFlightBytes: 4 * 1024 ** 2,
    ackTimeoutMs: options.ackTimeoutMs ?? 1_000,
    log,
    random: Math.random,
  });
  const intake = new Intake({
    outbox,
    encode: () => ({ maxBodyBytes: bus.maxPayloadBytes - 1_024, newId: randomUUID }),
    capacityBytes: 8 * 1024 ** 2,
    onFault: (error) => {
      throw error;
    },
  });
  bus.start();
  return {
    bus,
    outbox,
    publisher,
    intake,
    directory,
    lost: () => lostEvents(outbox.state()),
    stop: async () => {
      await intake.idle();
      await publisher.stop();
      await bus.close();
      await outbox.close();
    },
  };
}

/** `count` lines whose `n` go on from `first`, of a class by turns. */
export function makeBatch(first: number, count: number, eventClass?: EventClass): EventBatch {
  const lines = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ event_type: 'flow', n: first + at, src_ip: '10.0.0.1', pad: 'x'.repeat(80) }),
  );
  return {
    eventClass: eventClass ?? EVENT_CLASSES[(first / count) % EVENT_CLASSES.length] ?? 'flow',
    count,
    bytes: Buffer.from(`${lines.join('\n')}\n`),
  };
}
