/**
 * Flows of captures that nDPI has labelled: what the engine tells of each, and its kind.
 *
 * Invariant: captures are split in two by a hash of their names; flows whose label settles no kind, and TCP flows
 * without payload (which nDPI names by their port), are left out.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { DomainCache } from '#manager/enrich/domain-cache.ts';
import { parseIp } from '#manager/enrich/ip-address.ts';
import { trafficFacts } from '#manager/enrich/traffic-facts.ts';
import type { TrafficFacts, TrafficType } from '#manager/enrich/traffic-type.ts';
import { kindOfLabel } from './labels.ts';

export type Split = 'dev' | 'eval';

export interface LabelledFlow {
  readonly capture: string;
  readonly split: Split;
  readonly application: string;
  readonly truth: TrafficType;
  readonly facts: TrafficFacts;
}

const kMaxEvents = 256 * 1024 * 1024;
const caseSchema = z.array(
  z.looseObject({
    id: z.string(),
    pcap: z.string(),
    flows: z.array(
      z.looseObject({
        a: z.tuple([z.string(), z.number()]),
        b: z.tuple([z.string(), z.number()]),
        app: z.string(),
        proto: z.string(),
      }),
    ),
  }),
);

type Json = Readonly<Record<string, unknown>>;

export function* labelledFlows(conformance: string, split: Split | 'all'): Generator<LabelledFlow> {
  const folder = join(conformance, 'data');
  const cases = caseSchema.parse(JSON.parse(readFileSync(join(folder, 'ndpi.json'), 'utf8')));
  for (const { id, pcap, flows } of cases) {
    const own = splitOf(id);
    if (split !== 'all' && own !== split) continue;
    const found = factsOfFlows(join(folder, 'pcaps', `${pcap}.gz`));
    for (const { app: application, proto, a, b } of flows) {
      const truth = kindOfLabel(application);
      const facts = found.get(keyOf(proto, a, b));
      if (truth === undefined || facts === undefined) continue;
      if (facts.proto === 'TCP' && facts.sizes.length === 0) continue;
      yield { capture: id, split: own, application, truth, facts };
    }
  }
}

function splitOf(id: string): Split {
  const [first = 0] = createHash('sha256').update(id).digest();
  return first % 2 === 0 ? 'dev' : 'eval';
}

function factsOfFlows(capture: string): ReadonlyMap<string, TrafficFacts> {
  const work = mkdtempSync(join(tmpdir(), 'netmoth-traffic-type-'));
  try {
    const file = join(work, 'capture');
    writeFileSync(file, gunzipSync(readFileSync(capture)));
    const cli = join(import.meta.dirname, '../../cli/bin/netmoth.mjs');
    const settings = ['--set', 'eve.flowProfile=true', '--set', 'midstream=true'];
    const lines = execFileSync(
      process.execPath,
      [cli, 'read', '--quiet', '--checksums', 'ignore', ...settings, '--eve', '-', file],
      { maxBuffer: kMaxEvents, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    return factsOf(lines.split('\n').filter((line) => line !== ''));
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** As ingest sees them: names come before the flows that they name. */
function factsOf(lines: readonly string[]): ReadonlyMap<string, TrafficFacts> {
  const events = lines.map((line) => JSON.parse(line) as Json);
  const domains = new DomainCache();
  for (const event of events) {
    const type = String(event['event_type']);
    if (type === 'tls' || type === 'quic') {
      domains.learn(event['flow_id'], (event[type] as Json | undefined)?.['sni'], 'sni');
    } else if (type === 'http') {
      domains.learn(event['flow_id'], (event['http'] as Json | undefined)?.['hostname'], 'host');
    }
  }
  const found = new Map<string, TrafficFacts>();
  for (const event of events) {
    if (event['event_type'] !== 'flow') continue;
    const named = (event['netmoth'] as Json)['domain'];
    const domain = typeof named === 'string' ? named : domains.of(event['flow_id']);
    const [from, to] = ['src', 'dest'].map((end): [string, number] => [
      String(event[`${end}_ip`]),
      Number(event[`${end}_port`] ?? 0),
    ]);
    const key = keyOf(String(event['proto']), from ?? ['', 0], to ?? ['', 0]);
    found.set(key, trafficFacts(event, domain));
  }
  return found;
}

function keyOf(proto: string, a: readonly [string, number], b: readonly [string, number]): string {
  const ends = [a, b].map(([ip, port]) => `${plain(ip)} ${port}`).sort();
  return `${proto.toUpperCase()} ${ends.join(' ')}`;
}

/** One spelling of an IPv6 address; what is none (some labels have typing errors) stays as it is. */
function plain(ip: string): string {
  const bytes = parseIp(ip);
  return bytes === undefined ? ip : Buffer.from(bytes).toString('hex');
}
