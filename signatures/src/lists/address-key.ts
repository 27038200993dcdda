/**
 * Addresses as keys of indicators: their octets, most significant first.
 *
 * Invariant: for what isIP() of node:net calls an address of that family; zones (`%eth0`) are left out.
 */

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
