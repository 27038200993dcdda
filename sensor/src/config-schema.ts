/**
 * The sensor's configuration: every key, its bounds and its default.
 *
 * Invariant: these are the only defaults of the sensor; the engine's stand in the contracts.
 */
import { z } from 'zod';
import {
  captureConfigSchema,
  engineConfigSchema,
  replayConfigSchema,
} from '#contracts/engine-config.ts';
import { EVENT_CLASSES, eventClassSchema } from '#contracts/eve.ts';
import { LISTEN_ADDRESS_HINT, parseListenAddress } from '#contracts/listen-address.ts';
import { LOG_LEVELS, tokenSchema, toToken } from '#contracts/nats.ts';

const MiB = 1024 * 1024;

export const natsConfigSchema = z.strictObject({
  servers: z
    .array(z.string().min(1))
    .min(1)
    .default(['nats://127.0.0.1:4222'])
    .describe('One is enough to find the others of a cluster'),
  user: z.string().min(1).optional(),
  password: z.string().min(1).optional().describe('secret'),
  token: z.string().min(1).optional().describe('secret'),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe('File with a token, read at every log-in: that of a Kubernetes pod'),
  credsFile: z.string().min(1).optional().describe('NATS credentials file'),
  replicas: z.int().min(1).max(5).default(1).describe('Of a stream or bucket the sensor makes'),
  streamMaxMiB: z.int().min(64).max(16_777_216).default(4096).describe('Of the stream it makes'),
  ackTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5_000)
    .describe('Then the batch is sent again'),
  maxInFlight: z.int().min(1).max(1_024).default(64).describe('Batches without acknowledgement'),
  maxInFlightMiB: z.int().min(1).max(256).default(16).describe('The same in bytes'),
});

export const outputsConfigSchema = z.strictObject({
  batchMaxBytes: z
    .int()
    .min(4_096)
    .max(8 * MiB)
    .default(MiB)
    .describe('NDJSON bytes of a batch'),
  batchMaxMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(1_000)
    .describe('An event waits in a batch at most'),
  alertMaxMs: z.int().min(1).max(60_000).default(100).describe('The same for alerts'),
  classes: z
    .array(eventClassSchema)
    .min(1)
    .max(EVENT_CLASSES.length)
    .default([...EVENT_CLASSES])
    .describe('Events that leave the node'),
  flowSampling: z
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe(
      'Of flows one in so many is told, with all its events; alerts and stats are all told',
    ),
  queueBatches: z.int().min(1).max(4_096).default(64).describe('Between engine and sensor'),
  intakeMiB: z.int().min(1).max(1_024).default(32).describe('NDJSON waiting to be compressed'),
});

export const spoolConfigSchema = z.strictObject({
  dir: z.string().min(1).optional().describe('Default: <dataDir>/sensor/spool'),
  maxMiB: z.int().min(8).max(1_048_576).default(1_024).describe('Disk it may take'),
  memoryMiB: z.int().min(1).max(4_096).default(32).describe('Compressed batches held in memory'),
  fsync: z.boolean().default(false).describe('true: batches survive a power cut too'),
});

export const signaturesConfigSchema = z.strictObject({
  bundle: z
    .string()
    .min(1)
    .optional()
    .describe('Compiled signatures to match with until the bus wants others'),
  verifyKeys: z
    .array(z.string().min(1))
    .default([])
    .describe('Files with Ed25519 public keys in PEM; given: a bundle must be signed by one'),
  cacheDir: z.string().min(1).optional().describe('Default: <dataDir>/sensor/signatures'),
  cacheMiB: z.int().min(1).max(65_536).default(256).describe('Disk for bundles not in use'),
});

export const sensorConfigSchema = z.strictObject({
  name: tokenSchema.default('netmoth').describe('Sensor, one for all nodes that run the same'),
  node: z
    .string()
    .min(1)
    .max(253)
    .transform(toToken)
    .describe('Default: the host name; dots become "-"'),
  revision: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('Said in every report: of what this process was started as, named by who started it'),
  dataDir: z.string().min(1).describe('Default: $XDG_DATA_HOME/netmoth'),
  nats: natsConfigSchema.prefault({}),
  capture: captureConfigSchema
    .partial({ interface: true })
    .optional()
    .describe('Without an interface: that of the default route'),
  replay: replayConfigSchema.optional(),
  exitWhenDone: z.boolean().default(false).describe('End when the replay is through'),
  engine: engineConfigSchema.prefault({}),
  outputs: outputsConfigSchema.prefault({}),
  spool: spoolConfigSchema.prefault({}),
  signatures: signaturesConfigSchema.prefault({}),
  listen: z
    .string()
    .refine((text) => parseListenAddress(text) !== undefined, LISTEN_ADDRESS_HINT)
    .default('127.0.0.1:9464')
    .describe('Of /metrics, /healthz and /readyz'),
  drainMs: z.int().min(0).max(600_000).default(10_000).describe('Wait for the bus at the end'),
  logLevel: z.enum(LOG_LEVELS).default('info'),
});
export type SensorConfig = z.infer<typeof sensorConfigSchema>;

/** A key that holds one value, with its way down from the root. */
export interface Leaf {
  readonly path: readonly string[];
  readonly kind: 'string' | 'number' | 'boolean' | 'list' | 'numberOrWord';
}

/** Every leaf of an object schema, in its order. */
export function leavesOf(schema: z.ZodType, path: readonly string[] = []): Leaf[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, value]) => leavesOf(value, [...path, key]));
  }
  return [{ path, kind: kindOf(inner) }];
}

/** The keys an object schema has at that path; empty where there is no object. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at = unwrap(schema);
  for (const key of path) {
    const next = at instanceof z.ZodObject ? at.shape[String(key)] : undefined;
    if (next === undefined) return [];
    at = unwrap(next);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let at = schema;
  while (at instanceof z.ZodDefault || at instanceof z.ZodPrefault || at instanceof z.ZodOptional) {
    at = at.def.innerType;
  }
  return at;
}

function kindOf(schema: z.core.$ZodType): Leaf['kind'] {
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodUnion) return 'numberOrWord';
  return 'string';
}
