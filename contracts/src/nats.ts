/**
 * What travels over NATS: stream, subjects, headers, buckets and their values.
 *
 * Invariant: a sensor publishes only below its own `<sensor>.<node>` and reads only its own key, so
 * every name here that a sensor uses is made from those two tokens by the functions below.
 */
import { z } from 'zod';
import { engineWishSchema } from './engine-config.ts';
import { type EventClass, eventClassSchema } from './eve.ts';
import { desiredSignaturesSchema, reportedSignaturesSchema } from './signature-store.ts';

export const EVENTS_STREAM = 'NETMOTH_EVENTS';
export const EVENTS_SUBJECT_PREFIX = 'netmoth.events';
/** New findings of analysis for live feeds, one EVE anomaly event each; not kept by any stream. */
export const FINDINGS_SUBJECT = 'netmoth.findings';
export const EVENTS_SUBJECT_ALL = `${EVENTS_SUBJECT_PREFIX}.>`;
/** The one durable consumer that all manager replicas share. */
export const MANAGER_CONSUMER = 'netmoth-manager';

export const BUCKET_DESIRED = 'netmoth-desired';
export const BUCKET_REPORTED = 'netmoth-reported';
export const BUCKET_IDENTITY = 'netmoth-identity';

/** A reported status lives this long without renewal; sensors renew it every REPORT_INTERVAL_MS. */
export const REPORTED_TTL_MS = 30_000;
export const REPORT_INTERVAL_MS = 5_000;

/** A subject token: NATS forbids dots, blanks and wildcards in one. */
export const tokenSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}$/, 'letters, digits, "-" and "_" only, at most 128');

/** Makes a subject token of a host name: every other character becomes "-". */
export function toToken(name: string): string {
  const token = name.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 128);
  return token === '' ? '-' : token;
}

export function eventsSubject(sensor: string, node: string, eventClass: EventClass): string {
  return `${EVENTS_SUBJECT_PREFIX}.${sensor}.${node}.${eventClass}`;
}

export interface EventsSubject {
  readonly sensor: string;
  readonly node: string;
  readonly eventClass: EventClass;
}

/** Undoes eventsSubject; undefined where the subject is not of that form. */
export function parseEventsSubject(subject: string): EventsSubject | undefined {
  const parts = subject.split('.');
  if (parts.length !== 5 || `${parts[0]}.${parts[1]}` !== EVENTS_SUBJECT_PREFIX) return undefined;
  const eventClass = eventClassSchema.safeParse(parts[4]);
  const sensor = tokenSchema.safeParse(parts[2]);
  const node = tokenSchema.safeParse(parts[3]);
  if (!eventClass.success || !sensor.success || !node.success) return undefined;
  return { sensor: sensor.data, node: node.data, eventClass: eventClass.data };
}

/** Key of a sensor's node in the desired and reported buckets. */
export function nodeKey(sensor: string, node: string): string {
  return `${sensor}.${node}`;
}

/** Where answers to a sensor come: below it may listen no other. */
export function sensorInbox(sensor: string, node: string): string {
  return `_INBOX.${sensor}.${node}`;
}

/** Headers of an events message. The body is NDJSON, compressed as HEADER_ENCODING says. */
export const HEADER_MSG_ID = 'Nats-Msg-Id';
export const HEADER_SCHEMA = 'Netmoth-Schema';
/** Number of events (lines) in the batch. */
export const HEADER_COUNT = 'Netmoth-Count';
export const HEADER_ENCODING = 'Content-Encoding';
export const ENCODING_ZSTD = 'zstd';
/** Bound on one message's uncompressed body; the sensor splits batches, the manager refuses larger. */
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/** Bound on the events of one batch: the manager numbers them in 20 bits. */
export const MAX_BATCH_EVENTS = 2 ** 20;

export const batchHeadersSchema = z.object({
  msgId: z.uuid(),
  schema: z.coerce.number().int().min(1),
  count: z.coerce.number().int().min(0).max(MAX_BATCH_EVENTS),
});
export type BatchHeaders = z.infer<typeof batchHeadersSchema>;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Which events leave the node, and when. */
export const outputsWishSchema = z.object({
  alertMaxMs: z.int().min(1).max(60_000).optional(),
  batchMaxMs: z.int().min(10).max(60_000).optional(),
  classes: z.array(eventClassSchema).min(1).max(4).optional(),
  flowSampling: z.int().min(1).max(10_000).optional(),
});

/**
 * What the operator wants of a node (bucket netmoth-desired). Settings that are not named are those of the
 * sensor's own configuration; they are applied at once, but those of the engine that take a restart.
 */
export const desiredSchema = z.object({
  generation: z.int().min(0),
  signatures: desiredSignaturesSchema.optional(),
  sets: z
    .record(z.string(), z.string())
    .optional()
    .describe('SignatureSet → revision the bundle was made of; the operator’s own note'),
  engine: engineWishSchema.optional(),
  outputs: outputsWishSchema.optional(),
  logLevel: z.enum(LOG_LEVELS).optional(),
});
export type Desired = z.infer<typeof desiredSchema>;

const count = z.int().min(0);

export const interfaceStatusSchema = z.object({
  name: z.string(),
  strategy: z.enum(['afPacket', 'afXdp', 'ebpf', 'pcap', 'pcapFile']),
  up: z.boolean(),
  workers: z.int().min(1),
  fault: z.string().optional().describe('Why nothing is captured on it'),
});

export const CONDITION_STATUSES = ['True', 'False', 'Unknown'] as const;
export const conditionSchema = z.object({
  type: z.enum(['Capturing', 'BusConnected', 'SpoolHealthy']),
  status: z.enum(CONDITION_STATUSES),
  reason: z.string(),
  message: z.string(),
  since: z.iso.datetime(),
});

/** The one ledger of what was seen and what was lost where, in packets, bytes or events. */
export const countersSchema = z.object({
  kernelPackets: count.describe('Packets the kernel handed to our rings, drops included'),
  kernelDrops: count.describe('Packets the kernel could not put into our rings'),
  filteredPackets: count.optional().describe('Counted by the kernel, not what the filter takes'),
  shuntedPackets: count.optional().describe('Counted into their flows in the kernel'),
  sampledOutPackets: count.optional().describe('Of flows not looked at: there was too much to do'),
  nicDrops: count.optional().describe('Dropped by the interfaces before the kernel saw them'),
  decodedPackets: count,
  decodedBytes: count,
  invalidPackets: count.describe('Packets with a decode anomaly'),
  flowsTotal: count,
  flowsActive: count,
  flowsEvicted: count.describe('Flows put out of a full table before their time'),
  reassemblyGaps: count,
  reassemblyDrops: count.describe('Segments not kept because the reassembly memory was full'),
  eventsMade: count,
  alertsMade: count.optional().describe('Of these, alerts'),
  eventsDroppedQueue: count
    .default(0)
    .describe('Events lost between engine and spool: a queue was full or they could not be packed'),
  eventsSpooled: count,
  eventsDroppedSpool: count.describe('Events lost because the spool was full'),
  eventsPublished: count,
  eventsAcknowledged: count,
});
export type Counters = z.infer<typeof countersSchema>;

/** What a node reports every REPORT_INTERVAL_MS (bucket netmoth-reported). */
export const reportedSchema = z.object({
  sensor: z.string(),
  node: z.string(),
  version: z.string(),
  startedAt: z.iso.datetime(),
  revision: z.string().max(64).optional().describe('What the process was started as'),
  reportedAt: z.iso.datetime(),
  observedGeneration: z.int().min(0),
  signatures: reportedSignaturesSchema.optional(),
  interfaces: z.array(interfaceStatusSchema),
  counters: countersSchema,
  spool: z.object({ bytes: count, capacityBytes: count, batches: count }),
  rssBytes: count,
  cpuSeconds: z.number().min(0),
  conditions: z.array(conditionSchema),
});
export type Reported = z.infer<typeof reportedSchema>;
