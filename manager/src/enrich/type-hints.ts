/**
 * What names, services and makers say of the kind of a device.
 *
 * Invariants: pure tables, first row that fits; a maker alone says little (who makes printers makes laptops
 * too), a service that a device announces says most.
 */
export const DEVICE_TYPES = [
  'phone',
  'laptop',
  'printer',
  'TV',
  'camera',
  'server',
  'IoT',
  'router',
  'pod',
] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

export interface TypeHint {
  readonly pattern: RegExp;
  readonly type: DeviceType;
  /** 0 to 100 */
  readonly confidence: number;
}

/** Service types of DNS-SD (RFC 6763), by the IANA registry. */
export const SERVICE_HINTS: readonly TypeHint[] = [
  {
    pattern: /_(ipps?|printer|pdl-datastream|uscans?|scanner)\._/i,
    type: 'printer',
    confidence: 85,
  },
  {
    pattern: /_(googlecast|androidtvremote2?|airplay|roku|nvstream|amzn-wplay|mediaremotetv)\._/i,
    type: 'TV',
    confidence: 70,
  },
  { pattern: /_(rtsp|axis-video|onvif|ipcamera)\._/i, type: 'camera', confidence: 80 },
  {
    pattern: /_(hap|matter[cd]?|esphomelib|hue|shelly|tuya|sonos|mqtt|raop|spotify-connect)\._/i,
    type: 'IoT',
    confidence: 65,
  },
  { pattern: /_(apple-mobdev2?)\._/i, type: 'phone', confidence: 75 },
  {
    pattern: /_(workstation|afpovertcp|rfb|adisk|companion-link)\._/i,
    type: 'laptop',
    confidence: 45,
  },
  { pattern: /_(nfs|smb|webdavs?|postgresql)\._/i, type: 'server', confidence: 45 },
];

/** Hostnames that systems give themselves. */
export const NAME_HINTS: readonly TypeHint[] = [
  {
    pattern: /iphone|ipad|^android[-_]|galaxy|pixel-|oneplus|redmi|xiaomi|huawei-p/i,
    type: 'phone',
    confidence: 75,
  },
  {
    pattern: /macbook|imac|laptop|^desktop-[a-z0-9]{6,7}$|thinkpad|notebook|^pc[-_]|[-_]pc$/i,
    type: 'laptop',
    confidence: 70,
  },
  {
    pattern:
      /printer|laserjet|officejet|^(hp|npi)[0-9a-f]{6}$|^brw?[0-9a-f]{12}|^epson|^canon|kyocera/i,
    type: 'printer',
    confidence: 75,
  },
  {
    pattern: /chromecast|roku|bravia|smart-?tv|appletv|apple-tv|firetv|shield|(^|[-_])tv([-_]|$)/i,
    type: 'TV',
    confidence: 75,
  },
  {
    pattern: /camera|ipcam|(^|[-_])cam\d*([-_]|$)|doorbell|hikvision|dahua|reolink/i,
    type: 'camera',
    confidence: 75,
  },
  {
    pattern: /^esp[-_]|espressif|shelly|tasmota|sonos|hue|alexa|echo|nest|tuya|thermostat|wled/i,
    type: 'IoT',
    confidence: 70,
  },
  {
    pattern: /router|gateway|^gw\d*([.-]|$)|openwrt|fritz\.?box|mikrotik|unifi|^ap\d*[-_]/i,
    type: 'router',
    confidence: 70,
  },
  {
    pattern:
      /^(srv|server|db|web|mail|nas|ns\d|proxy|vm|node)\d*([.-]|$)|diskstation|truenas|synology/i,
    type: 'server',
    confidence: 55,
  },
];

/** Makers, as the IEEE's listing spells them. */
export const VENDOR_HINTS: readonly TypeHint[] = [
  {
    pattern: /hikvision|dahua|axis communications|reolink|vivotek|hanwha/i,
    type: 'camera',
    confidence: 60,
  },
  {
    pattern:
      /espressif|tuya|sonos|signify|philips lighting|nest labs|shelly|allterco|ring llc|ecobee|itead/i,
    type: 'IoT',
    confidence: 60,
  },
  {
    pattern: /brother industries|seiko epson|canon inc|kyocera|lexmark|xerox|ricoh|zebra tech/i,
    type: 'printer',
    confidence: 50,
  },
  { pattern: /roku|vizio|tcl|hisense|skyworth|lg innotek/i, type: 'TV', confidence: 45 },
  {
    pattern:
      /ubiquiti|mikrotik|routerboard|tp-link|netgear|zyxel|avm gmbh|juniper|aruba|ruckus|cisco/i,
    type: 'router',
    confidence: 30,
  },
  {
    pattern: /super micro|vmware|proxmox|xensource|qnap|synology/i,
    type: 'server',
    confidence: 40,
  },
  {
    pattern: /oneplus|guangdong oppo|vivo mobile|motorola mobility|htc corp/i,
    type: 'phone',
    confidence: 45,
  },
];

export function hintOf(hints: readonly TypeHint[], text: string): TypeHint | undefined {
  return hints.find(({ pattern }) => pattern.test(text));
}
