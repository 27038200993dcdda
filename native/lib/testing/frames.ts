/**
 * Frames and captures built in code for the façade's tests: Ethernet, IPv4, UDP, DNS, pcap.
 *
 * Invariant: lengths and header checksums are right; UDP checksums are 0 (none, RFC 768).
 */

const START_SECONDS = 1_700_000_000;

export interface UdpSpec {
  readonly source?: string;
  readonly destination?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly payload?: Uint8Array;
}

export function udpFrame(spec: UdpSpec = {}): Buffer {
  const payload = spec.payload ?? Buffer.from('x');
  const ethernet = Buffer.from('02000000000b02000000000a0800', 'hex');
  const ip = Buffer.from('450000000001000040110000', 'hex');
  ip.writeUInt16BE(28 + payload.length, 2);
  const ends = Buffer.from(
    [spec.source ?? '10.0.0.1', spec.destination ?? '10.0.0.2'].flatMap((address) =>
      address.split('.').map(Number),
    ),
  );
  const header = Buffer.concat([ip, ends]);
  header.writeUInt16BE(internetChecksum(header), 10);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(spec.sourcePort ?? 40_000, 0);
  udp.writeUInt16BE(spec.destinationPort ?? 9, 2);
  udp.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([ethernet, header, udp, payload]);
}

/** A query for www.example.com and its answer, 192.0.2.80. */
export function dnsExchange(): Buffer[] {
  const question = Buffer.from('\x03www\x07example\x03com\0\0\x01\0\x01', 'latin1');
  const query = Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), question]);
  const answer = Buffer.concat([
    Buffer.from('123481800001000100000000', 'hex'),
    question,
    Buffer.from('c00c000100010000003c0004c0000250', 'hex'),
  ]);
  const client = { source: '10.0.0.1', sourcePort: 40_000 };
  const server = { destination: '10.0.0.2', destinationPort: 53 };
  return [
    udpFrame({ ...client, ...server, payload: query }),
    udpFrame({
      source: server.destination,
      sourcePort: server.destinationPort,
      destination: client.source,
      destinationPort: client.sourcePort,
      payload: answer,
    }),
  ];
}

/** A pcap file of the frames, 1 ms apart. */
export function capture(frames: readonly Buffer[]): Buffer {
  const head = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  const records = frames.flatMap((frame, at) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(START_SECONDS + Math.floor(at / 1000), 0);
    record.writeUInt32LE((at % 1000) * 1000, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([head, ...records]);
}

function internetChecksum(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += data.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
