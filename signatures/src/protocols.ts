/**
 * Protocols a rule header may name.
 *
 * Invariant: an application protocol knows its transports; a packet protocol has none.
 */

export const PACKET_PROTOCOLS: readonly string[] = [
  'ip',
  'any',
  'ipv4',
  'ip4',
  'ipv6',
  'ip6',
  'tcp',
  'tcp-pkt',
  'tcp-stream',
  'udp',
  'icmp',
  'icmpv4',
  'icmpv6',
  'sctp',
  'pkthdr',
  'ether',
  'arp',
];

const TCP = ['tcp'] as const;
const UDP = ['udp'] as const;
const BOTH = ['tcp', 'udp'] as const;

export const APPLICATION_PROTOCOLS: ReadonlyMap<string, readonly ('tcp' | 'udp')[]> = new Map<
  string,
  readonly ('tcp' | 'udp')[]
>([
  ['http', TCP],
  ['http1', TCP],
  ['http2', TCP],
  ['doh2', TCP],
  ['tls', TCP],
  ['ssl', TCP],
  ['ftp', TCP],
  ['ftp-data', TCP],
  ['smb', TCP],
  ['dns', BOTH],
  ['mdns', UDP],
  ['dcerpc', BOTH],
  ['ssh', TCP],
  ['smtp', TCP],
  ['imap', TCP],
  ['pop3', TCP],
  ['modbus', TCP],
  ['enip', BOTH],
  ['dnp3', TCP],
  ['nfs', BOTH],
  ['ntp', UDP],
  ['tftp', UDP],
  ['ike', UDP],
  ['ikev2', UDP],
  ['krb5', BOTH],
  ['snmp', UDP],
  ['sip', BOTH],
  ['rfb', TCP],
  ['mqtt', TCP],
  ['pgsql', TCP],
  ['telnet', TCP],
  ['websocket', TCP],
  ['ldap', BOTH],
  ['rdp', TCP],
  ['bittorrent-dht', UDP],
  ['dhcp', UDP],
  ['quic', UDP],
]);

export const PROTOCOL_NAMES: readonly string[] = [
  ...PACKET_PROTOCOLS,
  ...APPLICATION_PROTOCOLS.keys(),
];

/** Protocols that carry one another: a rule for the first sees buffers of the others. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  http: ['http', 'http1', 'http2', 'doh2', 'websocket'],
  http1: ['http', 'http1'],
  http2: ['http', 'http2', 'doh2'],
  doh2: ['doh2', 'http', 'http2', 'dns'],
  ssl: ['tls'],
  ikev2: ['ike'],
  dcerpc: ['dcerpc', 'smb'],
  smb: ['smb', 'dcerpc'],
};

/** Whether a rule for `protocol` can meet a buffer of one of `owners` (none: any protocol's). */
export function canMeet(protocol: string, owners: readonly string[]): boolean {
  if (owners.length === 0) return true;
  if (!APPLICATION_PROTOCOLS.has(protocol)) return packetCanMeet(protocol, owners);
  const family = FAMILIES[protocol] ?? [protocol];
  return owners.some((owner) => family.includes(owner));
}

function packetCanMeet(protocol: string, owners: readonly string[]): boolean {
  if (['ip', 'any', 'ipv4', 'ip4', 'ipv6', 'ip6', 'pkthdr'].includes(protocol)) return true;
  const transport = protocol.startsWith('tcp') ? 'tcp' : protocol;
  return owners.some((owner) => {
    const transports: readonly string[] = APPLICATION_PROTOCOLS.get(owner) ?? [];
    return transports.includes(transport);
  });
}
