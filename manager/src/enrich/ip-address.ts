/**
 * Addresses as bytes, and what lies in which network.
 *
 * Invariant: what parseIp takes is what node:net's isIP takes (a test compares), without zone.
 */

/** 4 or 16 bytes in network order. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

/**
 * The one text of an address, whoever wrote it: RFC 5952 section 4, without the dotted quad of its section 5.
 * undefined where it is none.
 */
export function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text);
  if (bytes === undefined) return undefined;
  if (bytes.length === 4) return text;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  let [from, length] = [0, 1];
  for (let at = 0; at < groups.length; at++) {
    let end = at;
    while (groups[end] === '0') end += 1;
    if (end - at > length) [from, length] = [at, end - at];
  }
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + length).join(':')}`;
}

function parseV4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return readV4(text, 0, bytes, 0) ? bytes : undefined;
}

/** Reads a dotted quad that goes to the end of the text. */
function readV4(text: string, from: number, bytes: Uint8Array, at: number): boolean {
  let value = 0;
  let digits = 0;
  let part = 0;
  for (let index = from; index <= text.length; index++) {
    const code = index === text.length ? 0x2e : text.charCodeAt(index);
    if (code === 0x2e) {
      if (digits === 0 || part === 4) return false;
      bytes[at + part++] = value;
      value = 0;
      digits = 0;
      continue;
    }
    const digit = code - 0x30;
    // No leading zeros: some readers take them for octal.
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    digits += 1;
    if (value > 255) return false;
  }
  return part === 4;
}

function parseV6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = readGroups(halves[0] ?? '', halves.length === 1);
  if (head === undefined) return undefined;
  const bytes = new Uint8Array(16);
  if (halves.length === 1) {
    if (head.length !== 16) return undefined;
    bytes.set(head);
    return bytes;
  }
  const tail = readGroups(halves[1] ?? '', true);
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** `a:b:c` as bytes; the last group may be a dotted quad when it is the end of the address. */
function readGroups(text: string, isEnd: boolean): number[] | undefined {
  const bytes: number[] = [];
  if (text === '') return bytes;
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (isEnd && index === groups.length - 1 && group.includes('.')) {
      const quad = parseV4(group);
      if (quad === undefined) return undefined;
      bytes.push(...quad);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes.length <= 16 ? bytes : undefined;
}

export interface Network {
  readonly address: Uint8Array;
  readonly prefixBits: number;
}

/** `10.0.0.0/8`, `fc00::/7`; undefined where it is none. */
export function parseNetwork(text: string): Network | undefined {
  const [addressText = '', bitsText = '', ...rest] = text.split('/');
  const address = parseIp(addressText);
  const prefixBits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (rest.length > 0 || address === undefined || !(prefixBits <= address.length * 8)) {
    return undefined;
  }
  return { address, prefixBits };
}

export function isWithin(address: Uint8Array, network: Network): boolean {
  if (address.length !== network.address.length) return false;
  const whole = network.prefixBits >> 3;
  for (let at = 0; at < whole; at++) if (address[at] !== network.address[at]) return false;
  const restBits = network.prefixBits & 7;
  if (restBits === 0) return true;
  const mask = (0xff << (8 - restBits)) & 0xff;
  return ((address[whole] ?? 0) & mask) === ((network.address[whole] ?? 0) & mask);
}

/** Private, link-local and carrier-grade NAT ranges: RFC 1918, 3927, 4193, 4291, 6598. */
export const PRIVATE_NETWORKS: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
];

/** Addresses that name no single machine: unspecified, loopback, multicast, limited broadcast. */
export function isUnicastHost(address: Uint8Array): boolean {
  const [first = 0] = address;
  if (address.length === 16)
    return first !== 0xff && address.some((byte, at) => at < 15 && byte !== 0);
  if (first === 0 || first === 127 || first >= 224) return false;
  return true;
}
