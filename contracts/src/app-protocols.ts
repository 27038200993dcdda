/**
 * Application protocols by the names of EVE's app_proto, as the engine knows them.
 *
 * Invariant: the same list as native/src/protocols/app_proto.cc (a test compares).
 */
export const APP_PROTOCOLS = [
  'bittorrent',
  'bittorrent-dht',
  'dhcp',
  'dhcpv6',
  'dns',
  'dtls',
  'ftp',
  'ftp-data',
  'http',
  'http2',
  'imap',
  'krb5',
  'ldap',
  'llmnr',
  'mdns',
  'mqtt',
  'netbios-ns',
  'ntp',
  'pop3',
  'quic',
  'rdp',
  'rtp',
  'sip',
  'smb',
  'smtp',
  'snmp',
  'socks',
  'ssdp',
  'ssh',
  'stun',
  'telnet',
  'tls',
  'websocket',
  'wireguard',
  'xmpp',
] as const;
export type AppProtocol = (typeof APP_PROTOCOLS)[number];
