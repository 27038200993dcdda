/**
 * REST of the analysis: beacons, privacy, and what people say of a finding. Findings themselves are rows of
 * GET /anomalies with the type `behaviour` (rest.ts).
 */
import { z } from 'zod';
import {
  ANOMALY_STATUSES,
  DEFAULT_PAGE,
  LIST_FORMATS,
  MAX_PAGE,
  microTimeSchema,
  pageOf,
  timeRangeQuerySchema,
} from './rest.ts';

const ip = z.union([z.ipv4(), z.ipv6()]);
const share = z.number().min(0).max(1);
const count = z.int().min(0);

/** What analysis can find: `event` of such rows of /anomalies; channels and silences choose by it. */
export const FINDING_KINDS = [
  'scan_vertical',
  'scan_horizontal',
  'scan_slow',
  'beacon',
  'dns_tunnel',
  'dga',
  'nxdomain_storm',
  'unusual_traffic',
  'exfiltration',
  'lateral_movement',
  'crypto_mining',
  'tor',
  'open_proxy',
  'cleartext_credentials',
  'certificate',
  'new_device',
  'arp_spoofing',
  'dhcp_spoofing',
  'address_flood',
] as const;

/** PUT /anomalies/{id}/status; `normal` teaches: the same is not told again, open takes that back. */
export const anomalyStatusSchema = z.strictObject({ status: z.enum(ANOMALY_STATUSES) });
export const anomalyParamsSchema = z.object({ id: z.string().regex(/^\d{1,19}$/) });

/** Findings of less than `min_score` are not told; of several thresholds the narrowest counts. */
export const thresholdRequestSchema = z.strictObject({
  kind: z.string().max(64).nullable().default(null).describe('null: every kind'),
  device: ip.nullable().default(null).describe('null: every device'),
  min_score: z.int().min(0).max(100),
});
export const thresholdSchema = z.object({
  id: z.string(),
  kind: z.string().nullable(),
  device: z.string().nullable(),
  min_score: z.int(),
  said_by: z.string(),
  said_at: microTimeSchema,
});
export type ThresholdRequest = z.infer<typeof thresholdRequestSchema>;
export type Threshold = z.infer<typeof thresholdSchema>;
export const thresholdsSchema = z.object({ items: z.array(thresholdSchema) });
export const thresholdParamsSchema = z.object({ id: z.string().regex(/^\d{1,18}$/) });
export const MAX_THRESHOLDS = 1_000;

export const beaconsQuerySchema = timeRangeQuerySchema.extend({
  device: ip.optional(),
  min_score: z.coerce.number().min(0).max(1).default(0.5),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z.string().max(256).optional(),
  format: z.enum(LIST_FORMATS).default('json'),
});
export const beaconRowSchema = z.object({
  device: z.string(),
  hostname: z.string().nullable(),
  target: z.string().describe('tls, quic, http or dns and a name; or TCP or UDP and address:port'),
  score: share.describe('The mean of the four, with the modifiers for prevalence and age'),
  interval_score: share,
  size_score: share,
  histogram_score: share,
  duration_score: share,
  prevalence: share.describe('Of the devices, those that call it like a clock'),
  period_seconds: z.number(),
  jitter: z.number().describe('Median absolute deviation of the intervals over their median'),
  connections: count,
  first_seen: microTimeSchema,
  last_seen: microTimeSchema,
});
export type BeaconRow = z.infer<typeof beaconRowSchema>;

export const PRIVACY_FORMATS = [...LIST_FORMATS, 'html'] as const;
export const privacyQuerySchema = timeRangeQuerySchema.extend({
  device: ip.optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z.string().max(256).optional(),
  format: z.enum(PRIVACY_FORMATS).default('json').describe('html: a page to print'),
});
export const privacyTrackerSchema = z.object({
  domain: z.string(),
  owner: z.string(),
  category: z.string().describe('advertising, analytics, social, tracking …'),
  bytes: count,
  flows: count,
});
export const privacyRowSchema = z.object({
  device: z.string(),
  hostname: z.string().nullable(),
  score: z.int().min(0).max(100).describe('100 less the four parts'),
  tracker_share: share.describe('Bytes with trackers over all; takes up to 40'),
  tracker_owners: count.describe('Different owners of trackers; 20 of them take 30'),
  cleartext_share: share.describe('Bytes in clear text over all; takes up to 20'),
  unknown_network_share: share.describe('Bytes with networks nobody names; takes up to 10'),
  bytes: count,
  trackers: z.array(privacyTrackerSchema).describe('The heaviest'),
  contacts: z.array(z.string()).describe('Countries it talked to, heaviest first'),
});
export type PrivacyRow = z.infer<typeof privacyRowSchema>;
export const privacyPageSchema = pageOf(privacyRowSchema).extend({
  left_out: count.describe(
    `Devices beyond the ${MAX_PAGE} with most traffic, of which there is no row`,
  ),
});
export type PrivacyPage = z.infer<typeof privacyPageSchema>;
