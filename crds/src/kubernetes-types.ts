/**
 * The pieces of Kubernetes' own types that our kinds contain, and how a zod schema carries a CEL rule.
 *
 * Invariant: nothing here is stricter than Kubernetes itself about the same field.
 */
import { z } from 'zod';

export const GROUP = 'netmoth.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

export interface CelRule {
  /** CEL over `self` (and `oldSelf`): true means accepted. */
  readonly rule: string;
  /** A sentence that says what is wrong and what to do. */
  readonly message: string;
}

/** Attaches rules that the API server checks; the key is the CRD's own. */
export function withRules<Schema extends z.ZodType>(
  schema: Schema,
  ...rules: readonly CelRule[]
): Schema {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-validations': rules }) as Schema;
}

/** A list whose items are told apart by these members, so that several writers can share it. */
export function listMap<Schema extends z.ZodType>(
  schema: Schema,
  ...keys: readonly string[]
): Schema {
  return schema.meta({
    ...schema.meta(),
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
  }) as Schema;
}

/** A list without order and without doubles. */
export function listSet<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-list-type': 'set' }) as Schema;
}

export const conditionSchema = z.object({
  type: z.string().max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  observedGeneration: z.int().min(0).optional().describe('Of the spec this was judged by'),
  lastTransitionTime: z.iso.datetime().describe('When the status last changed'),
  reason: z.string().max(1024).describe('One word for programs'),
  message: z.string().max(32_768).describe('A sentence for people'),
});
export type Condition = z.infer<typeof conditionSchema>;

export const conditionsSchema = listMap(z.array(conditionSchema).max(16), 'type').optional();

export const quantitySchema = z
  .string()
  .max(32)
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/);

const resourceList = z.object({
  cpu: quantitySchema.optional().describe('In CPUs, e.g. 500m for half of one'),
  memory: quantitySchema.optional().describe('In octets, e.g. 512Mi'),
});
export const resourcesSchema = z.object({
  requests: resourceList.optional().describe('What a node must have free'),
  limits: resourceList.optional().describe('What a sensor may take'),
});

export const tolerationSchema = z.object({
  key: z.string().max(316).optional().describe('Of the taint (default: of every taint)'),
  operator: z
    .enum(['Exists', 'Equal'])
    .optional()
    .describe('Exists: whatever the value of the taint is; Equal (default): that of value'),
  value: z.string().max(63).optional().describe('Of the taint, with Equal'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .optional()
    .describe('Of the taint (default: every effect)'),
  tolerationSeconds: z
    .int()
    .min(0)
    .optional()
    .describe('How long NoExecute is borne (default: for ever)'),
});

export const labelsSchema = z.record(z.string(), z.string().max(63)).meta({ maxProperties: 32 });

const labelExpression = z.object({
  key: z.string().min(1).max(316).describe('Of the label'),
  operator: z
    .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
    .describe('How the value of the label is held against values'),
  values: z.array(z.string().max(63)).max(64).optional().describe('With In and NotIn'),
});
export const labelSelectorSchema = z.object({
  matchLabels: labelsSchema.optional().describe('Labels it must have, with these values'),
  matchExpressions: z
    .array(labelExpression)
    .max(16)
    .optional()
    .describe('Further demands, all of which must be met'),
});
export type LabelSelector = z.infer<typeof labelSelectorSchema>;

/** A count or a percentage, e.g. 3 or "10%". */
export const countOrPercentSchema = z
  .union([z.int(), z.string().max(8)])
  // Without a bound the API server takes the rules over it for too costly.
  .meta({ 'x-kubernetes-int-or-string': true, maxLength: 8 });

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}
