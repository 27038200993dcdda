/** Ethernet frames made octet by octet, for what headers alone tell. Texts are latin1: a character is an octet. */
import { checksum, pcap } from './packets.ts';

const octets = (text: string) => Buffer.from(text, 'latin1');

export interface Ipv4 {
  readonly protocol: number;
  readonly payload: Buffer;
  readonly source?: readonly number[];
  readonly destination?: readonly number[];
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  /** Flags and offset, as the header's word has them. */
  readonly fragment?: number;
  /** A multiple of four octets. */
  readonly options?: string;
  /** What the header says where it lies. */
  readonly totalLength?: number;
}

const HOSTS = { source: [10, 0, 0, 1], destination: [10, 0, 0, 2] } as const;

export function ethernet(type: number, payload: Buffer): Buffer {
  const head = Buffer.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0, 0]);
  head.writeUInt16BE(type, 12);
  return Buffer.concat([head, payload]);
}

/** 802.1Q. */
export function tagged(id: number, type: number, payload: Buffer): Buffer {
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(id, 0);
  tag.writeUInt16BE(type, 2);
  return Buffer.concat([tag, payload]);
}

export function ipv4(given: Ipv4): Buffer {
  const { source, destination } = { ...HOSTS, ...given };
  const options = octets(given.options ?? '');
  const length = 20 + options.length;
  const head = Buffer.alloc(12);
  head[0] = 0x40 + length / 4;
  head[1] = given.tos ?? 0;
  head.writeUInt16BE(given.totalLength ?? length + given.payload.length, 2);
  head.writeUInt16BE(given.id ?? 1, 4);
  head.writeUInt16BE(given.fragment ?? 0, 6);
  head[8] = given.ttl ?? 64;
  head[9] = given.protocol;
  const whole = Buffer.concat([head, Buffer.from([...source, ...destination]), options]);
  whole.writeUInt16BE(checksum(whole), 10);
  return Buffer.concat([whole, given.payload]);
}

const V6 = Buffer.from('20010db8000000000000000000000001', 'hex');
const V6_OTHER = Buffer.from('20010db8000000000000000000000002', 'hex');

/** With the checksum of ICMPv6, TCP or UDP put in, at `sumAt` of the payload. */
export function ipv6(next: number, payload: Buffer, sumAt: number): Buffer {
  const head = Buffer.alloc(8);
  head[0] = 0x60;
  head.writeUInt16BE(payload.length, 4);
  head[6] = next;
  head[7] = 64;
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(payload.length, 0);
  pseudo[7] = next;
  const summed = Buffer.from(payload);
  summed.writeUInt16BE(0, sumAt);
  summed.writeUInt16BE(checksum(Buffer.concat([V6, V6_OTHER, pseudo, summed])), sumAt);
  return Buffer.concat([head, V6, V6_OTHER, summed]);
}

export function udp(sourcePort: number, port: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(sourcePort, 0);
  head.writeUInt16BE(port, 2);
  head.writeUInt16BE(8 + text.length, 4);
  return Buffer.concat([head, octets(text)]);
}

/** A UDP datagram with its checksum over IPv4 between the usual hosts. */
export function summedUdp(sourcePort: number, port: number, text: string): Buffer {
  const whole = udp(sourcePort, port, text);
  const pseudo = Buffer.from([...HOSTS.source, ...HOSTS.destination, 0, 17, 0, 0]);
  pseudo.writeUInt16BE(whole.length, 10);
  whole.writeUInt16BE(checksum(Buffer.concat([pseudo, whole])), 6);
  return whole;
}

export interface Tcp {
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledged?: number;
  readonly window?: number;
  readonly options?: string;
  readonly text?: string;
}

/** Over IPv4 between the usual hosts, the client's or the server's. */
export function tcp(from: number, to: number, given: Tcp, reversed = false): Buffer {
  const options = octets(given.options ?? '');
  const head = Buffer.alloc(20);
  head.writeUInt16BE(from, 0);
  head.writeUInt16BE(to, 2);
  head.writeUInt32BE(given.sequence ?? 0, 4);
  head.writeUInt32BE(given.acknowledged ?? 0, 8);
  head[12] = (5 + options.length / 4) << 4;
  head[13] = given.flags;
  head.writeUInt16BE(given.window ?? 8_192, 14);
  const segment = Buffer.concat([head, options, octets(given.text ?? '')]);
  const { source, destination } = HOSTS;
  const ends = reversed ? [...destination, ...source] : [...source, ...destination];
  const pseudo = Buffer.from([...ends, 0, 6, 0, 0]);
  pseudo.writeUInt16BE(segment.length, 10);
  segment.writeUInt16BE(checksum(Buffer.concat([pseudo, segment])), 16);
  return segment;
}

export function icmp(type: number, code: number, rest: string): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), octets(rest)]);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

export const capture = (...frames: readonly Buffer[]): Buffer => pcap(frames);

/** Of frames behind each other, as one. */
export function joined(...captures: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0), ...others] = captures;
  return Buffer.concat([first, ...others.map((each) => each.subarray(24))]);
}
