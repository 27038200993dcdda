/**
 * What can be configured of a manager, with every default.
 *
 * Invariant: a key's place here is its place in the file, and its environment variable and its argument
 * are made from it; there is no second list.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { LISTEN_ADDRESS_HINT, parseListenAddress } from '#contracts/listen-address.ts';
import { PRIVATE_NETWORKS, parseNetwork } from './enrich/ip-address.ts';
import { DEFAULT_RETENTION } from './store/partitions.ts';

const days = z.int().min(1).max(3650);
const network = z
  .string()
  .refine((text) => parseNetwork(text) !== undefined, 'a network such as 192.168.0.0/16 is wanted');

const storeSchema = z.strictObject({
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'postgres://user:password@host:port/database is wanted'),
  connections: z.int().min(2).max(200).default(10),
  queryTimeoutSeconds: z.int().min(1).max(3600).default(30),
});
const natsSchema = z.strictObject({
  servers: z.array(z.string().min(1)).min(1).default(['nats://127.0.0.1:4222']),
  user: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
  credsFile: z.string().optional(),
  streamReplicas: z.int().min(1).max(5).default(1),
  streamMaxMiB: z.int().min(64).max(16_777_216).default(4096),
});
const retentionSchema = z.strictObject({
  flows: days.default(DEFAULT_RETENTION.flows),
  aggregates: days.default(DEFAULT_RETENTION.aggregates),
  alerts: days.default(DEFAULT_RETENTION.alerts),
});
const ingestSchema = z.strictObject({
  enabled: z.boolean().default(true),
  groupEvents: z.int().min(1).max(200_000).default(20_000),
  groupMiB: z.int().min(1).max(256).default(16),
  maxRollupKeys: z.int().min(100).max(100_000).default(2_500),
});
const analysisSchema = z
  .strictObject({
    enabled: z.boolean().default(true),
    learningDays: z.number().min(0).max(90).default(7),
    holdbackSeconds: z.int().min(0).max(3600).default(30),
    trackerLists: z.array(z.string().min(1)).default([]),
    reputationLists: z.array(z.string().min(1)).default([]),
  })
  .superRefine(({ trackerLists, reputationLists }, context) => {
    // A list has its file's name wherever it is shown; of two with one name the second would replace the first.
    const byName = new Map<string, string>();
    for (const [key, paths] of Object.entries({ trackerLists, reputationLists })) {
      for (const path of paths) {
        const other = byName.get(basename(path)) ?? path;
        byName.set(basename(path), other);
        if (other === path) continue;
        const message = `${path} and ${other} have the same file name, by which lists are told apart`;
        context.addIssue({ code: 'custom', path: [key], message });
      }
    }
  });
const reverseDnsSchema = z.strictObject({
  enabled: z.boolean().default(false),
  servers: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
  perSecond: z.number().min(0.1).max(100).default(5),
});
const httpSchema = z.strictObject({
  webRoot: z.string().optional(),
  trustProxy: z.boolean().default(false),
  cookieSecure: z.boolean().default(false),
  metricsOpen: z.boolean().default(false),
  requestsPerMinute: z.int().min(1).optional(),
  liveClients: z.int().min(0).optional(),
});

const signaturesSchema = z.strictObject({
  owner: z.enum(['operator', 'manager']).default('operator'),
});

export const managerConfigSchema = z.strictObject({
  listen: z
    .string()
    .refine((text) => parseListenAddress(text) !== undefined, LISTEN_ADDRESS_HINT)
    .default('127.0.0.1:8470'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  // Without any, so that the fault is told where it is: at store.url.
  store: storeSchema.prefault({} as z.input<typeof storeSchema>),
  nats: natsSchema.prefault({}),
  retention: retentionSchema.prefault({}),
  ingest: ingestSchema.prefault({}),
  analysis: analysisSchema.prefault({}),
  homeNetworks: z.array(network).default([...PRIVATE_NETWORKS]),
  geoipFile: z.string().optional(),
  asnFile: z.string().optional(),
  ouiFile: z.string().optional(),
  reverseDns: reverseDnsSchema.prefault({}),
  http: httpSchema.prefault({}),
  signatures: signaturesSchema.prefault({}),
  /** Password of the user `admin`, for as long as there is no such user. */
  adminPassword: z.string().min(8).max(1024).optional(),
  /** An API token (nm_…) for the programs of the machine that runs us. */
  localToken: z.string().optional(),
  /** supervisor.json of `netmoth up`. */
  supervisorState: z.string().optional(),
});
export type ManagerConfig = z.infer<typeof managerConfigSchema>;

/** Values that are never shown. */
const SECRETS: ReadonlySet<string> = new Set(['password', 'token', 'adminPassword', 'localToken']);

export type LeafKind = 'string' | 'number' | 'boolean' | 'list';
export interface Leaf {
  readonly path: readonly string[];
  readonly kind: LeafKind;
}

/** Every key that holds a value, for environment variables. */
export function leavesOf(schema: z.ZodType, path: readonly string[] = []): readonly Leaf[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, value]) =>
      leavesOf(value as z.ZodType, [...path, key]),
    );
  }
  const kind =
    inner instanceof z.ZodNumber
      ? 'number'
      : inner instanceof z.ZodBoolean
        ? 'boolean'
        : inner instanceof z.ZodArray
          ? 'list'
          : 'string';
  return [{ path, kind }];
}

/** The keys that exist beside one another at `path`, for a mistyped one. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let at: z.ZodType = managerConfigSchema;
  for (const key of path) {
    const inner = unwrapped(at);
    if (!(inner instanceof z.ZodObject)) return [];
    at = inner.shape[String(key)] as z.ZodType;
  }
  const inner = unwrapped(at);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function isWrapper(schema: unknown): schema is z.ZodDefault | z.ZodOptional | z.ZodPrefault {
  return (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodPrefault
  );
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let at: unknown = schema;
  while (isWrapper(at)) at = at.unwrap();
  return at as z.ZodType;
}

/** For logs: secrets replaced, also those inside addresses. */
export function redacted(value: unknown, key = ''): unknown {
  if (SECRETS.has(key)) return '***';
  if (typeof value === 'string') return value.replace(/\/\/[^@/]*@/g, '//***@');
  if (Array.isArray(value)) return value.map((item) => redacted(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, redacted(item, name)]),
  );
}
