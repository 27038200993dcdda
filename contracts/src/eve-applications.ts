/**
 * EVE events of protocols that few packets are of: remote shells, mail, files, management, telephony, time.
 * Invariants: those of eve.ts, which exports these too.
 */
import { z } from 'zod';
import { count, eveTimestampSchema, fingerprint, header, port } from './eve-header.ts';

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
