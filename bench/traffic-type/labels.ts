/**
 * nDPI's names of applications as kinds of traffic: the truth that the decision table is measured by.
 *
 * Invariant: a name that does not settle the kind (a company, a cloud, a bare DTLS) maps to undefined and
 * is left out of the measurement, whatever the table says of it; plain HTTP, TLS and QUIC are web.
 */
import type { TrafficType } from '#manager/enrich/traffic-type.ts';

const BY_APPLICATION: Readonly<Partial<Record<TrafficType, string>>> = {
  streaming:
    'NetFlix YouTube YouTubeUpload 1kxun iQIYI Dazn DisneyPlus Hulu AmazonVideo Vimeo IFLIX Zattoo Pandora Deezer SoundCloud LastFM Twitch YandexMusic MpegDash HLS AppleiTunes TikTok Likee Spotify RTMP RTSP',
  gaming:
    'Playstation Xbox ElectronicArts GaijinEntertainment CoD_Mobile RiotGames Roblox Activision GeForceNow Steam',
  call: 'SignalVoip TelegramVoip GoogleCall GoogleMeet FacebookVoip SnapchatCall Zoom SD-RTN Fuze AdobeConnect STUN SIP RTP WhatsAppCall',
  messaging:
    'Signal Telegram WhatsApp WhatsAppFiles FacebookMessenger KakaoTalk QQ Discord GoogleChat Slack DingTalk Line ApplePush IRC XMPP',
  mail: 'SMTP SMTPS IMAP IMAPS POP3 POPS Outlook YandexMail GMail',
  file_transfer:
    'FTP_CONTROL FTP_DATA BitTorrent Gnutella MS_OneDrive GoogleDrive Dropbox YandexDisk UbuntuONE SMBv1 SMBv23 NFS TFTP RSYNC',
  software_update: 'WindowsUpdate PlayStore AppleStore',
  dns: 'DNS MDNS LLMNR NetBIOS DoH_DoT DNScrypt',
  iot_telemetry: 'AmazonAlexa SSDP collectd Munin MQTT COAP SNMP Syslog Zabbix NTP DHCP DHCPV6',
  remote_access: 'SSH RDP AnyDesk TeamViewer VNC Telnet',
  vpn: 'OperaVPN TunnelBear NordVPN SurfShark ProtonVPN CloudflareWarp Psiphon OpenVPN IPSec WireGuard HotspotShield',
  web: 'HTTP TLS QUIC OCSP ntop Pinterest Tumblr Wikipedia CNN Bloomberg eBay Pastebin Mastodon Bluesky Github GitLab AccuWeather LinkedIn Pluralsight SOAP JSON-RPC',
};

const KINDS: ReadonlyMap<string, TrafficType> = new Map(
  Object.entries(BY_APPLICATION).flatMap(([kind, names]) =>
    names.split(' ').map((name): [string, TrafficType] => [name, kind as TrafficType]),
  ),
);

/** `TLS.NetFlix` → streaming; undefined: not settled. */
export function kindOfLabel(label: string): TrafficType | undefined {
  const parts = label.split(/[./]/);
  const [protocol] = parts;
  // Whoever is asked for: it is name resolution.
  if (protocol === 'DNS') return 'dns';
  return KINDS.get(parts.at(-1) ?? '');
}
