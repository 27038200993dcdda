/**
 * What EVE events have in common: the fields they start with, Netmoth's own object, and the types that their
 * schemas are made of.
 */
import { z } from 'zod';

/** `2026-11-20T14:32:15.123456+0000`: microseconds, UTC offset without colon, as Suricata writes it. */
export const eveTimestampSchema = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d{4}$/)
  .describe('Time of the packet, microseconds, e.g. 2026-11-20T14:32:15.123456+0000');

export const port = z.int().min(0).max(65535);
export const count = z.int().min(0);

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
  sampled: count
    .optional()
    .describe('In flow events: it stands for so many, it began while there was too much to do'),
  first_sizes: z
    .array(z.int())
    .max(12)
    .optional()
    .describe(
      'In flow events: octets of payload of its first packets that have any; below 0: to the client',
    ),
  first_gaps_us: z.array(z.int()).max(12).optional().describe('Microseconds before each of them'),
  syn: z
    .looseObject({
      ttl: count,
      window: count,
      mss: count.optional(),
      scale: count.optional(),
      df: z.boolean().optional(),
      ecn: z.boolean().optional(),
      options: z.array(count).describe('Kinds of TCP options in their order'),
    })
    .optional()
    .describe('In flow events: the SYN of the client'),
  dhcp_parameters: z
    .array(count)
    .optional()
    .describe('In dhcp events: options the client asks for, by number in its order'),
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
  service: z.string().optional().describe('The address is that of a service'),
  host_network: z
    .boolean()
    .optional()
    .describe('The address is the node’s: which of its processes it was is not known'),
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
export const header = {
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

export const fingerprint = z.looseObject({ hash: z.string(), string: z.string() });
