/**
 * What is run on each capture.
 *
 * Invariant: all read the same file and write events of the same protocols to a file; tcpdump and the
 * bare loop stand for what reading and what decoding alone cost.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Candidate {
  readonly name: string;
  readonly command: readonly string[];
}

/** The same rules for both engines. */
export interface Rules {
  readonly bundle: string;
  readonly text: string;
}

export interface Place {
  readonly path: string;
  /** netmoth_bench */
  readonly program: string;
  readonly root: string;
  readonly folder: string;
  readonly rules: Rules | undefined;
}

/** Enough for the captures with a million flows. */
const LOOP_FLOWS = '1500000';

export function candidates(place: Place): Candidate[] {
  const { path, program, root, folder, rules } = place;
  const eve = eveIn(folder);
  const netmoth = [process.execPath, join(root, 'cli/bin/netmoth.mjs'), 'read', path, '--quiet'];
  // No fileinfo events, which decode every body: the peers write none here.
  netmoth.push('--set', 'files.events=false');
  const list: Candidate[] = [
    { name: 'tcpdump', command: ['tcpdump', '-r', path, '-w', '/dev/null', 'ip proto 250'] },
    { name: 'bare loop', command: [program, 'loop', path, LOOP_FLOWS] },
    { name: 'netmoth', command: [...netmoth, '--eve', eve] },
    { name: 'netmoth, 2 workers', command: [...netmoth, '--eve', eve, '--workers', '2'] },
  ];
  if (rules !== undefined) {
    const command = [...netmoth, '--eve', eve, '--bundle', rules.bundle];
    list.push({ name: 'netmoth, rules', command });
  }
  // The bench is a program's entry, which may read the environment.
  const suricata = process.env.SURICATA_BIN;
  if (suricata === undefined) return list;
  list.push({ name: 'suricata', command: suricataOn(path, folder, suricata, '/dev/null') });
  if (rules !== undefined) {
    const command = suricataOn(path, folder, suricata, rules.text);
    list.push({ name: 'suricata, rules', command });
  }
  return list;
}

/** What engines write; to be removed between runs, as emptying half a gigabyte is not theirs to pay. */
export function eveIn(folder: string): string {
  return join(folder, 'eve.ndjson');
}

/** Compiles them for us, and puts them together for Suricata. */
export function compiledRules(root: string, folder: string, files: readonly string[]): Rules {
  const [bundle, text] = [join(folder, 'rules.bundle'), join(folder, 'all.rules')];
  const cli = join(root, 'cli/bin/netmoth.mjs');
  execFileSync(process.execPath, [cli, 'rules', 'compile', ...files, '-o', bundle], {
    stdio: 'ignore',
  });
  writeFileSync(text, files.map((file) => readFileSync(file, 'utf8')).join('\n'));
  return { bundle, text };
}

/** One thread, the same events as Netmoth's. */
function suricataOn(path: string, folder: string, program: string, rules: string): string[] {
  const logs = join(folder, 'suricata');
  mkdirSync(logs, { recursive: true });
  const config = join(logs, 'suricata.yaml');
  writeFileSync(config, SURICATA_YAML);
  const options = ['-c', config, '-S', rules, '-l', logs, '--runmode', 'single', '-k', 'all'];
  return [program, '-r', path, ...options];
}

const SURICATA_YAML = `%YAML 1.1
---
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      community-id: true
      types: [alert, flow, dns, tls: {extended: yes, ja3: yes, ja4: yes}, http, quic]
app-layer:
  protocols:
    tls: {enabled: yes, ja3-fingerprints: yes, ja4-fingerprints: yes}
    http: {enabled: yes}
    quic: {enabled: yes}
    dns: {tcp: {enabled: yes}, udp: {enabled: yes}}
`;
