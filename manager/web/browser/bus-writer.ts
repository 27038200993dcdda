// Puts events and a sensor's report on the bus as a sensor does. Invariant: every event is stored by
// JetStream when the promise settles.
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import {
  CLASS_OF_EVENT,
  EVENT_SCHEMA_VERSION,
  type EveEvent,
  type EventClass,
} from '#contracts/eve.ts';
import {
  BUCKET_REPORTED,
  ENCODING_ZSTD,
  eventsSubject,
  HEADER_COUNT,
  HEADER_ENCODING,
  HEADER_MSG_ID,
  HEADER_SCHEMA,
  nodeKey,
  REPORT_INTERVAL_MS,
  REPORTED_TTL_MS,
  reportedSchema,
} from '#contracts/nats.ts';

export const SENSOR = 'edge';
export const NODE = 'gateway-1';

export async function publishEvents(
  nats: NatsConnection,
  events: readonly EveEvent[],
): Promise<void> {
  const classes = Map.groupBy(events, (event) => CLASS_OF_EVENT[event.event_type]);
  for (const [eventClass, members] of classes) await publishClass(nats, eventClass, members);
}

async function publishClass(
  nats: NatsConnection,
  eventClass: EventClass,
  events: readonly EveEvent[],
): Promise<void> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  const meta = headers();
  meta.set(HEADER_MSG_ID, randomUUID());
  meta.set(HEADER_SCHEMA, String(EVENT_SCHEMA_VERSION));
  meta.set(HEADER_COUNT, String(events.length));
  meta.set(HEADER_ENCODING, ENCODING_ZSTD);
  const body = await promisify(zstdCompress)(Buffer.from(lines));
  await jetstream(nats).publish(eventsSubject(SENSOR, NODE, eventClass), body, { headers: meta });
}

/** A fleet beside it: so many nodes, of which every tenth lost a packet in a hundred. */
export async function reportFleet(nats: NatsConnection, nodes: number): Promise<void> {
  for (let index = 0; index < nodes; index += 1) {
    const node = `node-${String(index).padStart(3, '0')}`;
    await publishReport(nats, { node, kernelDrops: index % 10 === 0 ? 1_000 : 0 });
  }
}

/** Reports at once and then as often as a sensor does, until disposed. */
export async function keepReporting(nats: NatsConnection): Promise<Disposable> {
  await publishReport(nats);
  const timer = setInterval(() => void publishReport(nats), REPORT_INTERVAL_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** A healthy sensor that lost one packet in a hundred unless told otherwise. */
async function publishReport(
  nats: NatsConnection,
  { node = NODE, kernelDrops = 1_000 } = {},
): Promise<void> {
  const now = new Date().toISOString();
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    reason,
    message,
    since: now,
  });
  const report = reportedSchema.parse({
    sensor: SENSOR,
    node,
    version: '0.1.0',
    startedAt: now,
    reportedAt: now,
    observedGeneration: 1,
    interfaces: [{ name: 'eth0', strategy: 'afPacket', up: true, workers: 2 }],
    counters: {
      kernelPackets: 100_000,
      kernelDrops,
      decodedPackets: 99_000,
      decodedBytes: 71_234_567,
      invalidPackets: 12,
      flowsTotal: 130,
      flowsActive: 17,
      flowsEvicted: 0,
      reassemblyGaps: 0,
      reassemblyDrops: 0,
      eventsMade: 512,
      eventsSpooled: 0,
      eventsDroppedSpool: 0,
      eventsPublished: 512,
      eventsAcknowledged: 512,
    },
    spool: { bytes: 0, capacityBytes: 256_000_000, batches: 0 },
    rssBytes: 182_000_000,
    cpuSeconds: 12.5,
    conditions: [
      condition('Capturing', 'Opened', 'a ring of 64 MB on eth0'),
      condition('BusConnected', 'Connected', 'connected'),
      condition('SpoolHealthy', 'Empty', 'nothing waits'),
    ],
  });
  const bucket = await new Kvm(nats).create(BUCKET_REPORTED, { ttl: REPORTED_TTL_MS });
  await bucket.put(nodeKey(SENSOR, node), JSON.stringify(report));
}
