/**
 * REST below /api/v1/signatures: sets of rules that people keep in the manager, their compiled versions,
 * and how often each signature fires.
 *
 * Invariants: a version never changes; what a person edits belongs to the set and becomes a version by
 * being compiled. Where the manager does not say what sensors load (`owner` is `operator`), only reading
 * is answered.
 */
import { z } from 'zod';
import { INDICATOR_LIST_FORMATS, INDICATOR_TYPES } from './indicator-lists.ts';
import { DEFAULT_PAGE, MAX_PAGE, microTimeSchema, timeRangeQuerySchema } from './rest.ts';
import { reportedSignaturesSchema } from './signature-store.ts';

const count = z.int().min(0);
const time = microTimeSchema;
const id32 = z.int().min(1).max(4_294_967_295);

/** Bounds of one installation. */
export const SIGNATURE_LIMITS = {
  sets: 50,
  filesPerSet: 200,
  fileBytes: 64 * 1024 * 1024,
  setBytes: 128 * 1024 * 1024,
  overridesPerSet: 10_000,
  versionsPerSet: 10,
  variables: 200,
} as const;

export const setNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and "-" within');
export const fileNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_][\w.-]{0,127}$/, 'letters, digits, ".", "_" and "-"');
export const variablesSchema = z.record(
  z.string().regex(/^[A-Za-z_]\w{0,63}$/, 'the name of a variable, without $'),
  z.string().min(1).max(16_384),
);

/** POST /signatures/sets */
export const signatureSetRequestSchema = z.strictObject({
  name: setNameSchema,
  variables: variablesSchema.default({}),
});
/** PUT /signatures/sets/{set}/variables: all of them. */
export const variablesRequestSchema = z.strictObject({ variables: variablesSchema });

/** A rate that takes the place of the rule's own. */
export const thresholdSchema = z.strictObject({
  type: z.enum(['limit', 'threshold', 'both']),
  track: z.enum(['by_src', 'by_dst', 'by_both', 'by_rule', 'by_flow']),
  count: z.int().min(1).max(1_000_000_000),
  seconds: z.int().min(1).max(1_000_000_000),
});
export type SignatureThreshold = z.infer<typeof thresholdSchema>;

export const SUPPRESSION_TRACKS = ['by_src', 'by_dst', 'by_either'] as const;
/** Matches that are no alerts, as threshold.config says `suppress`: all of a rule, or those of some hosts. */
export const suppressionSchema = z.discriminatedUnion('track', [
  z.strictObject({ track: z.literal('always') }),
  z.strictObject({
    track: z.enum(SUPPRESSION_TRACKS),
    addresses: z
      .string()
      .regex(/^[\w$!.:/,[\] -]{1,4096}$/, 'an address, a network, a variable, or several in [ ]')
      .describe('As rules name them: 192.0.2.7, [10.0.0.0/8, !10.1.1.1], $HOME_NET'),
  }),
]);
export type SignatureSuppression = z.infer<typeof suppressionSchema>;

/** PUT /signatures/sets/{set}/overrides/{gid}/{sid}; null: as the file says. */
export const overrideRequestSchema = z.strictObject({
  enabled: z.boolean().nullable().default(null),
  threshold: thresholdSchema.nullable().default(null),
  suppress: suppressionSchema.nullable().default(null),
});

const listText = z
  .string()
  .regex(/^[^\p{Cc}]{1,200}$/u, 'up to 200 characters, none of them a control character');

const confidence = z.coerce.number().pipe(z.int().min(0).max(100));
const severity = z.coerce.number().pipe(z.int().min(1).max(3));
const listShape = {
  name: listText.optional().describe('As alerts call it; the name of the file without its end'),
  category: listText.optional().describe('Of entries that say none; the name of the list'),
  format: z.enum(INDICATOR_LIST_FORMATS).optional().describe('Told by its first lines'),
  type: z.enum(INDICATOR_TYPES).optional().describe('What a value tells by itself'),
  expires: z.iso.datetime({ offset: true }).optional().describe('Never'),
};

/** How a file is read that is an indicator list (docs/signatures.md). */
export const listOptionsSchema = z.strictObject({
  ...listShape,
  confidence: confidence.default(50),
  severity: severity.default(2),
});
export type SignatureListOptions = z.infer<typeof listOptionsSchema>;

/** PUT /signatures/sets/{set}/files/{file}: a list has its options beside `as=list`. */
export const fileQuerySchema = z.object({
  as: z.enum(['rules', 'list']).default('rules'),
  ...listShape,
  confidence: confidence.optional(),
  severity: severity.optional(),
});

export const signatureFileSchema = z.object({
  name: z.string(),
  list: listOptionsSchema.nullable().describe('null: rules, or configuration by its name'),
  sizeBytes: count,
  sha256: z.string(),
  changedAt: time,
  changedBy: z.string(),
});
export const signatureOverrideSchema = z.object({
  gid: z.int(),
  sid: z.int(),
  enabled: z.boolean().nullable(),
  threshold: thresholdSchema.nullable(),
  suppress: suppressionSchema.nullable(),
  changedAt: time,
  changedBy: z.string(),
});
export const signatureVersionSchema = z.object({
  number: z.int().min(1),
  digest: z.string().describe('Names the bundle, as sensors report it'),
  sizeBytes: count,
  madeAt: time,
  madeBy: z.string(),
  loaded: count,
  indicators: count.describe('Entries of lists'),
  failed: count,
  disabled: count.describe('Commented out, or disabled here'),
  replaced: count,
  skipped: count,
  errors: count.describe('Faults that keep a rule out'),
  warnings: count,
  active: z.boolean().describe('Sensors are to load it'),
});
export const signatureSetSchema = z.object({
  name: z.string(),
  createdAt: time,
  createdBy: z.string(),
  files: count,
  sizeBytes: count,
  overrides: count,
  newest: signatureVersionSchema.nullable(),
  changed: z.boolean().describe('Since its newest version was compiled'),
  activeVersion: z.int().nullable(),
});
/** GET /signatures/sets/{set} */
export const signatureSetDetailSchema = signatureSetSchema.extend({
  variables: variablesSchema,
  fileList: z.array(signatureFileSchema),
  versions: z.array(signatureVersionSchema).describe('Newest first'),
});

/** GET /signatures */
export const signatureOverviewSchema = z.object({
  owner: z
    .enum(['manager', 'operator'])
    .describe('Who says what sensors load: this page, or the SignatureSets of Kubernetes'),
  active: z
    .object({
      set: z.string(),
      version: z.int(),
      digest: z.string(),
      generation: count,
      activatedAt: time,
      activatedBy: z.string(),
    })
    .nullable(),
  sets: z.array(signatureSetSchema),
  sensors: z.array(
    z.object({
      sensor: z.string(),
      node: z.string(),
      reporting: z.boolean(),
      signatures: reportedSignaturesSchema.nullable().describe('What its engine matches with'),
      known: z
        .object({ set: z.string(), version: z.int() })
        .nullable()
        .describe('Which version here has that digest'),
    }),
  ),
});

const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z.string().max(256).optional(),
};
/** As PostgreSQL's integer holds it. */
const versionNumber = z.coerce.number().pipe(z.int().min(1).max(2_147_483_647));
const versionQuery = versionNumber.optional().describe('The newest unless told');
const search = z.string().max(253).optional().describe('A signature id, or part of the message');

export const RULE_STATES = ['active', 'disabled', 'commented'] as const;
/** GET /signatures/sets/{set}/rules */
export const rulesQuerySchema = timeRangeQuerySchema.extend({
  ...pageQuery,
  version: versionQuery,
  search,
  state: z.enum(RULE_STATES).optional(),
  fired: z.enum(['true', 'false']).optional().describe('With or without alerts in the time range'),
});
export const ruleRowSchema = z.object({
  gid: z.int(),
  sid: z.int(),
  rev: z.int(),
  state: z
    .enum(RULE_STATES)
    .describe('commented: out, in its file; disabled: by an override when it was compiled'),
  msg: z.string(),
  classtype: z.string(),
  priority: z.int().nullable(),
  file: z.string(),
  line: z.int(),
  prefilter: z.string().nullable().describe('What is searched for before the rule is tested'),
  cost: count.nullable().describe('Relative, as compiled'),
  alerts: count.describe('In the time range'),
  last_seen: time.nullable(),
  enabled: z
    .boolean()
    .nullable()
    .describe('The override of the set, perhaps newer than the version'),
  threshold: thresholdSchema.nullable(),
  suppress: suppressionSchema.nullable(),
});
/** GET /signatures/sets/{set}/rules/{gid}/{sid} */
export const ruleDetailSchema = ruleRowSchema.extend({
  source: z.string().describe('The rule as written'),
  explanation: z.string().describe('In words, what it matches; empty where it does not load'),
});

/** GET /signatures/sets/{set}/faults */
export const faultsQuerySchema = z.object({
  ...pageQuery,
  version: versionQuery,
  severity: z.enum(['error', 'warning']).optional(),
});
export const faultRowSchema = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
});

/** GET /signatures/hits: signatures of whatever origin that fired in the time range, most alerts first. */
export const hitsQuerySchema = timeRangeQuerySchema.extend({ ...pageQuery, search });
export const hitRowSchema = z.object({
  gid: z.int(),
  signature_id: z.int(),
  rev: z.int(),
  signature: z.string(),
  category: z.string(),
  severity: z.int(),
  alerts: count,
  first_seen: time.nullable().describe('Ever'),
  last_seen: time.nullable(),
});

/** GET /signatures/changes: who changed what, newest first. */
export const changesQuerySchema = z.object({ ...pageQuery, set: z.string().max(63).optional() });
export const changeRowSchema = z.object({
  id: z.string(),
  time,
  user: z.string(),
  set: z.string(),
  action: z.string(),
  detail: z.string(),
});

export const overridesSchema = z.object({ items: z.array(signatureOverrideSchema) });
export const overrideParamsSchema = z.object({
  set: setNameSchema,
  gid: z.coerce.number().pipe(id32),
  sid: z.coerce.number().pipe(id32),
});
export const setParamsSchema = z.object({ set: setNameSchema });
export const fileParamsSchema = z.object({ set: setNameSchema, file: fileNameSchema });
export const versionParamsSchema = z.object({
  set: setNameSchema,
  number: versionNumber,
});

export type SignatureSet = z.infer<typeof signatureSetSchema>;
export type SignatureSetDetail = z.infer<typeof signatureSetDetailSchema>;
export type SignatureVersion = z.infer<typeof signatureVersionSchema>;
export type SignatureFile = z.infer<typeof signatureFileSchema>;
export type SignatureOverride = z.infer<typeof signatureOverrideSchema>;
export type SignatureOverview = z.infer<typeof signatureOverviewSchema>;
export type SignatureRuleRow = z.infer<typeof ruleRowSchema>;
export type SignatureRuleDetail = z.infer<typeof ruleDetailSchema>;
export type SignatureFaultRow = z.infer<typeof faultRowSchema>;
export type SignatureHitRow = z.infer<typeof hitRowSchema>;
export type SignatureChangeRow = z.infer<typeof changeRowSchema>;
