/** Captures made in code: one TCP conversation, or one datagram, over Ethernet and IPv4. */

export interface Segment {
  readonly from: 'client' | 'server';
  readonly text: string;
}

const CLIENT = { address: [10, 0, 0, 1], port: 40_000 };
const SYN = 0x02;
const ACK = 0x10;
const FIN = 0x01;

interface Side {
  readonly address: readonly number[];
  readonly port: number;
  next: number;
}

/** Handshake, the segments, each acknowledged, and the end of both sides. */
export function conversation(port: number, segments: readonly Segment[]): Buffer {
  return pcap(framesOf(port, CLIENT.port, segments, true));
}

/** One conversation from each of the client's ports, one after the other; none of them ends. */
export function openConversations(
  port: number,
  clientPorts: readonly number[],
  segments: readonly Segment[],
): Buffer {
  return pcap(clientPorts.flatMap((clientPort) => framesOf(port, clientPort, segments, false)));
}

function framesOf(
  port: number,
  clientPort: number,
  segments: readonly Segment[],
  ends: boolean,
): Buffer[] {
  const client: Side = { address: CLIENT.address, port: clientPort, next: 1000 };
  const server: Side = { address: [10, 0, 0, 2], port, next: 5000 };
  const frames: Buffer[] = [];
  const send = (from: Side, to: Side, flags: number, text = '') => {
    frames.push(tcp(from, to, flags, Buffer.from(text, 'latin1')));
    from.next += text.length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
  };
  send(client, server, SYN);
  send(server, client, SYN | ACK);
  send(client, server, ACK);
  for (const { from, text } of segments) {
    const [sender, receiver] = from === 'client' ? [client, server] : [server, client];
    send(sender, receiver, ACK, text);
    send(receiver, sender, ACK);
  }
  if (!ends) return frames;
  send(client, server, FIN | ACK);
  send(server, client, FIN | ACK);
  send(client, server, ACK);
  return frames;
}

/** One datagram from a client. */
export function datagram(port: number, text: string): Buffer {
  return datagrams(port, [{ from: 'client', text }]);
}

/** Datagrams of one flow. */
export function datagrams(port: number, segments: readonly Segment[]): Buffer {
  const client = { ...CLIENT };
  const server = { address: [10, 0, 0, 2], port };
  const frames = segments.map(({ from, text }) => {
    const [sender, receiver] = from === 'client' ? [client, server] : [server, client];
    const payload = Buffer.from(text, 'latin1');
    const header = Buffer.alloc(8);
    header.writeUInt16BE(sender.port, 0);
    header.writeUInt16BE(receiver.port, 2);
    header.writeUInt16BE(8 + payload.length, 4);
    return ip(17, sender.address, receiver.address, Buffer.concat([header, payload]));
  });
  return pcap(frames);
}

export interface Datagram {
  /** IPv4. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly port: number;
  readonly text: string;
  /** Since the capture's start; where absent a millisecond after the one before. */
  readonly atMs?: number;
}

/** Datagrams of several hosts; those of one pair of hosts and port are one flow. */
export function datagramsOfHosts(all: readonly Datagram[]): Buffer {
  let nextMs = 0;
  const times: number[] = [];
  const frames = all.map(({ from, to, port, text, atMs = nextMs }) => {
    times.push(atMs);
    nextMs = atMs + 1;
    const payload = Buffer.from(text, 'latin1');
    const header = Buffer.alloc(8);
    header.writeUInt16BE(CLIENT.port, 0);
    header.writeUInt16BE(port, 2);
    header.writeUInt16BE(8 + payload.length, 4);
    return ip(17, from, to, Buffer.concat([header, payload]));
  });
  return pcap(frames, times);
}

function tcp(from: Side, to: Side, flags: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(from.port, 0);
  header.writeUInt16BE(to.port, 2);
  header.writeUInt32BE(from.next, 4);
  if ((flags & ACK) !== 0) header.writeUInt32BE(to.next, 8);
  header[12] = 0x50;
  header[13] = flags;
  header.writeUInt16BE(65_535, 14);
  const segment = Buffer.concat([header, payload]);
  const pseudo = Buffer.from([...from.address, ...to.address, 0, 6, 0, 0]);
  pseudo.writeUInt16BE(segment.length, 10);
  segment.writeUInt16BE(checksum(Buffer.concat([pseudo, segment])), 16);
  return ip(6, from.address, to.address, segment);
}

function ip(
  protocol: number,
  source: readonly number[],
  destination: readonly number[],
  payload: Buffer,
): Buffer {
  const header = Buffer.from([0x45, 0, 0, 0, 0, 1, 0, 0, 64, protocol, 0, 0]);
  header.writeUInt16BE(20 + payload.length, 2);
  const whole = Buffer.concat([header, Buffer.from([...source, ...destination])]);
  whole.writeUInt16BE(checksum(whole), 10);
  const ethernet = Buffer.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
  return Buffer.concat([ethernet, whole, payload]);
}

/** RFC 1071. */
export function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2)
    sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A frame a millisecond, or at the times given. */
export function pcap(frames: readonly Buffer[], timesMs?: readonly number[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.map((frame, i) => {
    const record = Buffer.alloc(16);
    const atMs = timesMs?.[i] ?? i;
    record.writeUInt32LE(1_700_000_000 + Math.floor(atMs / 1000), 0);
    record.writeUInt32LE((atMs % 1000) * 1000, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([head, ...records]);
}
