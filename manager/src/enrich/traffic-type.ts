/**
 * What kind of traffic a flow is: a decision table, first row that fits.
 *
 * Invariants: a pure function of the flow; every answer names the row that gave it, so that a person can
 * look the reason up (docs/enrichment.md holds the table as it stands here; a test compares). Measured by
 * bench/traffic-type on labelled captures.
 */
export const TRAFFIC_TYPES = [
  'web',
  'streaming',
  'gaming',
  'call',
  'file_transfer',
  'mail',
  'messaging',
  'software_update',
  'dns',
  'iot_telemetry',
  'remote_access',
  'vpn',
  'scan',
  'unknown',
] as const;
export type TrafficType = (typeof TRAFFIC_TYPES)[number];

export interface TrafficFacts {
  /** IANA keyword, as in EVE. */
  readonly proto: string;
  readonly appProto: string | undefined;
  /** netmoth.application of the engine. */
  readonly application: string | undefined;
  /** netmoth.application_category of the engine. */
  readonly category: string | undefined;
  readonly domain: string | null;
  readonly srcPort: number;
  readonly destPort: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly packetsToServer: number;
  readonly packetsToClient: number;
  readonly seconds: number;
  /** netmoth.flow_state */
  readonly flowState: string | undefined;
  /** Octets of payload of the first packets that have any; below 0 to the client. */
  readonly sizes: readonly number[];
  readonly gapsUs: readonly number[];
}

export interface TrafficRule {
  /** Names the row in events; never used twice, never given another meaning. */
  readonly id: string;
  readonly type: TrafficType;
  readonly reason: string;
  readonly fits: (flow: TrafficFacts) => boolean;
}

export interface TrafficVerdict {
  readonly type: TrafficType;
  readonly rule: string;
}

const oneOf = (...values: readonly string[]) => {
  const set: ReadonlySet<string> = new Set(values);
  return (value: string | undefined): boolean => value !== undefined && set.has(value);
};
const app = (...names: readonly string[]) => {
  const has = oneOf(...names);
  return (flow: TrafficFacts): boolean => has(flow.appProto);
};
const application = (...names: readonly string[]) => {
  const has = oneOf(...names);
  return (flow: TrafficFacts): boolean => has(flow.application);
};
const category = (...names: readonly string[]) => {
  const has = oneOf(...names);
  return (flow: TrafficFacts): boolean => has(flow.category);
};
const maySpeakAnything = oneOf('tls', 'dtls');
/**
 * A port says something only where the protocol was not recognised, or may carry any other. Either end:
 * where the beginning was not seen the ends may stand the wrong way round.
 */
const port = (proto: string | undefined, ...ports: readonly number[]) => {
  const set: ReadonlySet<number> = new Set(ports);
  return (flow: TrafficFacts): boolean =>
    (proto === undefined || flow.proto === proto) &&
    (flow.appProto === undefined || maySpeakAnything(flow.appProto)) &&
    (set.has(flow.destPort) || (set.has(flow.srcPort) && flow.destPort >= kEphemeral));
};
const isAnyones = oneOf('cdn', 'cloud');
/** A word in a name says something only where the service is not known by it, or serves anybody. */
const named = (pattern: RegExp) => (flow: TrafficFacts) =>
  flow.domain !== null &&
  (flow.category === undefined || isAnyones(flow.category)) &&
  pattern.test(flow.domain);
const isProto = (...names: readonly string[]) => {
  const has = oneOf(...names);
  return (flow: TrafficFacts): boolean => has(flow.proto);
};
const any =
  (...conditions: readonly TrafficRule['fits'][]) =>
  (flow: TrafficFacts): boolean =>
    conditions.some((fits) => fits(flow));

const kEphemeral = 1024;
const kMiB = 1024 * 1024;
/** Below this many packets with payload a rhythm says nothing. */
const kRhythmPackets = 8;
const isWebBorne = app('http', 'http2', 'tls', 'quic', 'websocket');

export const TRAFFIC_RULES: readonly TrafficRule[] = [
  {
    id: 'dns.protocol',
    type: 'dns',
    reason: 'Name resolution: DNS, mDNS, LLMNR, NetBIOS names',
    fits: any(app('dns', 'mdns', 'llmnr', 'netbios-ns'), port(undefined, 53, 137, 853, 5353, 5355)),
  },
  {
    id: 'dns.service',
    type: 'dns',
    reason: 'A resolver by its name: DNS over HTTPS, TLS or QUIC, DNSCrypt',
    fits: any(category('dns'), named(/(^|\.)(doh|dot|dns(-?crypt)?|resolver\d?)([.-]|$)/)),
  },
  {
    id: 'scan.no-answer',
    type: 'scan',
    reason: 'TCP attempts that were refused or not answered, without payload',
    fits: (flow) => flow.proto === 'TCP' && flow.sizes.length === 0 && isAttempt(flow),
  },
  {
    id: 'vpn.service',
    type: 'vpn',
    reason: 'A VPN provider by its name',
    // The word says what the service is for, whosever it is.
    fits: any(
      category('vpn'),
      ({ domain }) => domain !== null && /(^|[.-])vpn\d*([.-]|$)|vpn\.(com|net|org)$/.test(domain),
    ),
  },
  {
    id: 'vpn.protocol',
    type: 'vpn',
    reason: 'WireGuard, OpenVPN, IPsec, L2TP, PPTP, DTLS to port 443',
    fits: any(
      app('wireguard'),
      (flow) => flow.appProto === 'dtls' && flow.destPort === 443,
      isProto('ESP', 'AH', 'GRE'),
      port('UDP', 500, 4500, 1194, 1701, 51820),
      port('TCP', 1194, 1723),
    ),
  },
  {
    id: 'remote.protocol',
    type: 'remote_access',
    reason: 'SSH, Telnet, RDP, VNC, X11, WinRM',
    fits: any(
      app('ssh', 'telnet', 'rdp'),
      port('TCP', 22, 23, 3389, 5900, 5901, 5938, 5985, 5986, 6000, 7070),
      port('UDP', 3389),
    ),
  },
  {
    id: 'remote.service',
    type: 'remote_access',
    reason: 'A remote desktop service by its name',
    fits: category('remote-access'),
  },
  {
    id: 'mail.protocol',
    type: 'mail',
    reason: 'SMTP, IMAP, POP3 and their encrypted ports',
    fits: any(app('smtp', 'imap', 'pop3'), port('TCP', 25, 110, 143, 465, 587, 993, 995)),
  },
  {
    id: 'mail.service',
    type: 'mail',
    reason: 'A mail service by its name',
    fits: any(category('email'), named(/^(web)?mail\d*\.|^(imap|smtp|pop3?|mx\d*)\./)),
  },
  {
    id: 'call.service',
    type: 'call',
    reason: 'A service for calls by its name',
    fits: any(category('video-call'), named(/(^|[.-])(voip|turn|stun|webrtc)\d*([.-]|$)/)),
  },
  {
    id: 'game.service',
    type: 'gaming',
    reason: 'A game or its platform by its name',
    fits: category('game'),
  },
  {
    id: 'update.service',
    type: 'software_update',
    reason: 'Updates and app stores by their name',
    fits: any(
      category('os-update'),
      named(/(^|[.-])(windows)?updates?\d*([.-]|$)|^(deb|security|archive|mirrors?)\.[a-z]+\.org$/),
    ),
  },
  {
    id: 'messaging.service',
    type: 'messaging',
    reason: 'A messenger by its name, push services among them',
    fits: any(category('messaging'), application('Slack', 'Microsoft Teams', 'Mattermost')),
  },
  {
    id: 'stream.service',
    type: 'streaming',
    reason: 'Video or music by the name of the service',
    fits: any(
      category('streaming', 'music'),
      named(/(^|[.-])(video|vod|stream(ing)?|hls|dash|media|audio|radio|tv)\d*([.-]|$)/),
    ),
  },
  {
    id: 'file.service',
    type: 'file_transfer',
    reason: 'Storage of files by the name of the service',
    fits: category('file-sharing'),
  },
  {
    id: 'iot.service',
    type: 'iot_telemetry',
    reason: 'The maker of devices by name, MQTT brokers',
    fits: any(category('devices'), named(/(^|[.-])(mqtt|iot|telemetry|alexa)\d*([.-]|$)/)),
  },
  {
    id: 'call.protocol',
    type: 'call',
    reason: 'SIP, RTP, STUN, DTLS between browsers',
    fits: any(
      app('sip', 'rtp', 'stun', 'dtls'),
      port('UDP', 3478, 5060, 19302),
      port('TCP', 3478, 5060, 5061, 5349),
    ),
  },
  {
    id: 'file.protocol',
    type: 'file_transfer',
    reason: 'FTP, SMB, NFS, TFTP, rsync, BitTorrent',
    fits: any(
      app('ftp', 'ftp-data', 'smb', 'bittorrent', 'bittorrent-dht'),
      port('TCP', 20, 21, 139, 445, 548, 873, 2049, 6881),
      port('UDP', 69, 138, 2049, 6881),
    ),
  },
  {
    id: 'messaging.protocol',
    type: 'messaging',
    reason: 'XMPP, IRC, push channels of phones',
    fits: any(app('xmpp'), port('TCP', 5222, 5223, 5228, 6667, 6697)),
  },
  {
    id: 'iot.protocol',
    type: 'iot_telemetry',
    reason:
      'Devices that report, announce and configure themselves: MQTT, CoAP, SSDP, SNMP, syslog, NTP, DHCP',
    fits: any(
      app('mqtt', 'ssdp', 'snmp', 'ntp', 'dhcp', 'dhcpv6'),
      port('UDP', 67, 68, 123, 161, 162, 514, 546, 547, 1900, 5683, 8125, 25826),
      port('TCP', 1883, 4949, 8883, 10050, 10051),
      isProto('ICMP', 'IPv6-ICMP', 'IGMP'),
    ),
  },
  {
    id: 'game.port',
    type: 'gaming',
    reason: 'Ports of game servers: Steam, Xbox, Minecraft, PlayStation',
    fits: any(
      (flow) => flow.proto === 'UDP' && flow.destPort >= 27_000 && flow.destPort <= 27_050,
      port('UDP', 3074, 3479, 3480, 3659, 19132),
      port('TCP', 3074, 25565),
    ),
  },
  {
    id: 'stream.port',
    type: 'streaming',
    reason: 'RTSP, RTMP',
    fits: port('TCP', 554, 1935, 8554),
  },
  {
    id: 'call.rhythm',
    type: 'call',
    reason: 'Datagrams both ways, of steady size, every 5 to 60 ms',
    fits: (flow) => flow.proto === 'UDP' && flow.appProto !== 'quic' && hasRhythm(flow),
  },
  {
    id: 'file.upload',
    type: 'file_transfer',
    reason: 'Over 1 MiB sent, ten times what came back',
    fits: (flow) => flow.bytesToServer > kMiB && flow.bytesToServer > 10 * flow.bytesToClient,
  },
  {
    id: 'stream.volume',
    type: 'streaming',
    reason: 'Over 8 MiB received during at least 20 s, thirty times what was sent',
    fits: (flow) =>
      isWebBorne(flow) &&
      flow.bytesToClient > 8 * kMiB &&
      flow.seconds >= 20 &&
      flow.bytesToClient > 30 * flow.bytesToServer,
  },
  {
    id: 'web.protocol',
    type: 'web',
    reason: 'HTTP, TLS or QUIC, nothing above fits',
    fits: any(isWebBorne, port(undefined, 80, 443, 8080, 8443)),
  },
];

const BY_ID: ReadonlyMap<string, TrafficRule> = new Map(TRAFFIC_RULES.map((r) => [r.id, r]));
const UNKNOWN: TrafficVerdict = { type: 'unknown', rule: 'none' };
const VERDICTS: ReadonlyMap<TrafficRule, TrafficVerdict> = new Map(
  TRAFFIC_RULES.map((rule) => [rule, { type: rule.type, rule: rule.id }]),
);

export function trafficType(flow: TrafficFacts): TrafficVerdict {
  for (const rule of TRAFFIC_RULES) if (rule.fits(flow)) return VERDICTS.get(rule) ?? UNKNOWN;
  return UNKNOWN;
}

/** In words, for a person; undefined where the row is of another version. */
export function trafficReason(rule: string): string | undefined {
  if (rule === UNKNOWN.rule) return 'No row of the table fits';
  if (rule === 'model') return 'A model, where the table has no more than a last resort';
  return BY_ID.get(rule)?.reason;
}

function isAttempt({ flowState, packetsToServer, packetsToClient }: TrafficFacts): boolean {
  if (flowState === 'NEW' || flowState === 'SYN_SENT') return true;
  return flowState === 'CLOSED' && packetsToServer <= 2 && packetsToClient <= 1;
}

/** Speech and video in datagrams: both sides send, often and evenly. */
function hasRhythm({ sizes, gapsUs }: TrafficFacts): boolean {
  if (sizes.length < kRhythmPackets) return false;
  const out = sizes.filter((size) => size > 0).length;
  if (out < 2 || out > sizes.length - 2) return false;
  const lengths = sizes.map(Math.abs).sort((a, b) => a - b);
  const middle = lengths[lengths.length >> 1] ?? 0;
  if (middle < 40 || (lengths.at(-1) ?? 0) > 1300) return false;
  const gaps = gapsUs.slice(1).sort((a, b) => a - b);
  const gap = gaps[gaps.length >> 1] ?? 0;
  return gap >= 2_500 && gap <= 60_000;
}
