/**
 * A capture of many UDP flows that are all alive at once: every flow sends one packet, then every flow
 * sends another, all within a second.
 *
 * Invariant: the same arguments give the same bytes.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const START_SECONDS = 1_700_000_000;
const FLOWS_PER_BATCH = 4096;
const FRAME_BYTES = 60;
const RECORD_BYTES = 16 + FRAME_BYTES;

export function writeManyFlows(path: string, flows: number, rounds = 2): void {
  const file = openSync(path, 'w');
  writeSync(file, Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'));
  const total = flows * rounds;
  for (let at = 0; at < total; at += FLOWS_PER_BATCH) {
    const count = Math.min(FLOWS_PER_BATCH, total - at);
    const batch = Buffer.alloc(count * RECORD_BYTES);
    for (let i = 0; i < count; i += 1) {
      const record = batch.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES);
      const micros = Math.floor(((at + i) / total) * 1_000_000);
      writeRecord(record, (at + i) % flows, micros);
    }
    writeSync(file, batch);
  }
  closeSync(file);
}

/** Ethernet, IPv4, UDP without checksum; flow n comes from 10.x.y.z:1024+. */
function writeRecord(record: Buffer, flow: number, micros: number): void {
  record.writeUInt32LE(START_SECONDS, 0);
  record.writeUInt32LE(micros, 4);
  record.writeUInt32LE(FRAME_BYTES, 8);
  record.writeUInt32LE(FRAME_BYTES, 12);
  const frame = record.subarray(16);
  frame.write('02000000000b02000000000a08004500', 'hex');
  frame.writeUInt16BE(FRAME_BYTES - 14, 16);
  frame.writeUInt16BE(0x4011, 22);
  frame.writeUInt32BE(0x0a00_0000 + (flow >>> 4), 26);
  frame.writeUInt32BE(0xc000_0201, 30);
  frame.writeUInt16BE(headerChecksum(frame.subarray(14, 34)), 24);
  frame.writeUInt16BE(1024 + (flow & 0xf), 34);
  frame.writeUInt16BE(9, 36);
  frame.writeUInt16BE(FRAME_BYTES - 34, 38);
}

function headerChecksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
