/**
 * JSON Schema of the contracts, as other programs read it.
 *
 * Invariant: the schemas describe what a reader must accept: fields are only ever added, so objects
 * stay open unless their zod schema is strict.
 */
import { z } from 'zod';
import * as eve from './eve.ts';

export type JsonSchema = Record<string, unknown>;

/** Formats say it all; zod's own patterns beside them are unreadable. */
function simplify(schema: JsonSchema): void {
  if (typeof schema['format'] === 'string') delete schema['pattern'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
}

/** One schema, with the named ones inside it as `$defs`. */
export function jsonSchemaOf(schema: z.ZodType, named?: Named): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    ...(named === undefined ? {} : { metadata: named }),
    override: ({ jsonSchema }) => simplify(jsonSchema),
  }) as JsonSchema;
}

export type Named = ReturnType<typeof nameSchemas>;

/** Schemas that get a name of their own wherever they are used. */
export function nameSchemas(schemas: Readonly<Record<string, z.ZodType>>) {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  return registry;
}

/** All named schemas, which point at each other by `prefix` and name. */
export function jsonSchemasOf(named: Named, prefix: string): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(named, {
    io: 'input',
    uri: (id) => `${prefix}${id}`,
    override: ({ jsonSchema }) => simplify(jsonSchema),
  }) as { schemas: Record<string, JsonSchema> };
  for (const schema of Object.values(schemas)) {
    delete schema['$schema'];
    delete schema['$id'];
  }
  return schemas;
}

/** JSON Schema of one EVE line. */
export function eveJsonSchema(): JsonSchema {
  const named = nameSchemas({
    AlertEvent: eve.alertEventSchema,
    FlowEvent: eve.flowEventSchema,
    DnsEvent: eve.dnsEventSchema,
    TlsEvent: eve.tlsEventSchema,
    HttpEvent: eve.httpEventSchema,
    QuicEvent: eve.quicEventSchema,
    DhcpEvent: eve.dhcpEventSchema,
    MdnsEvent: eve.mdnsEventSchema,
    FileinfoEvent: eve.fileinfoEventSchema,
    AnomalyEvent: eve.anomalyEventSchema,
    StatsEvent: eve.statsEventSchema,
    SshEvent: eve.sshEventSchema,
    SmtpEvent: eve.smtpEventSchema,
    FtpEvent: eve.ftpEventSchema,
    FtpDataEvent: eve.ftpDataEventSchema,
    SnmpEvent: eve.snmpEventSchema,
    SipEvent: eve.sipEventSchema,
    MqttEvent: eve.mqttEventSchema,
    DhcpV6Event: eve.dhcpv6EventSchema,
    Krb5Event: eve.krb5EventSchema,
    NtpEvent: eve.ntpEventSchema,
    Netmoth: eve.netmothSchema,
    KubernetesEnd: eve.kubernetesEndSchema,
  });
  return {
    ...jsonSchemaOf(eve.eveEventSchema, named),
    title: `Netmoth EVE event, schema version ${eve.EVENT_SCHEMA_VERSION}`,
    description:
      'One line of Suricata EVE JSON as Netmoth writes it. Readers ignore unknown fields.',
  };
}
