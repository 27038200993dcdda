/**
 * REST: the shapes below /api/v1, requests and answers. The OpenAPI document is generated from these.
 *
 * Invariants: rows carry EVE's own field names, flat; times are RFC 3339 with microseconds in UTC;
 * lists are keyset pages, newest first, and `next` is null on the last one.
 */
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from './errors.ts';
import { kubernetesEndSchema } from './eve-header.ts';
import { reportedSchema } from './nats.ts';

export const API_PREFIX = '/api/v1';
export const SESSION_COOKIE = 'netmoth_session';
export const MAX_PAGE = 1000;
export const DEFAULT_PAGE = 100;
/** Rows of one export at most; a longer result ends with the trailer `Netmoth-Truncated: true`. */
export const MAX_EXPORT_ROWS = 1_000_000;

const count = z.int().min(0);
const port = z.int().min(0).max(65_535);
export const microTimeSchema = z.iso
  .datetime({ offset: true, precision: 6 })
  .describe('2026-11-20T14:32:15.123456Z');
const time = microTimeSchema;

/** `90s`, `15m`, `1h`, `7d`, `2w`. */
export const durationSchema = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhdw]$/, 'a number and s, m, h, d or w, such as 15m or 1h');

/** Milliseconds of a duration text. */
export function durationMs(text: string): number {
  const unitMs = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }[text.at(-1) ?? 's'] ?? 1e3;
  return Number(text.slice(0, -1)) * unitMs;
}

/** Time range of a query: `last` or `since`/`until`; the last hour where nothing is given. */
export const timeRangeQuerySchema = z.object({
  last: durationSchema.optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
});

export const LIST_FORMATS = ['json', 'csv', 'ndjson'] as const;

/** What people said of a finding: nothing yet, seen, or that it is normal, which teaches. */
export const ANOMALY_STATUSES = ['open', 'acknowledged', 'normal'] as const;

/** Filters of every list; `device` matches either end. */
export const listQuerySchema = timeRangeQuerySchema.extend({
  device: z.union([z.ipv4(), z.ipv6()]).optional(),
  sensor: z.string().max(128).optional(),
  node: z.string().max(128).optional(),
  flow_id: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_EXPORT_ROWS).default(DEFAULT_PAGE),
  cursor: z.string().max(256).optional(),
  format: z
    .enum(LIST_FORMATS)
    .default('json')
    .describe('json: a page of at most 1,000; csv and ndjson: up to `limit` rows as a stream'),
});

export const flowsQuerySchema = listQuerySchema.extend({
  proto: z.string().max(16).optional(),
  app_proto: z.string().max(32).optional(),
  src_ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  dest_ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  port: z.coerce.number().int().min(0).max(65_535).optional().describe('Either end'),
  community_id: z.string().max(64).optional(),
  domain: z.string().max(253).optional().describe('The name itself and what is below it'),
});
export const dnsQuerySchema = listQuerySchema.extend({
  rrname: z.string().max(253).optional().describe('The name itself and what is below it'),
  rrtype: z.string().max(16).optional(),
  rcode: z.string().max(16).optional(),
});
export const tlsQuerySchema = listQuerySchema.extend({
  sni: z.string().max(253).optional().describe('The name itself and what is below it'),
  version: z.string().max(16).optional(),
  ja3: z.string().max(32).optional(),
  ja4: z.string().max(64).optional(),
});
export const httpQuerySchema = listQuerySchema.extend({
  hostname: z.string().max(253).optional().describe('The name itself and what is below it'),
  method: z.string().max(32).optional(),
  status: z.coerce.number().int().optional(),
});
export const alertsQuerySchema = listQuerySchema.extend({
  severity: z.coerce.number().int().min(1).max(4).optional(),
  signature_id: z.coerce.number().int().optional(),
});
export const anomaliesQuerySchema = listQuerySchema.extend({
  type: z
    .string()
    .max(16)
    .optional()
    .describe('decode, stream or applayer: what was malformed; behaviour: what analysis found'),
  event: z.string().max(128).optional(),
  status: z.enum(ANOMALY_STATUSES).optional(),
  min_score: z.coerce.number().int().min(0).max(100).optional().describe('Behaviour alone has one'),
});
export const devicesQuerySchema = timeRangeQuerySchema.extend({
  search: z
    .string()
    .max(253)
    .optional()
    .describe('Part of address, name, MAC, label, vendor, system or kind'),
  limit: z.coerce.number().int().min(1).max(MAX_EXPORT_ROWS).default(DEFAULT_PAGE),
  cursor: z.string().max(256).optional(),
  format: z.enum(LIST_FORMATS).default('json'),
});

/** What every row of an event list starts with. */
const rowHeader = {
  id: z.string().describe('Unique, stable'),
  time,
  sensor: z.string(),
  node: z.string(),
  flow_id: z.number().nullable(),
  src_ip: z.string().nullable(),
  src_port: port.nullable(),
  dest_ip: z.string().nullable(),
  dest_port: port.nullable(),
  proto: z.string().nullable(),
  app_proto: z.string().nullable(),
  kubernetes: z
    .looseObject({ src: kubernetesEndSchema.optional(), dest: kubernetesEndSchema.optional() })
    .nullable()
    .describe('Whose the addresses were at that time, in a cluster'),
};

export const flowRowSchema = z.object({
  ...rowHeader,
  end: time,
  community_id: z.string().nullable(),
  state: z.string(),
  reason: z.string(),
  flow_state: z.string().nullable(),
  pkts_toserver: count,
  pkts_toclient: count,
  bytes_toserver: count,
  bytes_toclient: count,
  domain: z.string().nullable().describe('From DNS correlation, SNI or HTTP host, in this order'),
  country: z.string().nullable().describe('ISO 3166 code of the remote end, where known'),
  alerted: z.boolean(),
  asn: z.number().nullable().describe('Autonomous system of the remote end, where known'),
  asn_name: z.string().nullable().describe('Who runs it'),
  traffic_type: z.string().nullable().describe('Kind of traffic: web, streaming, dns …'),
  traffic_rule: z.string().nullable().describe('Row of the decision table that says so'),
  lists: z
    .array(z.string())
    .nullable()
    .describe('Lists of reputation that an end or the domain is on'),
});
export const dnsRowSchema = z.object({
  ...rowHeader,
  type: z.string(),
  rrname: z.string().nullable(),
  rrtype: z.string().nullable(),
  rcode: z.string().nullable(),
  answers: z.array(z.string()).describe('rdata of A, AAAA, CNAME and the like as text'),
});
export const tlsRowSchema = z.object({
  ...rowHeader,
  version: z.string().nullable(),
  sni: z.string().nullable(),
  subject: z.string().nullable(),
  issuerdn: z.string().nullable(),
  fingerprint: z.string().nullable(),
  notbefore: z.string().nullable(),
  notafter: z.string().nullable(),
  ja3: z.string().nullable(),
  ja3s: z.string().nullable(),
  ja4: z.string().nullable(),
});
export const httpRowSchema = z.object({
  ...rowHeader,
  hostname: z.string().nullable(),
  url: z.string().nullable(),
  http_method: z.string().nullable(),
  status: z.number().nullable(),
  http_user_agent: z.string().nullable(),
  http_content_type: z.string().nullable(),
  length: z.number().nullable(),
});
export const alertRowSchema = z.object({
  ...rowHeader,
  signature_id: z.number(),
  signature: z.string(),
  category: z.string(),
  severity: z.number(),
  action: z.string(),
});
export const anomalyPartSchema = z.object({
  name: z.string(),
  points: z.number(),
  figure: z.string(),
  expected: z.string(),
});
export const anomalyRowSchema = z.object({
  ...rowHeader,
  type: z.string(),
  event: z.string(),
  score: z.int().min(0).max(100).nullable().describe('The sum of its parts; behaviour alone'),
  summary: z.string().nullable().describe('One sentence'),
  parts: z.array(anomalyPartSchema).nullable(),
  last_time: time.nullable().describe('Of its newest event'),
  repeats: count.nullable().describe('In how many hours it was seen'),
  status: z.enum(ANOMALY_STATUSES).nullable(),
});
export const deviceRowSchema = z.object({
  ip: z.string(),
  mac: z.string().nullable(),
  vendor: z.string().nullable(),
  hostname: z.string().nullable(),
  subject: z
    .string()
    .nullable()
    .describe('The machine: mac:… or ip:…; addresses that share it are one device'),
  label: z.string().nullable().describe('What a person calls it'),
  os: z.string().nullable(),
  os_confidence: z.number().nullable().describe('0 to 100'),
  type: z
    .string()
    .nullable()
    .describe('phone, laptop, printer, TV, camera, server, IoT, router, pod'),
  type_confidence: z.number().nullable(),
  first_seen: time,
  last_seen: time,
  bytes_sent: count.describe('Within the time range asked for'),
  bytes_received: count,
  flows: count,
});

/** GET /devices/{ip}: the row, the other addresses of the machine, and what its attributes rest on. */
export const deviceDetailSchema = deviceRowSchema.extend({
  addresses: z.array(z.string()).describe('All of the machine, this one among them'),
  randomised_mac: z.boolean(),
  perhaps_same: z
    .array(z.object({ subject: z.string(), because: z.string() }))
    .describe('Other machines with a randomised MAC that call themselves the same'),
  listed: z
    .array(z.object({ contact: z.string(), list: z.string(), entry: z.string(), since: time }))
    .describe('Whom it dealt with in the range that lists of reputation have, and since when'),
  evidence: z.array(
    z.object({
      attribute: z.string(),
      source: z.string(),
      value: z.string(),
      detail: z.string(),
      confidence: z.number(),
      first_seen: time,
      last_seen: time,
    }),
  ),
});
export type DeviceDetail = z.infer<typeof deviceDetailSchema>;
export const DEVICE_TYPES = [
  ...(['phone', 'laptop', 'printer', 'TV', 'camera'] as const),
  ...(['server', 'IoT', 'router', 'pod'] as const),
] as const;
/** PUT /devices/{ip}/label: null takes back what was said. */
export const deviceLabelSchema = z.strictObject({
  label: z.string().trim().min(1).max(120).nullable(),
  type: z.enum(DEVICE_TYPES).nullable().default(null),
});

export type FlowRow = z.infer<typeof flowRowSchema>;
export type DnsRow = z.infer<typeof dnsRowSchema>;
export type TlsRow = z.infer<typeof tlsRowSchema>;
export type HttpRow = z.infer<typeof httpRowSchema>;
export type AlertRow = z.infer<typeof alertRowSchema>;
export type AnomalyRow = z.infer<typeof anomalyRowSchema>;
export type DeviceRow = z.infer<typeof deviceRowSchema>;

export const pageOf = <T extends z.ZodType>(row: T) =>
  z.object({ items: z.array(row), next: z.string().nullable() });
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** The event lists: path below API_PREFIX, its query and its row. One table for server, CLI and docs. */
export const LISTS = {
  flows: { query: flowsQuerySchema, row: flowRowSchema },
  dns: { query: dnsQuerySchema, row: dnsRowSchema },
  tls: { query: tlsQuerySchema, row: tlsRowSchema },
  http: { query: httpQuerySchema, row: httpRowSchema },
  alerts: { query: alertsQuerySchema, row: alertRowSchema },
  anomalies: { query: anomaliesQuerySchema, row: anomalyRowSchema },
  devices: { query: devicesQuerySchema, row: deviceRowSchema },
} as const;
export type ListName = keyof typeof LISTS;

/** GET /sensors */
export const sensorRowSchema = z.object({
  reporting: z.boolean().describe('Its report is younger than its time to live'),
  lossRatio: z.number().min(0).max(1).describe('Kernel drops over packets seen since start'),
  eventsLost: count.describe('Events made since start that were lost before NATS had them'),
  report: reportedSchema,
});
export const sensorsSchema = z.object({ items: z.array(sensorRowSchema) });
export type SensorRow = z.infer<typeof sensorRowSchema>;

/** GET /stats/…: all take timeRangeQuery and optionally device; top lists take `limit` (default 10). */
export const statsQuerySchema = timeRangeQuerySchema.extend({
  device: z.union([z.ipv4(), z.ipv6()]).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(10),
});
export const bandwidthSchema = z.object({
  bucketSeconds: z.int(),
  points: z.array(
    z.object({ time, bytes_toserver: count, bytes_toclient: count, packets: count, flows: count }),
  ),
});
export const topSchema = z.object({
  items: z.array(
    z.object({ key: z.string(), label: z.string().nullable(), bytes: count, flows: count }),
  ),
});
export const eventCountsSchema = z.object({
  total: count,
  byType: z.record(z.string(), count),
  points: z.array(z.object({ time, counts: z.record(z.string(), count) })),
});
export const STATS = {
  bandwidth: bandwidthSchema,
  talkers: topSchema,
  domains: topSchema,
  applications: topSchema,
  countries: topSchema,
  events: eventCountsSchema,
} as const;
export type StatsName = keyof typeof STATS;
export type Bandwidth = z.infer<typeof bandwidthSchema>;
export type Top = z.infer<typeof topSchema>;
export type EventCounts = z.infer<typeof eventCountsSchema>;

/** GET /health and, shortened to status and HTTP code, /readyz. */
export const partHealthSchema = z.object({
  name: z.string().describe('postgres, nats, sensor, manager, ingest, …'),
  status: z.enum(['ok', 'degraded', 'down']),
  message: z.string(),
  restarts: count.optional(),
});
export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  version: z.string(),
  parts: z.array(partHealthSchema),
});
export type Health = z.infer<typeof healthSchema>;
/** GET /readyz: open to all, so it names parts and states but says no more about them. */
export const readinessSchema = z.object({
  status: healthSchema.shape.status,
  parts: z.array(partHealthSchema.pick({ name: true, status: true })),
});
export type Readiness = z.infer<typeof readinessSchema>;
export type PartHealth = z.infer<typeof partHealthSchema>;

/**
 * State of the supervised children, written by `netmoth up` as `supervisor.json` into the data directory
 * and into the environment-named file that the manager reads to answer /readyz and /health.
 */
export const supervisorStateSchema = z.object({
  pid: z.int(),
  updatedAt: z.iso.datetime(),
  url: z.string(),
  parts: z.array(partHealthSchema),
});
export type SupervisorState = z.infer<typeof supervisorStateSchema>;

/** POST /session (sets SESSION_COOKIE, HttpOnly, SameSite=Strict); GET answers who is logged in; DELETE logs out. */
export const loginSchema = z.strictObject({
  user: z.string().min(1).max(128),
  password: z.string().min(1).max(1024),
});
/** PUT /session/password: 204; every other session of the user ends. NM_FORBIDDEN where `current` is wrong. */
export const PASSWORD_MIN_LENGTH = 12;
export const passwordChangeSchema = z.strictObject({
  current: z.string().min(1).max(1024),
  next: z.string().min(PASSWORD_MIN_LENGTH).max(1024),
});
export const sessionSchema = z.object({ user: z.string(), expiresAt: time });
/** POST /tokens; `token` is told once. Use as `Authorization: Bearer …`. */
export const tokenRequestSchema = z.strictObject({
  name: z.string().min(1).max(128),
  expiresInDays: z.int().min(1).max(3650).optional(),
});
export const tokenInfoSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: time,
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable(),
});
export const tokenCreatedSchema = tokenInfoSchema.extend({ token: z.string() });
export const tokensSchema = z.object({ items: z.array(tokenInfoSchema) });

/** Every answer with a status of 400 or more. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;
