// A pcap file of UDP datagrams, one flow each. Invariant: every datagram has an address and port pair of
// its own within the file, so every flow event of it can be told from every other.
import { writeFileSync } from 'node:fs';

const kFileHeaderBytes = 24;
const kRecordHeaderBytes = 16;
const kEthernetBytes = 14;
const kIpBytes = 20;
const kUdpBytes = 8;
const kPayload = Buffer.from('netmoth test datagram');
const kFrameBytes = kEthernetBytes + kIpBytes + kUdpBytes + kPayload.length;
const kLinkTypeEthernet = 1;

export interface UdpCapture {
  readonly flows: number;
  /** Second byte of the source addresses 10.<net>.x.y: tells the files of one test apart. */
  readonly net: number;
  /** Time from one datagram to the next. */
  readonly gapMicros?: number;
}

/** Writes the file; the source of flow n is flowSource(net, n). */
export function writeUdpCapture(path: string, { flows, net, gapMicros = 100 }: UdpCapture): void {
  const file = Buffer.alloc(kFileHeaderBytes + flows * (kRecordHeaderBytes + kFrameBytes));
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(65_535, 16);
  file.writeUInt32LE(kLinkTypeEthernet, 20);
  const beginMicros = Date.UTC(2026, 10, 20) * 1_000;
  for (let n = 0; n < flows; n += 1) {
    const at = kFileHeaderBytes + n * (kRecordHeaderBytes + kFrameBytes);
    const micros = beginMicros + n * gapMicros;
    file.writeUInt32LE(Math.floor(micros / 1e6), at);
    file.writeUInt32LE(micros % 1e6, at + 4);
    file.writeUInt32LE(kFrameBytes, at + 8);
    file.writeUInt32LE(kFrameBytes, at + 12);
    datagram(net, n).copy(file, at + kRecordHeaderBytes);
  }
  writeFileSync(path, file);
}

export function flowSource(net: number, n: number): string {
  return `10.${net}.${(n >> 8) & 0xff}.${n & 0xff}:${1_024 + (n >> 16)}`;
}

function datagram(net: number, n: number): Buffer {
  const frame = Buffer.alloc(kFrameBytes);
  Buffer.from('020000000001020000000002', 'hex').copy(frame);
  frame.writeUInt16BE(0x0800, 12);
  const ip = frame.subarray(kEthernetBytes);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(kIpBytes + kUdpBytes + kPayload.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(17, 9);
  Buffer.from([10, net, (n >> 8) & 0xff, n & 0xff, 192, 0, 2, 1]).copy(ip, 12);
  ip.writeUInt16BE(headerChecksum(ip.subarray(0, kIpBytes)), 10);
  const udp = ip.subarray(kIpBytes);
  udp.writeUInt16BE(1_024 + (n >> 16), 0);
  udp.writeUInt16BE(9_999, 2);
  udp.writeUInt16BE(kUdpBytes + kPayload.length, 4);
  kPayload.copy(udp, kUdpBytes);
  return frame;
}

/** RFC 1071, over a header whose checksum field is 0. */
function headerChecksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
