/**
 * What is run on each capture.
 *
 * Invariant: all read the same file and write events of the same protocols to a file; tcpdump and the
 * bare loop stand for what reading and what decoding alone cost.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Candidate {
  readonly name: string;
  readonly command: readonly string[];
}

export interface Place {
  readonly capture: string;
  readonly path: string;
  /** netmoth_bench */
  readonly program: string;
  readonly root: string;
  readonly folder: string;
}

/** Enough for the captures with a million flows. */
const LOOP_FLOWS = '1500000';

export function candidates(place: Place): Candidate[] {
  const { path, program, root, folder } = place;
  const eve = join(folder, 'eve.ndjson');
  const netmoth = [process.execPath, join(root, 'cli/bin/netmoth.mjs'), 'read', path, '--quiet'];
  // No fileinfo events, which decode every body: the peers write none here.
  netmoth.push('--set', 'files.events=false');
  const list: Candidate[] = [
    { name: 'tcpdump', command: ['tcpdump', '-r', path, '-w', '/dev/null', 'ip proto 250'] },
    { name: 'bare loop', command: [program, 'loop', path, LOOP_FLOWS] },
    { name: 'netmoth', command: [...netmoth, '--eve', eve] },
    { name: 'netmoth, 2 workers', command: [...netmoth, '--eve', eve, '--workers', '2'] },
  ];
  // The bench is a program's entry, which may read the environment.
  const suricata = process.env.SURICATA_BIN;
  if (suricata !== undefined) list.push(suricataOn(path, folder, suricata));
  return list;
}

/** One thread, no rules, the same events as Netmoth's. */
function suricataOn(path: string, folder: string, program: string): Candidate {
  const logs = join(folder, 'suricata');
  mkdirSync(logs, { recursive: true });
  const config = join(logs, 'suricata.yaml');
  writeFileSync(config, SURICATA_YAML);
  const options = ['-c', config, '-S', '/dev/null', '-l', logs, '--runmode', 'single', '-k', 'all'];
  return { name: 'suricata', command: [program, '-r', path, ...options] };
}

const SURICATA_YAML = `%YAML 1.1
---
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      community-id: true
      types: [flow, dns, tls: {extended: yes, ja3: yes, ja4: yes}, http, quic]
app-layer:
  protocols:
    tls: {enabled: yes, ja3-fingerprints: yes, ja4-fingerprints: yes}
    http: {enabled: yes}
    quic: {enabled: yes}
    dns: {tcp: {enabled: yes}, udp: {enabled: yes}}
`;
