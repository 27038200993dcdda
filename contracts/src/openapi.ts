/**
 * The OpenAPI 3.1 document, made of ROUTES.
 *
 * Invariant: it depends on the contracts alone, so the same sources always give the same bytes.
 */
import type { z } from 'zod';
import { type JsonSchema, jsonSchemaOf, jsonSchemasOf, nameSchemas } from './json-schema.ts';
import { liveClientMessageSchema, liveServerMessageSchema } from './live.ts';
import { reportedSchema } from './nats.ts';
import * as rest from './rest.ts';
import * as analysis from './rest-analysis.ts';
import * as notifications from './rest-notifications.ts';
import { deviceProfileSchema } from './rest-profile.ts';
import * as signatures from './rest-signatures.ts';
import * as topology from './rest-topology.ts';
import type { Route } from './route.ts';
import { EXPORT_MEDIA, ROUTES } from './routes.ts';

const COMPONENTS_PREFIX = '#/components/schemas/';

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: JsonSchema;
  };
  readonly [key: string]: unknown;
}

const ROW_NAMES: Readonly<Record<rest.ListName, string>> = {
  flows: 'Flow',
  dns: 'Dns',
  tls: 'Tls',
  http: 'Http',
  alerts: 'Alert',
  anomalies: 'Anomaly',
  devices: 'Device',
};

const SIGNATURE_NAMES: readonly (readonly [z.ZodType, string])[] = [
  [signatures.signatureOverviewSchema, 'SignatureOverview'],
  [signatures.signatureSetSchema, 'SignatureSet'],
  [signatures.signatureSetDetailSchema, 'SignatureSetDetail'],
  [signatures.signatureSetRequestSchema, 'SignatureSetRequest'],
  [signatures.signatureVersionSchema, 'SignatureVersion'],
  [signatures.listOptionsSchema, 'SignatureListOptions'],
  [signatures.signatureFileSchema, 'SignatureFile'],
  [signatures.signatureOverrideSchema, 'SignatureOverride'],
  [signatures.overrideRequestSchema, 'SignatureOverrideRequest'],
  [signatures.thresholdSchema, 'SignatureThreshold'],
  [signatures.ruleRowSchema, 'SignatureRuleRow'],
  [signatures.ruleDetailSchema, 'SignatureRuleDetail'],
  [signatures.faultRowSchema, 'SignatureFaultRow'],
  [signatures.hitRowSchema, 'SignatureHitRow'],
  [signatures.changeRowSchema, 'SignatureChangeRow'],
];

/** Schemas with a name, in the order of the document. Pages and answers find theirs by identity. */
function namedSchemas(): Map<z.ZodType, string> {
  const names = new Map<z.ZodType, string>();
  for (const [list, { row }] of Object.entries(rest.LISTS)) {
    const name = ROW_NAMES[list as rest.ListName];
    names.set(row, `${name}Row`);
    const answer = ROUTES.find((route) => route.path === `${rest.API_PREFIX}/${list}`)?.answer;
    if (answer !== undefined) names.set(answer, `${name}Page`);
  }
  names.set(rest.bandwidthSchema, 'Bandwidth');
  names.set(rest.topSchema, 'Top');
  names.set(rest.eventCountsSchema, 'EventCounts');
  names.set(rest.sensorsSchema, 'Sensors');
  names.set(reportedSchema, 'SensorReport');
  names.set(rest.healthSchema, 'Health');
  names.set(rest.partHealthSchema, 'PartHealth');
  names.set(rest.readinessSchema, 'Readiness');
  names.set(rest.loginSchema, 'Login');
  names.set(rest.sessionSchema, 'Session');
  names.set(rest.passwordChangeSchema, 'PasswordChange');
  names.set(rest.tokenRequestSchema, 'TokenRequest');
  names.set(rest.tokenInfoSchema, 'TokenInfo');
  names.set(rest.tokenCreatedSchema, 'TokenCreated');
  names.set(rest.tokensSchema, 'Tokens');
  names.set(notifications.channelSchema, 'NotificationChannel');
  names.set(notifications.channelRequestSchema, 'NotificationChannelRequest');
  names.set(notifications.silenceSchema, 'Silence');
  names.set(analysis.beaconRowSchema, 'Beacon');
  names.set(analysis.privacyRowSchema, 'PrivacyReport');
  names.set(analysis.anomalyStatusSchema, 'AnomalyStatusRequest');
  names.set(deviceProfileSchema, 'DeviceProfile');
  names.set(topology.topologySchema, 'Topology');
  names.set(topology.topologyNodeSchema, 'TopologyNode');
  names.set(topology.topologyEdgeSchema, 'TopologyEdge');
  for (const [schema, name] of SIGNATURE_NAMES) names.set(schema, name);
  names.set(rest.errorBodySchema, 'Error');
  names.set(liveClientMessageSchema, 'LiveClientMessage');
  names.set(liveServerMessageSchema, 'LiveServerMessage');
  return names;
}

export function openApiDocument(): OpenApiDocument {
  const names = namedSchemas();
  const components = jsonSchemasOf(
    nameSchemas(Object.fromEntries([...names].map(([schema, name]) => [name, schema]))),
    COMPONENTS_PREFIX,
  );
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of ROUTES) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method.toLowerCase()] = operation(route, names);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Netmoth',
      version: 'v1',
      description:
        'Flows, DNS, TLS, HTTP, alerts and statistics of the networks that Netmoth watches.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: rest.SESSION_COOKIE },
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'nm_…' },
      },
    },
  };
}

function operation(route: Route, names: ReadonlyMap<z.ZodType, string>): JsonSchema {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBodyOf(route, names),
    responses: responsesOf(route, names),
    security: securityOf(route.auth),
  };
}

function requestBodyOf(
  { body, bodyMedia }: Route,
  names: ReadonlyMap<z.ZodType, string>,
): JsonSchema {
  const content = {
    ...(body === undefined ? {} : { 'application/json': { schema: refOrInline(body, names) } }),
    ...(bodyMedia === undefined
      ? {}
      : { [bodyMedia]: { schema: { type: 'string', format: 'binary' } } }),
  };
  return Object.keys(content).length === 0 ? {} : { requestBody: { required: true, content } };
}

function securityOf(auth: Route['auth']): JsonSchema[] {
  if (auth === 'none') return [];
  return auth === 'session' ? [{ session: [] }] : [{ session: [] }, { token: [] }];
}

function responsesOf(route: Route, names: ReadonlyMap<z.ZodType, string>): JsonSchema {
  const content: JsonSchema = {};
  if (route.answer !== undefined) {
    content['application/json'] = { schema: refOrInline(route.answer, names) };
  }
  for (const media of route.media ?? []) {
    const perRow = media === EXPORT_MEDIA[1] ? 'One JSON row a line' : 'Text';
    content[media] = { schema: { type: 'string', description: perRow } };
  }
  const fault = (description: string): JsonSchema => ({
    description,
    content: { 'application/json': { schema: { $ref: `${COMPONENTS_PREFIX}Error` } } },
  });
  return {
    [route.status]: {
      description: route.summary,
      ...(Object.keys(content).length > 0 ? { content } : {}),
    },
    ...(route.query || route.params || route.body ? { 400: fault('A value is wrong') } : {}),
    ...(route.auth === 'none' ? {} : { 401: fault('Not logged in') }),
    ...(route.path === '/readyz'
      ? { 503: { description: 'A part is degraded or down', content } }
      : {}),
    default: fault('Every other fault'),
  };
}

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query'): JsonSchema[] {
  if (schema === undefined) return [];
  const { properties, required = [] } = jsonSchemaOf(schema) as {
    properties: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function refOrInline(schema: z.ZodType, names: ReadonlyMap<z.ZodType, string>): JsonSchema {
  const name = names.get(schema);
  if (name !== undefined) return { $ref: `${COMPONENTS_PREFIX}${name}` };
  const { $schema: _, ...inline } = jsonSchemaOf(schema);
  return inline;
}
