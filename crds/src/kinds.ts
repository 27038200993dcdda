/**
 * The three kinds as CustomResourceDefinitions: names, columns of `kubectl get`, schema.
 *
 * Invariant: one version, stored and served; a field once released is never taken away or narrowed.
 */
import type { z } from 'zod';
import { explained } from './explained.ts';
import type { CelRule } from './kubernetes-types.ts';
import { type API_VERSION, GROUP, type ObjectMeta, VERSION } from './kubernetes-types.ts';
import type { SensorStatus } from './sensor.ts';
import {
  SENSOR_NAME_RULE,
  type SensorSpec,
  sensorSpecSchema,
  sensorStatusSchema,
} from './sensor.ts';
import {
  type SensorNodeSpec,
  type SensorNodeStatus,
  sensorNodeSpecSchema,
  sensorNodeStatusSchema,
} from './sensor-node.ts';
import {
  type SignatureSetSpec,
  type SignatureSetStatus,
  signatureSetSpecSchema,
  signatureSetStatusSchema,
} from './signature-set.ts';
import { type StructuralSchema, structuralSchema } from './structural-schema.ts';

interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  /** Above 0: only with -o wide. */
  readonly priority?: number;
}

export interface KindDefinition {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly Column[];
  /** Rules over the whole object, its name included. */
  readonly rules?: readonly CelRule[];
}

const kAge: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** The reason of the condition, for -o wide. */
function reasonOf(type: string): Column {
  const jsonPath = `.status.conditions[?(@.type=="${type}")].reason`;
  return { name: 'Reason', type: 'string', jsonPath, priority: 1 };
}

export const SENSOR: KindDefinition = {
  kind: 'NetmothSensor',
  plural: 'netmothsensors',
  shortName: 'nms',
  description:
    'A sensor on every node that is chosen: what it captures, within which bounds, and how it is rolled out.',
  spec: sensorSpecSchema,
  status: sensorStatusSchema,
  rules: [SENSOR_NAME_RULE],
  columns: [
    { name: 'Desired', type: 'integer', jsonPath: '.status.desired' },
    { name: 'Ready', type: 'integer', jsonPath: '.status.ready' },
    { name: 'Reporting', type: 'integer', jsonPath: '.status.reporting' },
    { name: 'Degraded', type: 'integer', jsonPath: '.status.degraded' },
    { name: 'Loss', type: 'string', jsonPath: '.status.loss' },
    { name: 'Signatures', type: 'string', jsonPath: '.status.signatures' },
    { ...reasonOf('Available') },
    kAge,
  ],
};

export const SIGNATURE_SET: KindDefinition = {
  kind: 'SignatureSet',
  plural: 'signaturesets',
  shortName: 'sigset',
  description: 'Rules, and how a new revision of them reaches the sensors.',
  spec: signatureSetSpecSchema,
  status: signatureSetStatusSchema,
  columns: [
    { name: 'Target', type: 'string', jsonPath: '.status.target' },
    { name: 'Current', type: 'string', jsonPath: '.status.current' },
    { name: 'Active', type: 'integer', jsonPath: '.status.active' },
    { name: 'Failed', type: 'integer', jsonPath: '.status.failed' },
    { name: 'Step', type: 'string', jsonPath: '.status.step' },
    {
      name: 'Available',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Available")].status',
    },
    { ...reasonOf('Progressing') },
    kAge,
  ],
};

export const SENSOR_NODE: KindDefinition = {
  kind: 'NetmothSensorNode',
  plural: 'netmothsensornodes',
  shortName: 'nmn',
  description: "What one node's sensor has loaded, captures and loses; written by the operator.",
  spec: sensorNodeSpecSchema,
  status: sensorNodeStatusSchema,
  columns: [
    { name: 'Node', type: 'string', jsonPath: '.spec.node' },
    { name: 'Sensor', type: 'string', jsonPath: '.spec.sensor' },
    { name: 'Reporting', type: 'string', jsonPath: '.status.reporting' },
    { name: 'Loss', type: 'string', jsonPath: '.status.loss' },
    { name: 'Signatures', type: 'string', jsonPath: '.status.signatures' },
    { ...reasonOf('CaptureHealthy') },
    kAge,
  ],
};

export const KINDS: readonly KindDefinition[] = [SENSOR, SIGNATURE_SET, SENSOR_NODE];

export interface Resource<Spec, Status> {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  readonly status?: Status;
}
export type NetmothSensor = Resource<SensorSpec, SensorStatus>;
export type SignatureSet = Resource<SignatureSetSpec, SignatureSetStatus>;
export type NetmothSensorNode = Resource<SensorNodeSpec, SensorNodeStatus>;

/** The CustomResourceDefinition of a kind, as the API server takes it. */
export function definitionOf(kind: KindDefinition): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Cluster',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [kind.shortName],
        categories: ['netmoth'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
          schema: { openAPIV3Schema: schemaOf(kind) },
        },
      ],
    },
  };
}

function schemaOf({ description, spec, status, rules }: KindDefinition): StructuralSchema {
  return {
    type: 'object',
    description,
    required: ['spec'],
    ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { description: 'What is wanted', ...explained(structuralSchema(spec)) },
      status: { description: 'What is; written by the operator', ...structuralSchema(status) },
    },
  };
}
