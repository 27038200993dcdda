/**
 * The events: Suricata EVE JSON, one object a line (https://docs.suricata.io, "EVE JSON Format").
 *
 * Invariant: field names, nesting, units and spelling are Suricata 8's; what EVE does not know lives
 * under `netmoth`. Fields are only ever added: readers ignore what they do not know (loose objects),
 * and `netmoth.schema` carries the version of this file.
 */
import { z } from 'zod';
import {
  dhcpv6EventSchema,
  ftpDataEventSchema,
  ftpEventSchema,
  krb5EventSchema,
  mqttEventSchema,
  ntpEventSchema,
  sipEventSchema,
  smtpEventSchema,
  snmpEventSchema,
  sshEventSchema,
} from './eve-applications.ts';
import { count, eveTimestampSchema, fingerprint, header } from './eve-header.ts';
import { statsSchema } from './eve-stats.ts';

export * from './eve-applications.ts';
export {
  CONFIDENCES,
  confidenceSchema,
  etherSchema,
  eveTimestampSchema,
  FLOW_STATES,
  flowStateSchema,
  kubernetesEndSchema,
  netmothSchema,
  tunnelSchema,
} from './eve-header.ts';

/** Version of the event schema, written as `netmoth.schema` and in the `Netmoth-Schema` header. */
export const EVENT_SCHEMA_VERSION = 1;

export const EVENT_TYPES = [
  'alert',
  'flow',
  'dns',
  'tls',
  'http',
  'quic',
  'dhcp',
  'mdns',
  'fileinfo',
  'anomaly',
  'stats',
  'ssh',
  'smtp',
  'ftp',
  'ftp_data',
  'snmp',
  'sip',
  'mqtt',
  'dhcpv6',
  'krb5',
  'ntp',
  'packet',
] as const;
export const eventTypeSchema = z.enum(EVENT_TYPES);
export type EventType = z.infer<typeof eventTypeSchema>;

const tcpFlags = {
  tcp_flags: z.string().describe('Hexadecimal, both directions or-ed'),
  tcp_flags_ts: z.string(),
  tcp_flags_tc: z.string(),
  syn: z.boolean().optional(),
  fin: z.boolean().optional(),
  rst: z.boolean().optional(),
  psh: z.boolean().optional(),
  ack: z.boolean().optional(),
  urg: z.boolean().optional(),
  ecn: z.boolean().optional(),
  cwr: z.boolean().optional(),
  state: z.string().describe('none, syn_sent, syn_recv, established, fin_wait1, …, closed'),
  ts_gap: z.boolean().optional().describe('Bytes towards the server were missing'),
  tc_gap: z.boolean().optional().describe('Bytes towards the client were missing'),
  ts_max_regions: count.optional().describe('Pieces far apart that were held at a time'),
  tc_max_regions: count.optional(),
};

export const flowEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('flow'),
  flow: z.looseObject({
    pkts_toserver: count,
    pkts_toclient: count,
    bytes_toserver: count.describe('Captured frame lengths including the link layer'),
    bytes_toclient: count,
    start: eveTimestampSchema,
    end: eveTimestampSchema,
    age: count.describe('Whole seconds between start and end'),
    bypassed: z
      .looseObject({
        pkts_toserver: count,
        pkts_toclient: count,
        bytes_toserver: count,
        bytes_toclient: count,
      })
      .optional()
      .describe('Of the above, what was counted in the kernel and not looked at'),
    state: z.enum(['new', 'established', 'closed', 'bypassed']),
    bypass: z.literal('capture').optional().describe('With the state bypassed: by whom'),
    reason: z.enum(['timeout', 'forced', 'shutdown', 'tcp_reuse']),
    emergency: z.boolean().optional().describe('Ended because the flow table was full'),
    alerted: z.boolean(),
    action: z.literal('pass').optional().describe('A pass rule matched'),
  }),
  tcp: z.looseObject(tcpFlags).optional(),
});

const dnsAnswer = z.looseObject({
  rrname: z.string(),
  rrtype: z.string(),
  ttl: count,
  rdata: z.unknown().optional(),
});
const dnsBody = z.looseObject({
  version: z.int().optional(),
  type: z.enum(['query', 'answer', 'request', 'response']),
  id: z.int(),
  flags: z.string().optional(),
  qr: z.boolean().optional(),
  aa: z.boolean().optional(),
  tc: z.boolean().optional(),
  rd: z.boolean().optional(),
  ra: z.boolean().optional(),
  z: z.boolean().optional(),
  opcode: z.int().optional(),
  rcode: z.string().optional(),
  rrname: z.string().optional(),
  rrtype: z.string().optional(),
  tx_id: count.optional(),
  answers: z.array(dnsAnswer).optional(),
  authorities: z.array(dnsAnswer).optional(),
  additionals: z.array(dnsAnswer).optional(),
  grouped: z.record(z.string(), z.array(z.unknown())).optional(),
});
export const dnsEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('dns'),
  dns: dnsBody,
});
export const mdnsEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('mdns'),
  mdns: z.looseObject({}),
});

const tlsClient = z.looseObject({
  subject: z.string().optional(),
  issuerdn: z.string().optional(),
  serial: z.string().optional(),
  fingerprint: z.string().optional(),
  notbefore: z.string().optional(),
  notafter: z.string().optional(),
  certificate: z.string().optional(),
  chain: z.array(z.string()).optional(),
});
export const tlsEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('tls'),
  tls: z.looseObject({
    version: z.string().optional().describe('"TLS 1.2"; "UNDETERMINED" where no server answered'),
    sni: z.string().optional(),
    subject: z.string().optional(),
    issuerdn: z.string().optional(),
    serial: z.string().optional(),
    fingerprint: z.string().optional().describe('SHA-1 of the first certificate, colon-separated'),
    notbefore: z.string().optional().describe('2026-11-20T14:32:15'),
    notafter: z.string().optional(),
    subjectaltname: z.array(z.string()).optional(),
    session_resumed: z.boolean().optional(),
    certificate: z.string().optional().describe('Base 64 of the DER; asked for by tls.custom'),
    chain: z.array(z.string()).optional().describe('All of the chain; asked for by tls.custom'),
    client: tlsClient.optional().describe('The certificate the client showed'),
    client_alpns: z.array(z.string()).optional(),
    server_alpns: z.array(z.string()).optional(),
    ja3: fingerprint.optional(),
    ja3s: fingerprint.optional(),
    ja4: z.string().optional(),
  }),
});

export const httpEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('http'),
  http: z.looseObject({
    hostname: z.string().optional(),
    http_port: z.int().optional(),
    url: z.string().optional(),
    http_user_agent: z.string().optional(),
    http_content_type: z.string().optional(),
    http_refer: z.string().optional(),
    http_method: z.string().optional(),
    protocol: z.string().optional(),
    status: z.int().optional(),
    redirect: z.string().optional(),
    length: count.optional().describe('Bytes of the response body seen'),
  }),
});

export const quicEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('quic'),
  quic: z.looseObject({
    version: z.string().optional(),
    sni: z.string().optional(),
    ua: z.string().optional(),
    cyu: z.array(fingerprint).optional().describe("Of Google's own handshake"),
    ja3: fingerprint.optional(),
    ja3s: fingerprint.optional(),
    ja4: z.string().optional(),
    extensions: z
      .array(
        z.looseObject({
          name: z.string().optional(),
          type: z.int(),
          values: z.array(z.string()).optional(),
        }),
      )
      .optional(),
  }),
});

export const dhcpEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('dhcp'),
  dhcp: z.looseObject({
    type: z.string(),
    id: count.optional(),
    client_mac: z.string().optional(),
    assigned_ip: z.string().optional(),
    dhcp_type: z.string().optional(),
    hostname: z.string().optional(),
    requested_ip: z.string().optional(),
    lease_time: count.optional(),
  }),
});

export const fileinfoEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('fileinfo'),
  fileinfo: z.looseObject({
    filename: z.string().optional(),
    state: z.string(),
    stored: z.boolean(),
    size: count,
    tx_id: count.optional(),
  }),
});

export const alertEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('alert'),
  alert: z.looseObject({
    action: z.enum(['allowed', 'blocked']),
    gid: z.int(),
    signature_id: z.int(),
    rev: z.int(),
    signature: z.string(),
    category: z.string(),
    severity: z.int(),
    metadata: z.record(z.string(), z.array(z.string())).optional(),
  }),
});

export const anomalyEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('anomaly'),
  anomaly: z.looseObject({
    type: z
      .enum(['decode', 'stream', 'applayer', 'behaviour'])
      .describe('behaviour: of the manager, in live feeds alone'),
    event: z.string().describe('Suricata event name in lower case, e.g. decoder.ipv4.trunc_pkt'),
    layer: z.string().optional(),
    app_proto: z.string().optional(),
  }),
});

/** A packet that a rule's `tag` asks for; the one that raised the alert is in the alert. */
export const packetEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('packet'),
  packet: z.string().describe('Base 64'),
  packet_info: z.looseObject({ linktype: count, linktype_name: z.string().optional() }),
});

/** Counters since start; `capture` as Suricata spells it, the rest by the engine's own ledger. */
export const statsEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('stats'),
  stats: statsSchema,
});

export const eveEventSchema = z.discriminatedUnion('event_type', [
  alertEventSchema,
  flowEventSchema,
  dnsEventSchema,
  tlsEventSchema,
  httpEventSchema,
  quicEventSchema,
  dhcpEventSchema,
  mdnsEventSchema,
  fileinfoEventSchema,
  anomalyEventSchema,
  statsEventSchema,
  sshEventSchema,
  smtpEventSchema,
  ftpEventSchema,
  ftpDataEventSchema,
  snmpEventSchema,
  sipEventSchema,
  mqttEventSchema,
  dhcpv6EventSchema,
  krb5EventSchema,
  ntpEventSchema,
  packetEventSchema,
]);

export type FlowEvent = z.infer<typeof flowEventSchema>;
export type DnsEvent = z.infer<typeof dnsEventSchema>;
export type TlsEvent = z.infer<typeof tlsEventSchema>;
export type HttpEvent = z.infer<typeof httpEventSchema>;
export type QuicEvent = z.infer<typeof quicEventSchema>;
export type AlertEvent = z.infer<typeof alertEventSchema>;
export type AnomalyEvent = z.infer<typeof anomalyEventSchema>;
export type StatsEvent = z.infer<typeof statsEventSchema>;
export type EveEvent = z.infer<typeof eveEventSchema>;

/** Classes a batch of events travels in, most valuable first (spool evicts from the end). */
export const EVENT_CLASSES = ['alert', 'protocol', 'flow', 'stats'] as const;
export const eventClassSchema = z.enum(EVENT_CLASSES);
export type EventClass = z.infer<typeof eventClassSchema>;

/** Which class an event type travels in; `anomaly` counts as a protocol event. */
export const CLASS_OF_EVENT: Readonly<Record<EventType, EventClass>> = {
  alert: 'alert',
  flow: 'flow',
  dns: 'protocol',
  tls: 'protocol',
  http: 'protocol',
  quic: 'protocol',
  dhcp: 'protocol',
  mdns: 'protocol',
  fileinfo: 'protocol',
  anomaly: 'protocol',
  stats: 'stats',
  ssh: 'protocol',
  smtp: 'protocol',
  ftp: 'protocol',
  ftp_data: 'protocol',
  snmp: 'protocol',
  sip: 'protocol',
  mqtt: 'protocol',
  dhcpv6: 'protocol',
  krb5: 'protocol',
  ntp: 'protocol',
  packet: 'protocol',
};
