/**
 * The same capture with TCP payloads cut into smaller segments: same octets, same times, same acknowledgments.
 *
 * Invariant: a frame that is not plain TCP over IP over Ethernet with correct checksum, or that carries SYN, RST
 * or urgent data, stays as it is; of those cut, FIN and PSH stay with the last piece.
 */

const MAGICS = new Map([
  [0xa1b2c3d4, 'BE'],
  [0xa1b23c4d, 'BE'],
  [0xd4c3b2a1, 'LE'],
  [0x4d3cb2a1, 'LE'],
] as const);
const ETHERNET = 1;
const VLAN_TYPES = new Set([0x8100, 0x88a8]);
const FIN_PSH = 0x09;
const SYN_RST_URG = 0x26;

export interface Recut {
  readonly capture: Buffer;
  /** Segments of the capture that were cut, and what became of them. */
  readonly cut: number;
  readonly pieces: number;
}

/** Undefined: not a pcap file of Ethernet frames. */
export function recut(capture: Buffer, pieceBytes: number): Recut | undefined {
  if (capture.length < 24) return undefined;
  const order = MAGICS.get(capture.readUInt32BE(0) as never);
  if (order === undefined) return undefined;
  const u32 = (at: number) =>
    order === 'LE' ? capture.readUInt32LE(at) : capture.readUInt32BE(at);
  if (u32(20) !== ETHERNET) return undefined;
  const out: Buffer[] = [capture.subarray(0, 24)];
  let [cut, pieces] = [0, 0];
  let at = 24;
  while (at + 16 <= capture.length) {
    const captured = u32(at + 8);
    const frame = capture.subarray(at + 16, at + 16 + captured);
    const made = captured === u32(at + 12) ? cutFrame(frame, pieceBytes) : [];
    if (made.length === 0) {
      out.push(capture.subarray(at, at + 16 + captured));
    } else {
      cut += 1;
      pieces += made.length;
      for (const piece of made) {
        const head = Buffer.from(capture.subarray(at, at + 16));
        for (const place of [8, 12]) {
          if (order === 'LE') head.writeUInt32LE(piece.length, place);
          else head.writeUInt32BE(piece.length, place);
        }
        out.push(head, piece);
      }
    }
    at += 16 + captured;
  }
  return { capture: Buffer.concat(out), cut, pieces };
}

interface Segment {
  readonly ip: number;
  readonly version: 4 | 6;
  readonly tcp: number;
  readonly payload: number;
  readonly end: number;
}

/** None: it stays as it is. */
function cutFrame(frame: Buffer, pieceBytes: number): Buffer[] {
  const found = segmentOf(frame);
  if (found === undefined || found.end - found.payload <= pieceBytes) return [];
  const { tcp, payload, end } = found;
  const flags = frame[tcp + 13] ?? 0;
  if ((flags & SYN_RST_URG) !== 0 || sumOfSegment(frame, found) !== 0) return [];
  const pieces: Buffer[] = [];
  for (let at = payload; at < end; at += pieceBytes) {
    const last = at + pieceBytes >= end;
    const piece = Buffer.concat([
      frame.subarray(0, payload),
      frame.subarray(at, Math.min(end, at + pieceBytes)),
    ]);
    const sequence = (frame.readUInt32BE(tcp + 4) + (at - payload)) % 2 ** 32;
    piece.writeUInt32BE(sequence, tcp + 4);
    if (!last) piece[tcp + 13] = flags & ~FIN_PSH;
    seal(piece, { ...found, end: piece.length });
    pieces.push(piece);
  }
  return pieces;
}

function segmentOf(frame: Buffer): Segment | undefined {
  let ip = 14;
  while (ip + 2 <= frame.length && VLAN_TYPES.has(frame.readUInt16BE(ip - 2))) ip += 4;
  if (ip + 60 > frame.length && ip + 40 > frame.length) return undefined;
  const type = frame.readUInt16BE(ip - 2);
  const version = (frame[ip] ?? 0) >> 4;
  if (type === 0x0800 && version === 4) {
    const whole = (frame.readUInt16BE(ip + 6) & 0x3fff) === 0 && frame[ip + 9] === 6;
    const length = ((frame[ip] ?? 0) & 15) * 4;
    if (!whole || length < 20) return undefined;
    return ending({ ip, version, tcp: ip + length, end: ip + frame.readUInt16BE(ip + 2) }, frame);
  }
  if (type !== 0x86dd || version !== 6 || frame[ip + 6] !== 6) return undefined;
  return ending({ ip, version, tcp: ip + 40, end: ip + 40 + frame.readUInt16BE(ip + 4) }, frame);
}

function ending(found: Omit<Segment, 'payload'>, frame: Buffer): Segment | undefined {
  const { tcp, end } = found;
  if (tcp + 20 > end || end > frame.length) return undefined;
  const length = ((frame[tcp + 12] ?? 0) >> 4) * 4;
  return length < 20 || tcp + length > end ? undefined : { ...found, payload: tcp + length };
}

/** Lengths and checksums as they have to be. */
function seal(frame: Buffer, segment: Segment): void {
  const { ip, version, tcp, end } = segment;
  if (version === 4) {
    frame.writeUInt16BE(end - ip, ip + 2);
    frame.writeUInt16BE(0, ip + 10);
    frame.writeUInt16BE(foldedSum(frame, ip, tcp, 0), ip + 10);
  } else {
    frame.writeUInt16BE(end - ip - 40, ip + 4);
  }
  frame.writeUInt16BE(0, tcp + 16);
  frame.writeUInt16BE(sumOfSegment(frame, segment), tcp + 16);
}

/** Of header, payload and pseudo header; 0 where the checksum in it is right. */
function sumOfSegment(frame: Buffer, { ip, version, tcp, end }: Segment): number {
  const [from, to] = version === 4 ? [ip + 12, ip + 20] : [ip + 8, ip + 40];
  let pseudo = 6 + (end - tcp);
  for (let at = from; at < to; at += 2) pseudo += frame.readUInt16BE(at);
  return foldedSum(frame, tcp, end, pseudo);
}

/** RFC 1071. */
function foldedSum(frame: Buffer, from: number, to: number, start: number): number {
  let sum = start;
  for (let at = from; at < to; at += 2)
    sum += ((frame[at] ?? 0) << 8) | (at + 1 < to ? (frame[at + 1] ?? 0) : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
