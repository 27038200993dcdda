// Names of Services for the pods of a real node, over DNS (RFC 1035, UDP). Invariants: only
// <service>.<namespace>.svc.cluster.local is known, and by the API server's word at the time of the question;
// whatever else is asked is NXDOMAIN, whatever cannot be read is dropped.
import { createSocket, type Socket } from 'node:dgram';
import type { TestCluster } from './cluster.ts';

const kZone = ['svc', 'cluster', 'local'];
const kHeaderBytes = 12;
const kTypeA = 1;
const kTtlSeconds = 5;
const kAnswerFlags = 0x8580;
const kNoSuchName = 3;
const kMaxLabelBytes = 63;

export interface Question {
  readonly labels: readonly string[];
  readonly type: number;
  /** Where the question ends in the packet. */
  readonly end: number;
}

/** Answers on the address until it is closed. */
export function startClusterDns(cluster: TestCluster, address: string): Promise<AsyncDisposable> {
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => void answer(cluster, socket, packet, from));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(53, address, () =>
      resolve({ [Symbol.asyncDispose]: () => new Promise((closed) => socket.close(closed)) }),
    );
  });
}

async function answer(
  cluster: TestCluster,
  socket: Socket,
  packet: Buffer,
  from: { address: string; port: number },
): Promise<void> {
  const question = readQuestion(packet);
  if (question === undefined) return;
  // Without an answer the pod asks again: what the API server could not say is not said wrongly.
  const addresses = await addressesOf(cluster, question.labels).catch(() => null);
  if (addresses !== null)
    socket.send(writeAnswer(packet, question, addresses), from.port, from.address);
}

export function readQuestion(packet: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = kHeaderBytes;
  for (;;) {
    const length = packet[at];
    if (length === undefined || length > kMaxLabelBytes) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(packet.toString('latin1', at, at + length).toLowerCase());
    at += length;
  }
  if (packet.length < at + 4) return undefined;
  return { labels, type: packet.readUInt16BE(at), end: at + 4 };
}

/** undefined: no such name. No addresses: the name is there, but has none of the type that was asked for. */
export function writeAnswer(
  packet: Buffer,
  { type, end }: Question,
  addresses: readonly string[] | undefined,
): Buffer {
  const given = type === kTypeA ? (addresses ?? []) : [];
  const head = Buffer.from(packet.subarray(0, end));
  head.writeUInt16BE(kAnswerFlags | (addresses === undefined ? kNoSuchName : 0), 2);
  for (const [index, count] of [1, given.length, 0, 0].entries()) {
    head.writeUInt16BE(count, 4 + 2 * index);
  }
  const records = given.map((address) => {
    // The name is that of the question, by reference; class IN.
    const record = Buffer.from([0xc0, kHeaderBytes, 0, kTypeA, 0, 1, 0, 0, 0, kTtlSeconds, 0, 4]);
    return Buffer.concat([record, Buffer.from(address.split('.').map(Number))]);
  });
  return Buffer.concat([head, ...records]);
}

async function addressesOf(
  cluster: TestCluster,
  labels: readonly string[],
): Promise<readonly string[] | undefined> {
  const [service, namespace, ...zone] = labels;
  if (zone.join('.') !== kZone.join('.')) return undefined;
  const path = `/api/v1/namespaces/${namespace}`;
  const { status, body } = await cluster.request('GET', `${path}/services/${service}`);
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`services: ${status}`);
  if (body.spec.clusterIP !== 'None') return [body.spec.clusterIP];
  const endpoints = await cluster.request('GET', `${path}/endpoints/${service}`);
  const subsets: { addresses?: { ip: string }[] }[] = endpoints.body.subsets ?? [];
  return subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
}
