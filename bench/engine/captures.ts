/**
 * The captures the engine is measured on: profiles of ../shared/conformance/synth_bench.py, many
 * concurrent flows, one elephant.
 *
 * Invariant: the same arguments give the same bytes; each is made once and stays in the cache.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeManyFlows } from '../read/many-flows.ts';

export const PROFILES = ['imix-bulk', 'mixed', 'small'] as const;
export type Profile = (typeof PROFILES)[number];

export interface CaptureStore {
  readonly folder: string;
  /** synth_bench.py */
  readonly synth: string;
}

function once(store: CaptureStore, name: string, make: (path: string) => void): string {
  const path = join(store.folder, name);
  if (existsSync(path)) return path;
  mkdirSync(store.folder, { recursive: true });
  console.error(`making ${path}`);
  const part = `${path}.part`;
  make(part);
  renameSync(part, path);
  return path;
}

export function profileCapture(store: CaptureStore, profile: Profile, size: string): string {
  const seed = '7';
  return once(store, `${profile}-${size}-${seed}.pcap`, (path) => {
    const options = ['--profile', profile, '--size', size, '--seed', seed];
    execFileSync('python3', [store.synth, path, ...options], { stdio: 'ignore' });
  });
}

export function manyFlowsCapture(store: CaptureStore, flows: number, rounds: number): string {
  return once(store, `flows-${flows}x${rounds}.pcap`, (path) =>
    writeManyFlows(path, flows, rounds),
  );
}

export function elephantCapture(store: CaptureStore, segments: number): string {
  return once(store, `elephant-${segments}.pcap`, (path) => writeElephant(path, segments));
}

const START_SECONDS = 1_700_000_000;
const SEGMENT_BYTES = 1448;
const SEGMENTS_PER_ACK = 2;
const CLIENT = { address: 0x0a00_0001, port: 40_000 };
const SERVER = { address: 0xc000_0201, port: 5001 };

/** One TCP connection of unknown protocol: handshake, data to the client, an ACK for every other. */
export function writeElephant(path: string, segments: number): void {
  const file = openSync(path, 'w');
  writeSync(file, Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'));
  let micros = 0;
  let next = 0x1000;
  const payload = Buffer.alloc(SEGMENT_BYTES, 0xa5);
  const send = (segment: Segment): void => {
    micros += 10;
    writeSync(file, record(segment, micros));
  };
  const fromClient = (flags: number, sequence: number, acknowledgment: number): void =>
    send({ from: CLIENT, to: SERVER, flags, sequence, acknowledgment, payload: Buffer.alloc(0) });
  const fromServer = (flags: number, sequence: number, data: Buffer): void =>
    send({ from: SERVER, to: CLIENT, flags, sequence, acknowledgment: 1, payload: data });
  fromClient(0x02, 0, 0);
  fromServer(0x12, next - 1, Buffer.alloc(0));
  fromClient(0x10, 1, next);
  for (let at = 0; at < segments; at += 1) {
    fromServer(0x10, next, payload);
    next = (next + SEGMENT_BYTES) >>> 0;
    if (at % SEGMENTS_PER_ACK === 1) fromClient(0x10, 1, next);
  }
  closeSync(file);
}

interface Segment {
  readonly from: typeof CLIENT;
  readonly to: typeof CLIENT;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly payload: Buffer;
}

function record({ from, to, flags, sequence, acknowledgment, payload }: Segment, micros: number) {
  const ip = Buffer.alloc(20);
  ip.writeUInt16BE(0x4500, 0);
  ip.writeUInt16BE(40 + payload.length, 2);
  ip.writeUInt16BE(0x4006, 8);
  ip.writeUInt32BE(from.address, 12);
  ip.writeUInt32BE(to.address, 16);
  ip.writeUInt16BE(internetChecksum([ip]), 10);
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(from.port, 0);
  tcp.writeUInt16BE(to.port, 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt32BE(acknowledgment, 8);
  tcp.writeUInt16BE(0x5000 | flags, 12);
  tcp.writeUInt16BE(0xffff, 14);
  const pseudo = Buffer.alloc(12);
  ip.copy(pseudo, 0, 12, 20);
  pseudo.writeUInt16BE(6, 8);
  pseudo.writeUInt16BE(20 + payload.length, 10);
  tcp.writeUInt16BE(internetChecksum([pseudo, tcp, payload]), 16);
  const frame = Buffer.concat([
    Buffer.from('02000000000b02000000000a0800', 'hex'),
    ip,
    tcp,
    payload,
  ]);
  const head = Buffer.alloc(16);
  head.writeUInt32LE(START_SECONDS + Math.floor(micros / 1_000_000), 0);
  head.writeUInt32LE(micros % 1_000_000, 4);
  head.writeUInt32LE(frame.length, 8);
  head.writeUInt32LE(frame.length, 12);
  return Buffer.concat([head, frame]);
}

/** RFC 1071, of parts of even length. */
function internetChecksum(parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += part.readUInt16BE(at);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
