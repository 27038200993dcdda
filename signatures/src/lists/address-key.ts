/**
 * Addresses as keys of indicators: their octets, most significant first.
 *
 * Invariant: for what isIP() of node:net calls an address of that family; zones (`%eth0`) are left out.
 */
import { isIP } from 'node:net';

const DOT = 46;
const ZERO = 48;
const COLON = 58;
const PERCENT = 37;
const IPV6_OCTETS = 16;

export function addressKey(text: string, family: number): string {
  return family === 6 ? ipv6Key(text) : String.fromCharCode(...ipv4Octets(text, 0));
}

function ipv4Octets(text: string, start: number): [number, number, number, number] {
  const octets: [number, number, number, number] = [0, 0, 0, 0];
  let part = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === PERCENT) break;
    if (code === DOT) part += 1;
    else octets[part] = (octets[part] ?? 0) * 10 + code - ZERO;
  }
  return octets;
}

/** RFC 4291, section 2.2: groups, one `::` for zeros, the last four octets perhaps as IPv4. */
function ipv6Key(text: string): string {
  const octets: number[] = [];
  let zerosAt = -1;
  let start = 0;
  while (start < text.length) {
    const code = text.charCodeAt(start);
    if (code === PERCENT) break;
    if (code === COLON) {
      if (text.charCodeAt(start + 1) === COLON) zerosAt = octets.length;
      start += zerosAt === octets.length ? 2 : 1;
      continue;
    }
    const end = endOfGroup(text, start);
    if (text.charCodeAt(end) === DOT) {
      octets.push(...ipv4Octets(text, start));
      break;
    }
    const group = Number.parseInt(text.slice(start, end), 16);
    octets.push(group >> 8, group & 255);
    start = end;
  }
  if (zerosAt !== -1) {
    const zeros = new Array<number>(IPV6_OCTETS - octets.length).fill(0);
    octets.splice(zerosAt, 0, ...zeros);
  }
  return String.fromCharCode(...octets);
}

function endOfGroup(text: string, start: number): number {
  let end = start;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === COLON || code === DOT || code === PERCENT) break;
  }
  return end;
}

/** The address behind; behind the last one the first. */
export function successor(key: string): string {
  const next = [...key].map((char) => char.charCodeAt(0));
  for (let at = next.length - 1; at >= 0; at -= 1) {
    next[at] = ((next[at] ?? 0) + 1) % 256;
    if (next[at] !== 0) break;
  }
  return String.fromCharCode(...next);
}

/** The address before; before the first one the last. */
export function predecessor(key: string): string {
  const next = [...key].map((char) => char.charCodeAt(0));
  for (let at = next.length - 1; at >= 0; at -= 1) {
    next[at] = ((next[at] ?? 0) + 255) % 256;
    if (next[at] !== 255) break;
  }
  return String.fromCharCode(...next);
}

/** First and last address of `ADDRESS/BITS`, or the address itself twice; undefined: neither. */
export function networkKeys(text: string): readonly [low: string, high: string] | undefined {
  const [, address = '', bits] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return undefined;
  const key = addressKey(address, family);
  const prefix = bits === undefined ? key.length * 8 : Number(bits);
  if (prefix > key.length * 8) return undefined;
  const end = (fill: number) =>
    [...key].map((char, at) => {
      const kept = Math.min(Math.max(prefix - at * 8, 0), 8);
      const mask = (0xff00 >> kept) & 0xff;
      return (char.charCodeAt(0) & mask) | (fill & ~mask & 0xff);
    });
  return [String.fromCharCode(...end(0)), String.fromCharCode(...end(255))];
}
