/**
 * Configuration of the C++ engine as every part hands it over: units in names, every bound explicit.
 *
 * Invariant: these defaults are the only ones; C++ receives a complete, checked object.
 */
import { z } from 'zod';
import { APP_PROTOCOLS } from './app-protocols.ts';

/** Seconds without a packet after which a flow of that protocol and state ends. */
export const flowTimeoutsSchema = z.strictObject({
  tcpNewSeconds: z.int().min(1).max(86_400).default(60),
  tcpEstablishedSeconds: z.int().min(1).max(86_400).default(600),
  tcpClosedSeconds: z.int().min(0).max(86_400).default(60),
  udpNewSeconds: z.int().min(1).max(86_400).default(30),
  udpEstablishedSeconds: z.int().min(1).max(86_400).default(300),
  icmpSeconds: z.int().min(1).max(86_400).default(30),
  otherSeconds: z.int().min(1).max(86_400).default(30),
});

/** While the flow table is full; Suricata's flow.emergency-recovery and flow-timeouts.*.emergency-*. */
export const flowEmergencySchema = z.strictObject({
  recoveryPercent: z
    .int()
    .min(1)
    .max(100)
    .default(30)
    .describe('Of the places, free again: then the emergency is over'),
  tcpNewSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(5)
    .describe('In an emergency the shorter one of the two timeouts counts'),
  tcpEstablishedSeconds: z.int().min(0).max(86_400).default(100),
  tcpClosedSeconds: z.int().min(0).max(86_400).default(10),
  udpNewSeconds: z.int().min(0).max(86_400).default(10),
  udpEstablishedSeconds: z.int().min(0).max(86_400).default(100),
  icmpSeconds: z.int().min(0).max(86_400).default(10),
  otherSeconds: z.int().min(0).max(86_400).default(10),
});

/** What fileinfo events say; the digests and the magic cost time for every file. */
export const fileSettingsSchema = z.strictObject({
  events: z
    .boolean()
    .default(true)
    .describe('Write fileinfo events; without them bodies are counted, never decoded'),
  md5: z.boolean().default(false).describe('MD5 of every file'),
  sha1: z.boolean().default(false).describe('SHA-1 of every file'),
  sha256: z.boolean().default(false).describe('SHA-256 of every file'),
  magic: z.boolean().default(false).describe("Each file's type as libmagic names it"),
});

/** Members of `tls`, by the names of Suricata's eve-log setting tls.custom. */
export const TLS_FIELDS = [
  'subject',
  'issuer',
  'session_resumed',
  'serial',
  'fingerprint',
  'sni',
  'version',
  'not_before',
  'not_after',
  'certificate',
  'chain',
  'subjectaltname',
  'client',
  'client_certificate',
  'client_chain',
  'client_alpns',
  'server_alpns',
  'ja3',
  'ja3s',
  'ja4',
] as const;

/** Suricata's settings of alert events. */
export const alertConfigSchema = z.strictObject({
  payload: z.boolean().default(false).describe('What matched, in base 64'),
  payloadPrintable: z.boolean().default(false).describe('The same, what is no text as dots'),
  payloadLength: z.boolean().default(false),
  packet: z.boolean().default(false).describe('The packet, in base 64'),
  metadata: z.boolean().default(true).describe('Metadata of the rule'),
  verdict: z.boolean().default(false),
  rule: z.boolean().default(false).describe('The text of the rule, where the bundle has it'),
  taggedPackets: z
    .boolean()
    .default(true)
    .describe('Packets that a tag asks for, as packet events'),
  httpBody: z
    .boolean()
    .default(false)
    .describe('Bodies of HTTP/1 that are known by then, in base 64'),
  httpBodyPrintable: z.boolean().default(false).describe('The same, what is no text as dots'),
});

/** What of Suricata's EVE is optional. */
export const eveConfigSchema = z.strictObject({
  communityId: z.boolean().default(true).describe('community_id in events of flows'),
  communityIdSeed: z
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('The same on all sensors whose events are compared'),
  ethernet: z.boolean().default(false).describe('MAC addresses, in ether'),
  flowProfile: z
    .boolean()
    .default(true)
    .describe('How flows began, in flow events: first sizes and gaps, SYN, MAC addresses'),
  tlsFields: z
    .array(z.enum(TLS_FIELDS))
    .max(TLS_FIELDS.length)
    .default([])
    .describe('Members of tls; none: all but certificates in base 64'),
  httpExtended: z.boolean().default(true).describe('All members of http, not the first alone'),
  certificateSha256: z
    .boolean()
    .default(false)
    .describe('netmoth.certificate_sha256 in tls events'),
  alert: alertConfigSchema.default(alertConfigSchema.parse({})),
});

/** Whose octets count where IP fragments overlap, by Suricata's names. */
export const DEFRAG_POLICIES = [
  'first',
  'last',
  'bsd',
  'bsd-right',
  'linux',
  'solaris',
  'windows',
] as const;

/** Whose octets count where TCP segments overlap, by the names of Suricata's host-os-policy. */
export const OVERLAP_POLICIES = [
  'linux',
  'bsd',
  'bsd-right',
  'old-linux',
  'solaris',
  'hpux10',
  'hpux11',
  'irix',
  'macos',
  'windows',
  'windows2k3',
  'vista',
  'first',
  'last',
] as const;

const network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);

/** "10.0.0.0/8=windows": the receivers of a network and their policy, for fragments and segments. */
const hostPolicy = z.string().refine((text) => {
  const [host, policy, ...rest] = text.split('=');
  const known = OVERLAP_POLICIES.some((name) => name === policy);
  return known && rest.length === 0 && network.safeParse(host).success;
}, 'expected NETWORK=POLICY, e.g. 10.0.0.0/8=windows');

const switchedProtocol = z.templateLiteral([z.enum(APP_PROTOCOLS), z.enum(['', '/tcp', '/udp'])]);

export const engineConfigSchema = z.strictObject({
  maxFlows: z
    .int()
    .min(64)
    .max(4_194_304)
    .default(100_000)
    .describe('Flows a worker keeps; when all places are taken it is an emergency'),
  reassemblyMiB: z
    .int()
    .min(1)
    .max(65_536)
    .default(64)
    .describe('Memory for TCP data that is out of order or not acknowledged yet, per worker'),
  defragMiB: z
    .int()
    .min(1)
    .max(4096)
    .default(16)
    .describe('Memory for IP fragments whose datagram has holes, per worker'),
  defragPolicy: z
    .enum(DEFRAG_POLICIES)
    .default('linux')
    .describe('Whose octets count where IP fragments overlap'),
  sessionMiB: z
    .int()
    .min(1)
    .max(65_536)
    .default(128)
    .describe('Memory for the state of protocol parsers and streams, per worker'),
  ruleStreamMiB: z
    .int()
    .min(1)
    .max(65_536)
    .default(32)
    .describe(
      'Memory for TCP data that waits for rules to look at it, per worker; beyond it they look early',
    ),
  decompressionMiB: z
    .int()
    .min(1)
    .max(4096)
    .default(64)
    .describe('Memory to decompress HTTP bodies in, per worker; beyond it they stay compressed'),
  disabledProtocols: z
    .array(switchedProtocol)
    .max(256)
    .default([])
    .describe('Protocols not looked for: names of app_proto; dns/tcp means over TCP alone'),
  timeouts: flowTimeoutsSchema.default(flowTimeoutsSchema.parse({})),
  emergency: flowEmergencySchema.default(flowEmergencySchema.parse({})),
  files: fileSettingsSchema.default(fileSettingsSchema.parse({})),
  checksums: z
    .enum(['validate', 'ignore'])
    .default('validate')
    .describe('validate: segments with a wrong TCP checksum do not reach the parsers'),
  overlapPolicy: z
    .enum(OVERLAP_POLICIES)
    .default('linux')
    .describe('Whose octets count where TCP segments overlap'),
  hostPolicies: z
    .array(hostPolicy)
    .max(4096)
    .default([])
    .describe('Both for the receivers of a network: 10.0.0.0/8=windows; the longest prefix counts'),
  midstream: z.boolean().default(false).describe('Parse TCP connections whose start was not seen'),
  midstreamTls: z
    .boolean()
    .default(true)
    .describe('Parse TLS from a ClientHello on, although the start of the connection was not seen'),
  asyncOneside: z
    .boolean()
    .default(false)
    .describe('Parse TCP connections of which only one direction is captured'),
  dnsCacheEntries: z
    .int()
    .min(128)
    .max(16_777_216)
    .default(65_536)
    .describe('DNS answers kept to name connections by, for all workers together'),
  ruleStateEntries: z
    .int()
    .min(1024)
    .max(16_777_216)
    .default(65_536)
    .describe('Bits and rates that rules keep of hosts, for all workers together'),
  packetAlertMax: z
    .int()
    .min(0)
    .max(255)
    .default(15)
    .describe('Alerts told of one packet; the others are counted. 0: 15, as Suricata takes it'),
  dnsVersion: z.union([z.literal(2), z.literal(3)]).default(2),
  eve: eveConfigSchema.default(eveConfigSchema.parse({})),
  snapLength: z.int().min(64).max(262_144).default(65_535),
  statsIntervalSeconds: z.int().min(1).max(3_600).default(10),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Threads that read a capture file, each with tables of its own; capture has its own'),
});
export type EngineConfig = z.infer<typeof engineConfigSchema>;

const optionalShape = Object.fromEntries(
  Object.entries(engineConfigSchema.shape).map(([key, schema]) => {
    return [key, (schema instanceof z.ZodDefault ? schema.unwrap() : schema).optional()];
  }),
);
/** Some of its keys, of which those that are not named are not filled in. */
export const engineWishSchema = z.strictObject(optionalShape) as unknown as z.ZodType<
  Partial<EngineConfig>
>;

/** What a running engine changes without a restart. */
export const LIVE_ENGINE_KEYS = [
  'timeouts',
  'disabledProtocols',
  'dnsVersion',
  'statsIntervalSeconds',
] as const satisfies readonly (keyof EngineConfig)[];
export type LiveEngineConfig = Pick<EngineConfig, (typeof LIVE_ENGINE_KEYS)[number]>;

/** Ways to capture live; each falls back to the next that works, with its reason in the status. */
export const CAPTURE_STRATEGIES = ['auto', 'afPacket', 'ebpf', 'pcap', 'afXdp'] as const;

/** Of a Linux interface, with its end: IFNAMSIZ. */
const INTERFACE_NAME_MAX = 15;

/** "eth0", "eth0,eth1", "veth*", "default". */
const interfaceNames = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => {
    const words = text.split(',').map((word) => word.trim());
    return words.every((word) => word !== '' && word.length <= INTERFACE_NAME_MAX);
  }, `expected names of at most ${INTERFACE_NAME_MAX} characters, separated by commas`)
  .describe('Names, patterns with * and ?, `default` (the default route), separated by commas');

/** Live capture: the interfaces, and how packets are taken off them. */
export const captureConfigSchema = z.strictObject({
  interface: interfaceNames,
  strategy: z
    .enum(CAPTURE_STRATEGIES)
    .default('auto')
    .describe('How packets are taken; auto: the best that works here'),
  bpfFilter: z
    .string()
    .max(4096)
    .optional()
    .describe('pcap-filter(7) syntax, applied in the kernel'),
  promiscuous: z.boolean().default(true),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Fanout threads, each with a ring and a table'),
  ringSizeMiB: z
    .int()
    .min(1)
    .max(4096)
    .default(64)
    .describe('Ring memory per worker and interface'),
  shunt: z
    .boolean()
    .default(true)
    .describe(
      'Packets of flows that nobody wants more of are counted in the kernel and stay there',
    ),
  shed: z
    .boolean()
    .default(true)
    .describe('With more to do than can be done, leave out the least first and say so'),
  pcapLibrary: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('A libpcap to load for the strategy pcap, as PF_RING and DAG cards bring one'),
  afXdpForce: z
    .boolean()
    .optional()
    .describe('afXdp also on interfaces with the host’s own traffic, which it takes away'),
});
export type CaptureConfig = z.infer<typeof captureConfigSchema>;

/** Replay of a capture file: at its own pace times `speed`, or as fast as can be read. */
export const replayConfigSchema = z.strictObject({
  path: z.string().min(1),
  speed: z.union([z.number().positive().max(1000), z.literal('max')]).default(1),
  rebaseTime: z
    .boolean()
    .default(true)
    .describe('Move time stamps so that the first packet is seen now'),
});
export type ReplayConfig = z.infer<typeof replayConfigSchema>;
