/** Makes a small location database of version 1 (see location-file.ts), for tests. */
import { parseNetwork } from '../ip-address.ts';

export interface NetworkOf {
  readonly network: string;
  readonly country: string;
  readonly asn: number;
}

interface Node {
  readonly next: [number, number];
  network: number;
}

const kHeader = 8192;
const kNone = 0xffff_ffff;

export function locationDatabase(
  networks: readonly NetworkOf[],
  names: Readonly<Record<number, string>>,
): Buffer {
  const pool: Buffer[] = [Buffer.from([0])];
  let poolBytes = 1;
  const systems = Object.entries(names).map(([asn, name]) => {
    const row = Buffer.alloc(8);
    row.writeUInt32BE(Number(asn));
    row.writeUInt32BE(poolBytes, 4);
    const text = Buffer.from(`${name}\0`);
    pool.push(text);
    poolBytes += text.length;
    return row;
  });
  const rows = networks.map(({ country, asn }) => {
    const row = Buffer.alloc(12);
    row.write(country, 'latin1');
    row.writeUInt32BE(asn, 4);
    return row;
  });
  const sections = [systems, rows, treeOf(networks), [], pool].map((parts) => Buffer.concat(parts));
  const header = Buffer.alloc(kHeader);
  header.write('LOCDBXX\x01', 'latin1');
  let at = kHeader;
  for (const [index, section] of sections.entries()) {
    header.writeUInt32BE(at, 28 + 8 * index);
    header.writeUInt32BE(section.length, 32 + 8 * index);
    at += section.length;
  }
  return Buffer.concat([header, ...sections]);
}

function treeOf(networks: readonly NetworkOf[]): Buffer[] {
  const nodes: Node[] = [{ next: [0, 0], network: kNone }];
  for (const [index, { network }] of networks.entries()) {
    const parsed = parseNetwork(network);
    if (parsed === undefined) throw new Error(`no network: ${network}`);
    const isV4 = parsed.address.length === 4;
    const bytes = isV4
      ? Uint8Array.from([...new Array(10).fill(0), 255, 255, ...parsed.address])
      : parsed.address;
    let node = nodes[0] as Node;
    for (let bit = 0; bit < parsed.prefixBits + (isV4 ? 96 : 0); bit += 1) {
      const side = ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
      if (node.next[side] === 0) {
        node.next[side] = nodes.length;
        nodes.push({ next: [0, 0], network: kNone });
      }
      node = nodes[node.next[side] ?? 0] as Node;
    }
    node.network = index;
  }
  return nodes.map(({ next, network }) => {
    const row = Buffer.alloc(12);
    row.writeUInt32BE(next[0]);
    row.writeUInt32BE(next[1], 4);
    row.writeUInt32BE(network, 8);
    return row;
  });
}
