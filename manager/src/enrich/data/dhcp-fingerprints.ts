/**
 * Which systems ask a DHCP server for which options, in this order (option 55, RFC 2132), and the words of
 * the vendor class (option 60).
 *
 * Licence: Netmoth's own work. Written from public facts: the clients' sources and default configuration
 * (ISC dhclient.conf of Debian and Fedora, dhcpcd, systemd-networkd, NetworkManager, BusyBox udhcpc, lwIP,
 * Android's DhcpClient) and the makers' documentation. Invariant: an order stands here once.
 */
export interface DhcpFingerprint {
  readonly os: string;
  readonly detail: string;
  readonly parameters: string;
}

const row = (os: string, detail: string, parameters: string): DhcpFingerprint => ({
  ...{ os, detail, parameters },
});

export const DHCP_FINGERPRINTS: readonly DhcpFingerprint[] = [
  row('Windows', '10, 11', '1,3,6,15,31,33,43,44,46,47,119,121,249,252'),
  row('Windows', '8.1, 10', '1,3,6,15,31,33,43,44,46,47,121,249,252'),
  row('Windows', '7, 8', '1,15,3,6,44,46,47,31,33,121,249,252,43'),
  row('Windows', 'Vista, 7', '1,15,3,6,44,46,47,31,33,121,249,43'),
  row('Windows', 'XP', '1,15,3,6,44,46,47,31,33,249,43'),
  row('Windows', '2000', '1,15,3,6,44,46,47,31,33,43'),
  row('macOS', '10.5 to 10.11', '1,3,6,15,119,95,252,44,46'),
  row('macOS', '10.12 to 10.15', '1,121,3,6,15,119,252,95,44,46'),
  row('macOS', '11 and later', '1,121,3,6,15,114,119,252,95,44,46'),
  row('macOS', '12 and later', '1,121,3,6,15,108,114,119,252,95,44,46'),
  row('iOS', 'to 9', '1,3,6,15,119,252'),
  row('iOS', '7 to 13', '1,121,3,6,15,119,252'),
  row('iOS', '14', '1,121,3,6,15,114,119,252'),
  row('iOS', '15 and later', '1,121,3,6,15,108,114,119,252'),
  row('Android', '2', '1,121,33,3,6,28,51,58,59'),
  row('Android', '4', '1,33,3,6,15,28,51,58,59'),
  row('Android', '4 to 5', '1,33,3,6,15,26,28,51,58,59'),
  row('Android', '6 to 10', '1,3,6,15,26,28,51,58,59,43'),
  row('Android', '11', '1,3,6,15,26,28,51,58,59,43,114'),
  row('Android', '12 and later', '1,3,6,15,26,28,51,58,59,43,114,108'),
  row('Linux', 'dhclient of Debian', '1,28,2,3,15,6,119,12,44,47,26,121,42'),
  row('Linux', 'dhclient', '1,28,2,3,15,6,12'),
  row('Linux', 'dhclient of Fedora', '1,28,2,121,15,6,12,40,41,42,26,119,3,121,249,252,42'),
  row('Linux', 'NetworkManager', '1,2,6,12,15,26,28,121,3,33,40,41,42,119,249,252,17'),
  row('Linux', 'dhcpcd', '1,121,33,3,6,12,15,26,28,42,51,54,58,59,119'),
  row('Linux', 'dhcpcd', '1,121,33,3,6,12,15,28,42,51,54,58,59,119'),
  row('Linux', 'systemd-networkd', '1,3,6,12,15,26,33,42,119,120,121'),
  row('ChromeOS', '', '1,121,33,3,6,12,15,26,28,51,54,58,59,119,252'),
  row('embedded', 'BusyBox udhcpc', '1,3,6,12,15,28,42'),
  row('embedded', 'BusyBox udhcpc', '1,3,6,12,15,17,28,40,41,42'),
  row('embedded', 'lwIP', '1,3,28,6'),
  row('embedded', 'lwIP of ESP8266', '1,3,28,6,15,44,46,47,31,33,121,43'),
  row('embedded', 'HP JetDirect', '6,3,1,15,66,67,13,44,12'),
  row('embedded', 'HP JetDirect', '6,3,1,15,66,67,13,44,12,81,252'),
  row('embedded', 'Cisco IP phone', '1,66,6,3,15,150,35'),
  row('embedded', 'PlayStation', '1,3,15,6'),
];

export interface VendorClass {
  readonly pattern: RegExp;
  readonly os?: string;
  readonly type?: string;
}

/** First that fits. */
export const VENDOR_CLASSES: readonly VendorClass[] = [
  { pattern: /^MSFT /, os: 'Windows' },
  { pattern: /^android-dhcp-/, os: 'Android', type: 'phone' },
  { pattern: /^(AAPLBSDPC|Apple)/, os: 'macOS' },
  { pattern: /JetDirect|printer|^(Canon|EPSON|Brother|Xerox|KYOCERA|Lexmark)/i, type: 'printer' },
  { pattern: /^(ubnt|Cisco AP|ArubaAP|Ruckus)/i, type: 'router' },
  { pattern: /^(Cisco Systems, Inc\. IP Phone|yealink|snom|Polycom)/i, type: 'phone' },
  { pattern: /^(HIKVISION|Dahua|AXIS|IPC)/i, type: 'camera' },
  { pattern: /^udhcp/, os: 'embedded' },
  { pattern: /^dhcpcd/, os: 'Linux' },
];
