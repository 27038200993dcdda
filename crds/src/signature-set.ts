/**
 * SignatureSet: rules, from where they come to which nodes they go, and how fast.
 *
 * Invariants: exactly one source; a contradiction is refused with a sentence before anything is compiled.
 */
import { z } from 'zod';
import { INDICATOR_LIST_FORMATS, INDICATOR_TYPES } from '#contracts/indicator-lists.ts';
import {
  conditionsSchema,
  countOrPercentSchema,
  labelSelectorSchema,
  withRules,
} from './kubernetes-types.ts';

const kNameMax = 253;
/** etcd refuses objects of about 1.5 MiB; rules of that size belong into a registry. */
const kInlineMax = 524_288;
const sha256 = z
  .string()
  .max(71)
  .regex(/^sha256:[0-9a-f]{64}$/);
const secretRef = z
  .object({ name: z.string().min(1).max(kNameMax).describe('Of the Secret') })
  .optional()
  .describe(
    "Secret in the operator's namespace, labelled netmoth.io/source-credentials=true: keys username and password, or token",
  );

const inlineSource = z
  .object({
    rules: z.string().min(1).max(kInlineMax).describe('Rules in Suricata’s language'),
  })
  .describe('The rules themselves');

const configMapSource = z
  .object({
    namespace: z.string().min(1).max(63).optional().describe("Default: the operator's namespace"),
    name: z.string().min(1).max(kNameMax).describe('Of the ConfigMap'),
    keys: z
      .string()
      .min(1)
      .max(kNameMax)
      .default('*')
      .describe('Which keys are rule files: a pattern in which * stands for anything'),
  })
  .describe('A ConfigMap whose values are rule files');

const ociSource = withRules(
  z.object({
    reference: z
      .string()
      .min(1)
      .max(512)
      .describe('Artifact in a registry with its digest, e.g. ghcr.io/acme/rules@sha256:…'),
    secretRef,
  }),
  {
    rule: "self.reference.matches('^[a-z0-9.:/_-]+@sha256:[0-9a-f]{64}$')",
    message: 'an OCI reference must name its digest: registry/name@sha256:… (a tag may be moved)',
  },
).describe('An artifact in an OCI registry');

const httpSource = withRules(
  z.object({
    url: z.string().min(1).max(2_048).describe('Rules, or an archive of rules (.tar.gz)'),
    intervalSeconds: z
      .int()
      .min(60)
      .max(2_592_000)
      .default(3_600)
      .describe('Seconds between two looks for something new'),
    sha256: sha256.optional().describe('Digest the content must have'),
    secretRef,
  }),
  {
    rule: "self.url.startsWith('https://') || has(self.sha256)",
    message: 'over plain http anybody on the way may change the rules: use https or give sha256',
  },
  {
    rule: "self.url.startsWith('https://') || self.url.startsWith('http://')",
    message: 'url must begin with https:// (or http://, with sha256)',
  },
).describe('A file behind a URL, looked at again and again');

export const SOURCE_KINDS = ['inline', 'configMapRef', 'oci', 'http'] as const;
const sourceSchema = withRules(
  z.object({
    inline: inlineSource.optional(),
    configMapRef: configMapSource.optional(),
    oci: ociSource.optional(),
    http: httpSource.optional(),
  }),
  {
    rule: `[${SOURCE_KINDS.map((kind) => `has(self.${kind})`).join(', ')}].filter(x, x).size() == 1`,
    message: 'give exactly one source: inline, configMapRef, oci or http',
  },
);

const verificationSchema = withRules(
  z.object({
    publicKey: z
      .string()
      .min(1)
      .max(1_024)
      .describe('Ed25519 public key in PEM; one key, as `openssl pkey -pubout` writes it'),
  }),
  {
    rule: "self.publicKey.startsWith('-----BEGIN PUBLIC KEY-----')",
    message: 'publicKey must be a public key in PEM: -----BEGIN PUBLIC KEY-----…',
  },
).describe(
  'Who must have signed what the source gives, byte by byte: http by <url>.sig, a ConfigMap by a key <key>.sig, an OCI layer by its annotation io.netmoth.signature',
);

const kPattern = 'a pattern in which * stands for anything';
const listSchema = z.object({
  files: z
    .string()
    .min(1)
    .max(kNameMax)
    .default('*')
    .describe(`Files of the source that are this list: ${kPattern}`),
  format: z
    .enum(INDICATOR_LIST_FORMATS)
    .optional()
    .describe('How it is written (default: told by its first lines)'),
  type: z
    .enum(INDICATOR_TYPES)
    .optional()
    .describe('What its entries are (default: what a value tells by itself)'),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('As alerts call it (default: the name of the file without its end)'),
  category: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Of entries that say none (default: the name of the list)'),
  confidence: z.int().min(0).max(100).default(50).describe('Of entries that say none, in percent'),
  severity: z.int().min(1).max(3).default(2).describe('Of alerts; 1 is the most severe'),
});

const stepSchema = withRules(
  z.object({
    percent: z.int().min(1).max(100).optional().describe('Of the selected nodes'),
    nodes: z.int().min(1).max(100_000).optional().describe('Count of nodes'),
    selector: labelSelectorSchema.optional().describe('Only nodes with these labels'),
  }),
  {
    rule: '(has(self.percent) ? 1 : 0) + (has(self.nodes) ? 1 : 0) == 1',
    message: 'a step says how far it goes: give either percent or nodes',
  },
);

const abortSchema = z.object({
  failedLoads: z
    .int()
    .min(1)
    .max(100_000)
    .default(1)
    .describe('Stop when so many nodes could not load the bundle'),
  lossPercent: z
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe('Stop when a node that has the bundle loses more packets than that'),
  alertFactor: z
    .int()
    .min(2)
    .max(10_000)
    .default(50)
    .describe('Stop when a node with the bundle alerts so many times as often as before'),
  memoryMiB: z
    .int()
    .min(64)
    .max(1_048_576)
    .optional()
    .describe('Stop when a sensor with the bundle takes more memory than that'),
  cpuPercent: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('Stop when a sensor with the bundle takes more CPU than that; 100 is one CPU'),
  restarts: z
    .int()
    .min(1)
    .max(1_000)
    .default(3)
    .describe('Stop when a sensor with the bundle started anew so many times'),
});

const rolloutSchema = withRules(
  z.object({
    canaryNodes: z
      .int()
      .min(0)
      .max(1_000)
      .default(1)
      .describe('Nodes that get a bundle first, on their own; 0: none'),
    steps: z
      .array(stepSchema)
      .max(16)
      .default([])
      .describe('Waves after the canary, each including those before it; all nodes come last'),
    maxInProgress: withRules(countOrPercentSchema, {
      rule: "type(self) == int ? self >= 1 && self <= 100000 : self.matches('^([1-9][0-9]?|100)%$')",
      message: 'maxInProgress is a count of nodes from 1 on, or a percentage from "1%" to "100%"',
    })
      .default('25%')
      .describe('Nodes that load a bundle at the same time'),
    soakSeconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(60)
      .describe('Seconds a wave must hold before the next one begins'),
    abort: abortSchema.prefault({}).describe('What stops a roll-out'),
    autoRollback: z
      .boolean()
      .default(true)
      .describe('A roll-out that stopped goes back to the last good revision by itself'),
    paused: z.boolean().default(false).describe('No node gets anything new'),
    promote: z
      .string()
      .min(1)
      .max(80)
      .optional()
      .describe('Revision that goes to all nodes now: no waves, no soak, no gates'),
  }),
  {
    rule: 'self.steps.all(s, !has(s.percent)) || self.steps.all(s, has(s.percent))',
    message: 'all steps count the same way: percent in every step or nodes in every step',
  },
  {
    rule: '!self.steps.all(s, has(s.percent)) || self.steps.map(s, s.percent).isSorted()',
    message: 'a step in percent goes less far than the one before it',
  },
  {
    rule: '!self.steps.all(s, has(s.nodes)) || self.steps.map(s, s.nodes).isSorted()',
    message: 'a step in nodes goes less far than the one before it',
  },
);

const variableSchema = z.record(z.string(), z.string().max(4_096)).meta({ maxProperties: 128 });

const sids = z.array(z.int().min(1).max(4_294_967_295)).max(2_000).default([]);

export const signatureSetSpecSchema = withRules(
  z.object({
    source: sourceSchema.describe('Where the rules come from'),
    verification: verificationSchema.optional(),
    lists: z
      .array(listSchema)
      .max(32)
      .optional()
      .describe('Indicator lists among the files of the source: addresses, domains, digests, …'),
    datasets: z
      .string()
      .min(1)
      .max(kNameMax)
      .optional()
      .describe(`Files of the source that rules load values of datasets from: ${kPattern}`),
    variables: variableSchema.optional().describe('HOME_NET and the like, by name without $'),
    disable: sids.describe('Rules that are left out, by sid'),
    enable: sids.describe('Rules that are taken although their source comments them out, by sid'),
    thresholds: z
      .string()
      .max(65_536)
      .optional()
      .describe('Lines of threshold.config: suppress, threshold, event_filter, rate_filter by sid'),
    maxFaults: withRules(countOrPercentSchema, {
      rule: "type(self) == int ? self >= 0 && self <= 100000 : self.matches('^([0-9]|[1-9][0-9]|100)%$')",
      message: 'maxFaults is a count of rules from 0 on, or a percentage from "0%" to "100%"',
    })
      .default('1%')
      .describe('Rules that may fail to compile; with more the revision is refused'),
    priority: z
      .int()
      .min(-1_000)
      .max(1_000)
      .default(0)
      .describe('Of several sets with the same rule the one with the higher priority counts'),
    sensorSelector: labelSelectorSchema
      .optional()
      .describe('Labels of the NetmothSensors that load this set (default: all)'),
    rollout: rolloutSchema.prefault({}).describe('How a new revision reaches the nodes'),
    pinnedRevision: z
      .string()
      .min(1)
      .max(80)
      .optional()
      .describe('Revision of status.history to stay at, or to go back to'),
    historyLimit: z.int().min(1).max(50).default(10).describe('Revisions that are kept'),
  }),
  {
    rule: '!self.disable.exists(sid, sid in self.enable)',
    message: 'a sid stands in both enable and disable',
  },
  {
    rule: '!has(self.verification) || !has(self.source.inline)',
    message:
      'verification is for sources that come from elsewhere: who writes inline rules writes the key beside them',
  },
);
export type SignatureSetSpec = z.infer<typeof signatureSetSpecSchema>;

const faultSchema = z.object({
  file: z.string().max(512),
  line: z.int().min(0),
  sid: z.int().min(0).optional(),
  reason: z.string().max(1_024),
});

const revisionSchema = z.object({
  revision: z.string().max(80),
  digest: z.string().max(80),
  createdAt: z.iso.datetime(),
  author: z.string().max(256).optional(),
  rules: z.int().min(0),
  indicators: z.int().min(0).optional().describe('Entries of its lists'),
  faults: z.int().min(0),
  outcome: z.enum(['RollingOut', 'Complete', 'RolledBack', 'Superseded']),
  message: z.string().max(1_024).optional(),
});

const rolloutStateSchema = z.object({
  revision: z.string().max(80).describe('That is being rolled out'),
  from: z.string().max(80).optional().describe('To go back to; none: no signatures'),
  phase: z.enum(['Advancing', 'Stopped', 'RollingBack']),
  direct: z.boolean().optional().describe('To all nodes at once: it was good before'),
  step: z
    .int()
    .min(0)
    .describe('Place of the wave: 0 the canary, then spec.rollout.steps, then all'),
  stepStartedAt: z.iso.datetime(),
  soakStartedAt: z.iso.datetime().optional().describe('Since when the wave has loaded it'),
  alertsPerMinute: z.int().min(0).optional().describe('Of a node on average, before'),
});
export type RolloutState = z.infer<typeof rolloutStateSchema>;

const breachSchema = z.object({
  revision: z.string().max(80),
  gate: z.string().max(64).describe('Field of spec.rollout.abort'),
  node: z.string().max(300),
  figure: z.string().max(512).describe('What was measured, and the limit'),
  at: z.iso.datetime(),
  pinned: z
    .boolean()
    .optional()
    .describe('It was rolled back although it is pinned, and is not tried again while it stays so'),
});
export type Breach = z.infer<typeof breachSchema>;

const counter = z.int().min(0).optional();
export const signatureSetStatusSchema = z.object({
  observedGeneration: counter,
  latest: z.string().max(80).optional().describe('Newest revision that compiled'),
  target: z.string().max(80).optional().describe('Revision the nodes should have'),
  current: z.string().max(80).optional().describe('Last revision that all nodes had'),
  digest: z.string().max(80).optional().describe('Of the target’s bundle'),
  rules: counter.describe('Rules in the target'),
  active: counter.describe('Nodes that have loaded the target'),
  failed: counter.describe('Nodes that could not load it'),
  selected: counter.describe('Nodes that should load it'),
  step: z.string().max(64).optional().describe('Wave of the roll-out, e.g. "2/4"'),
  faults: z
    .array(faultSchema)
    .max(50)
    .optional()
    .describe('Rules that do not compile, the first 50'),
  faultCount: counter.describe('How many rules do not compile'),
  conflicts: counter.describe('Rules of this set that another set of higher priority replaces'),
  rollout: rolloutStateSchema.optional().describe('The roll-out under way'),
  breach: breachSchema.optional().describe('The gate that last stopped a roll-out'),
  history: z.array(revisionSchema).max(54).optional().describe('Newest first'),
  conditions: conditionsSchema.describe('Compiled, Available, Progressing'),
});
export type SignatureRevision = z.infer<typeof revisionSchema>;
export type SignatureFault = z.infer<typeof faultSchema>;
export type SignatureSetStatus = z.infer<typeof signatureSetStatusSchema>;
