/**
 * The events: Suricata EVE JSON, one object a line (https://docs.suricata.io, "EVE JSON Format").
 *
 * Invariant: field names, nesting, units and spelling are Suricata 8's; what EVE does not know lives
 * under `netmoth`. Fields are only ever added: readers ignore what they do not know (loose objects),
 * and `netmoth.schema` carries the version of this file.
 */
import { z } from 'zod';

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
] as const;
export const eventTypeSchema = z.enum(EVENT_TYPES);
export type EventType = z.infer<typeof eventTypeSchema>;

/** `2026-11-20T14:32:15.123456+0000`: microseconds, UTC offset without colon, as Suricata writes it. */
export const eveTimestampSchema = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d{4}$/)
  .describe('Time of the packet, microseconds, e.g. 2026-11-20T14:32:15.123456+0000');

const port = z.int().min(0).max(65535);
const count = z.int().min(0);

/** The states of the flow table's machine (netmoth.flow_state). */
export const FLOW_STATES = [
  'NEW',
  'SYN_SENT',
  'ESTABLISHED',
  'ACTIVE',
  'CLOSING',
  'CLOSED',
] as const;
export const flowStateSchema = z.enum(FLOW_STATES);

/**
 * How sure it is that the client meant `domain`. high: it resolved the address by this name alone, or
 * the connection says the name itself; medium: several names lead there; low: the answer had expired,
 * was another client's, or is a PTR.
 */
export const CONFIDENCES = ['high', 'medium', 'low'] as const;
export const confidenceSchema = z.enum(CONFIDENCES);

/** Against the time of the packets and the name that was asked for; trust is not judged. */
const certificateFindings = z.array(
  z.enum(['expired', 'not_yet_valid', 'self_signed', 'name_mismatch']),
);

/** What Netmoth adds to EVE; every field optional because each event type carries its own. */
export const netmothSchema = z.looseObject({
  schema: z.int().min(1),
  flow_state: flowStateSchema.optional(),
  domain: z.string().optional().describe('Name the client resolved before it connected'),
  resolved_at: eveTimestampSchema.optional().describe('When the answer was seen'),
  confidence: confidenceSchema.optional().describe('Of the DNS correlation, with `domain`'),
  application: z.string().optional().describe('In flow, tls, http and quic events; or "unknown"'),
  application_category: z.string().optional(),
  traffic_type: z.string().optional(),
  response_time_us: z
    .int()
    .optional()
    .describe('In dns answers: microseconds since the question of the same flow'),
  unsolicited: z.boolean().optional().describe('In dns answers: no such question was seen'),
  certificate: certificateFindings.optional().describe('In tls events: what is wrong with it'),
  certificate_sha256: z.string().optional().describe('SHA-256 of the first, on demand'),
  client_certificate: certificateFindings.optional(),
  client_certificate_sha256: z.string().optional(),
  encrypted_client_hello: z
    .enum(['outer', 'inner', 'esni'])
    .optional()
    .describe('The hello carries one, perhaps GREASE: sni is then the outer name'),
  early_data: z.boolean().optional().describe('The client announced 0-RTT data'),
  retry: z.boolean().optional().describe('The server made the client begin again'),
});

/** Identity of the two ends, added by the manager from the cluster's own objects. */
export const kubernetesEndSchema = z.looseObject({
  namespace: z.string().optional(),
  pod: z.string().optional(),
  workload: z.string().optional(),
  node: z.string().optional(),
});

/** MAC addresses, where configured: of the packet, or in flow events all the flow was seen with. */
export const etherSchema = z.looseObject({
  src_mac: z.string().optional(),
  dest_mac: z.string().optional(),
  src_macs: z.array(z.string()).optional(),
  dest_macs: z.array(z.string()).optional(),
});

/** The outermost packet around a tunnelled one; in flow events around the flow's first. */
export const tunnelSchema = z.looseObject({
  src_ip: z.string(),
  src_port: port,
  dest_ip: z.string(),
  dest_port: port,
  proto: z.string(),
  depth: z.int().min(1).describe('Tunnels around the packet'),
  pcap_cnt: count.optional(),
  pkt_src: z.string(),
});

/** The fields every packet-born event starts with, in the order in which the engine writes them. */
const header = {
  timestamp: eveTimestampSchema,
  flow_id: z
    .int()
    .min(0)
    .optional()
    .describe('At most 2^53 - 1; the same for all events of a flow'),
  in_iface: z.string().optional(),
  vlan: z.array(z.int().min(0).max(4095)).optional(),
  src_ip: z.string().optional(),
  src_port: port.optional(),
  dest_ip: z.string().optional(),
  dest_port: port.optional(),
  proto: z
    .string()
    .optional()
    .describe('IANA keyword (TCP, UDP, ICMP, IPv6-ICMP, SCTP, GRE …) or the protocol number'),
  ip_v: z.union([z.literal(4), z.literal(6)]).optional(),
  icmp_type: z.int().optional(),
  icmp_code: z.int().optional(),
  app_proto: z.string().optional(),
  pcap_cnt: count.optional(),
  tx_id: count.optional(),
  pkt_src: z
    .string()
    .optional()
    .describe('wire/pcap, vxlan encapsulation, defrag …; of the packet'),
  community_id: z.string().optional().describe('Community ID v1, seed 0 unless configured'),
  ether: etherSchema.optional(),
  tunnel: tunnelSchema.optional(),
  netmoth: netmothSchema.optional(),
  kubernetes: z
    .looseObject({ src: kubernetesEndSchema.optional(), dest: kubernetesEndSchema.optional() })
    .optional(),
};

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
    state: z.enum(['new', 'established', 'closed', 'bypassed']),
    reason: z.enum(['timeout', 'forced', 'shutdown', 'tcp_reuse']),
    alerted: z.boolean(),
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

const fingerprint = z.looseObject({ hash: z.string(), string: z.string() });
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

const sshSide = z.looseObject({
  proto_version: z.string().describe('"2.0"; "1.99" speaks 1.5 too'),
  software_version: z.string().optional().describe('"OpenSSH_9.6"'),
  hassh: fingerprint.optional().describe('HASSH of this side: MD5 and the lists it is made of'),
});
export const sshEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('ssh'),
  ssh: z.looseObject({ client: sshSide.optional(), server: sshSide.optional() }),
});

/** A mail's head as it stands there, unfolded and otherwise as it was written. */
const emailSchema = z.looseObject({
  status: z
    .enum(['HEADER_STARTED', 'BODY_STARTED', 'PARSE_DONE', 'PARSE_ERROR'])
    .describe('How far the mail was read; PARSE_ERROR where parts of it are missing'),
  from: z.string().optional(),
  to: z.array(z.string()).optional(),
  cc: z.array(z.string()).optional(),
  attachment: z.array(z.string()).optional().describe('File names'),
  url: z.array(z.string()).optional().describe('In texts, without http:// or https://'),
  reply_to: z.string().optional(),
  bcc: z.array(z.string()).optional(),
  message_id: z.string().optional(),
  subject: z.string().optional(),
  x_mailer: z.string().optional(),
  user_agent: z.string().optional(),
  date: z.string().optional(),
});
export const smtpEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('smtp'),
  smtp: z.looseObject({
    helo: z.string().optional().describe('What the client called itself, of the session'),
    mail_from: z.string().optional().describe('With its angle brackets'),
    rcpt_to: z.array(z.string()).optional(),
  }),
  email: emailSchema.optional(),
});

export const ftpEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('ftp'),
  ftp: z.looseObject({
    command: z.string().optional().describe('Upper case; none: a reply that nobody asked for'),
    command_data: z.string().optional().describe('Also of PASS, as Suricata writes it'),
    command_truncated: z.boolean().optional(),
    completion_code: z.array(z.string()).optional().describe('Of each line of the replies'),
    reply: z.array(z.string()).optional(),
    dynamic_port: port.optional().describe('Where the data connection will go'),
    mode: z.enum(['active', 'passive']).optional(),
    reply_received: z.enum(['yes', 'no']),
    reply_truncated: z.boolean(),
  }),
});

export const ftpDataEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('ftp_data'),
  ftp_data: z.looseObject({
    filename: z.string().optional(),
    command: z.string().describe('RETR, STOR, STOU or APPE'),
  }),
});

export const snmpEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('snmp'),
  snmp: z.looseObject({
    version: z.int().min(1).max(3).describe('2 is v2c'),
    pdu_type: z.string().optional().describe('get_request, response, trap_v2, …; or "encrypted"'),
    error: z.string().optional(),
    trap_type: z.string().optional(),
    trap_oid: z.string().optional(),
    trap_address: z.string().optional(),
    vars: z.array(z.string()).optional().describe('Object identifiers of the variables'),
    community: z.string().optional(),
    usm: z.string().optional().describe('User of version 3'),
  }),
});

const ntpStamp = (what: string) =>
  eveTimestampSchema
    .optional()
    .describe(`${what}; in the NTP era that puts it within 68 years of the capture`);

/** Suricata has no ntp event. Control and private messages have only the first two and their own object. */
export const ntpEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('ntp'),
  ntp: z.looseObject({
    version: z.int().min(1).max(4),
    mode: z
      .enum([
        'reserved',
        'symmetric_active',
        'symmetric_passive',
        'client',
        'server',
        'broadcast',
        'control',
        'private',
      ])
      .describe('RFC 5905, figure 10'),
    leap_indicator: z
      .int()
      .min(0)
      .max(3)
      .optional()
      .describe('1: last minute has 61 s, 2: 59 s, 3: clock not synchronised'),
    stratum: z.int().min(0).max(255).optional().describe('0: none or kiss-o’-death, 1: primary'),
    poll: z.int().min(-128).max(127).optional().describe('Interval, log2 of seconds'),
    precision: z.int().min(-128).max(127).optional().describe('Of the clock, log2 of seconds'),
    root_delay_ms: z.number().optional().describe('Round trip to the reference clock'),
    root_dispersion_ms: z.number().optional().describe('Dispersion to the reference clock'),
    reference_id: z
      .string()
      .optional()
      .describe(
        'Letters (GPS, RATE, …) at stratum 0 and 1, else IPv4 address or MD5 of an IPv6 one',
      ),
    reference_timestamp: ntpStamp('The clock was last set'),
    origin_timestamp: ntpStamp('The request left the client'),
    receive_timestamp: ntpStamp('The request reached the server'),
    transmit_timestamp: ntpStamp('This message left its sender'),
    extensions: z.int().min(1).optional().describe('Number of extension fields (RFC 7822)'),
    key_id: count.optional().describe('Of the message authentication code, where there is one'),
    control: z
      .looseObject({
        response: z.boolean(),
        error: z.boolean(),
        opcode: z.int().min(0).max(31).describe('RFC 9327: 2 is read variables'),
        sequence: count,
        association_id: count,
      })
      .optional()
      .describe('Of mode 6'),
    private: z
      .looseObject({
        response: z.boolean(),
        implementation: count.describe('2 and 3: ntpd'),
        request_code: count.describe('20 and 42: monlist'),
      })
      .optional()
      .describe('Of mode 7, which belongs to ntpd'),
  }),
});

/** A session description in a SIP body: values of its lines as they stand there (RFC 8866). */
const sdpMedia = {
  connection_data: z.string().optional(),
  bandwidths: z.array(z.string()).optional(),
  encryption_key: z.string().optional(),
  attributes: z.array(z.string()).optional(),
};
const sdpSchema = z.looseObject({
  origin: z.string().optional(),
  session_name: z.string().optional(),
  session_info: z.string().optional(),
  uri: z.string().optional(),
  email: z.string().optional(),
  phone_number: z.string().optional(),
  time_descriptions: z
    .array(z.looseObject({ time: z.string(), repeat_time: z.string().optional() }))
    .optional(),
  timezone: z.string().optional(),
  ...sdpMedia,
  media_descriptions: z
    .array(z.looseObject({ media: z.string(), media_info: z.string().optional(), ...sdpMedia }))
    .optional(),
});
export const sipEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('sip'),
  sip: z.looseObject({
    method: z.string().optional(),
    uri: z.string().optional(),
    version: z.string().optional().describe('SIP/2.0'),
    request_line: z.string().optional(),
    code: z.string().optional().describe('Of a response, e.g. "200"'),
    reason: z.string().optional(),
    response_line: z.string().optional(),
    sdp: sdpSchema.optional(),
  }),
});

const mqttPacket = z.looseObject({
  qos: z.int().min(0).max(3),
  retain: z.boolean(),
  dup: z.boolean(),
  message_id: z.int().optional(),
  reason_code: z.int().optional().describe('MQTT 5'),
  properties: z.looseObject({}).optional().describe('MQTT 5, by name; user properties too'),
  truncated: z.boolean().optional().describe('Too long: nothing but the header was read'),
  skipped_length: count.optional(),
});
/** One member for each packet of an exchange: connect and connack, publish and its answers, …. */
export const mqttEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('mqtt'),
  mqtt: z.looseObject({
    connect: mqttPacket
      .extend({
        protocol_string: z.string().optional(),
        protocol_version: z.int().optional().describe('3, 4 (3.1.1) or 5'),
        client_id: z.string().optional(),
        username: z.string().optional().describe('Passwords are never written'),
      })
      .optional(),
    connack: mqttPacket
      .extend({ session_present: z.boolean().optional(), return_code: z.int().optional() })
      .optional(),
    publish: mqttPacket
      .extend({
        topic: z.string().optional(),
        message: z.string().optional().describe('Its first 1,024 octets'),
      })
      .optional(),
    subscribe: mqttPacket
      .extend({ topics: z.array(z.looseObject({ topic: z.string(), qos: z.int() })).optional() })
      .optional(),
    unsubscribe: mqttPacket.extend({ topics: z.array(z.string()).optional() }).optional(),
    suback: mqttPacket.extend({ qos_granted: z.array(z.int()).optional() }).optional(),
  }),
});

const dhcpv6Status = {
  status_code: z.int().optional(),
  status_message: z.string().optional(),
};
const dhcpv6Lease = {
  preferred_lifetime: count.describe('Seconds'),
  valid_lifetime: count.describe('Seconds'),
  ...dhcpv6Status,
};
const dhcpv6Association = z.looseObject({
  iaid: count,
  renewal_time: count.optional().describe('Seconds'),
  rebinding_time: count.optional().describe('Seconds'),
  addresses: z.array(z.looseObject({ address: z.string(), ...dhcpv6Lease })).optional(),
  prefixes: z
    .array(z.looseObject({ prefix: z.string(), length: z.int(), ...dhcpv6Lease }))
    .optional(),
  ...dhcpv6Status,
});
export const dhcpv6EventSchema = z.looseObject({
  ...header,
  event_type: z.literal('dhcpv6'),
  dhcpv6: z.looseObject({
    type: z.string().describe('Of the innermost message: solicit, advertise, request, reply, …'),
    id: count.describe('Transaction'),
    client_duid: z.string().optional(),
    client_mac: z.string().optional().describe('Where the DUID holds an Ethernet address'),
    server_duid: z.string().optional(),
    hostname: z.string().optional().describe('Client FQDN'),
    elapsed_ms: count.optional(),
    rapid_commit: z.boolean().optional(),
    requested_options: z.array(z.int()).optional(),
    vendor_enterprise: count.optional(),
    vendor_class_identifier: z.string().optional(),
    ia_na: z.array(dhcpv6Association).optional(),
    ia_ta: z.array(dhcpv6Association).optional(),
    ia_pd: z.array(dhcpv6Association).optional(),
    dns_servers: z.array(z.string()).optional(),
    domain_search: z.array(z.string()).optional(),
    ...dhcpv6Status,
    relays: z
      .array(
        z.looseObject({
          hop_count: count,
          link_address: z.string(),
          peer_address: z.string(),
          interface_id: z.string().optional(),
          client_mac: z.string().optional(),
        }),
      )
      .optional()
      .describe('Relay agents the message came through, outermost first'),
  }),
});

export const krb5EventSchema = z.looseObject({
  ...header,
  event_type: z.literal('krb5'),
  krb5: z.looseObject({
    msg_type: z.string().describe('KRB_AS_REP, KRB_TGS_REP or KRB_ERROR'),
    failed_request: z.string().optional(),
    error_code: z.string().optional(),
    cname: z.string(),
    realm: z.string(),
    sname: z.string(),
    encryption: z.string(),
    weak_encryption: z.boolean(),
    ticket_encryption: z.string().optional(),
    ticket_weak_encryption: z.boolean().optional(),
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
    type: z.enum(['decode', 'stream', 'applayer']),
    event: z.string().describe('Suricata event name in lower case, e.g. decoder.ipv4.trunc_pkt'),
    layer: z.string().optional(),
    app_proto: z.string().optional(),
  }),
});

/** Counters since start; `capture` as Suricata spells it, the rest by the engine's own ledger. */
export const statsEventSchema = z.looseObject({
  ...header,
  event_type: z.literal('stats'),
  stats: z.looseObject({
    uptime: count,
    capture: z.looseObject({ kernel_packets: count, kernel_drops: count }),
    decoder: z.looseObject({ pkts: count, bytes: count, invalid: count }),
    flow: z.looseObject({ total: count, active: count, evicted: count }),
    defrag: z
      .looseObject({
        fragments: count,
        reassembled: count,
        timeouts: count,
        evicted: count,
        refused: count,
        overlaps: count,
        duplicates: count,
      })
      .optional()
      .describe('IP fragments, and what became of their datagrams'),
    dns_cache: z
      .looseObject({
        entries: count,
        answers: count,
        evicted: count,
        refused: count,
        lookups: count,
        hits: count,
      })
      .optional()
      .describe('Names of connections by the DNS answers before them'),
    expectations: z
      .looseObject({ announced: count, matched: count, expired: count, evicted: count })
      .optional()
      .describe('Data connections that FTP announced, and what became of them'),
  }),
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
};
