/**
 * How well the decision table tells kinds of traffic: flows of captures that nDPI has labelled.
 *
 *     node bench/traffic-type/main.ts [--split dev|eval|all] [--show] [--conformance DIR] [--markdown]
 *
 * Captures are split by a hash of their names: the table is written looking at `dev` alone, `eval` is
 * what it never saw and what the figure in docs/enrichment.md is of. --show lists what went wrong (dev
 * only). Ends with status 1 where macro F1 over the kinds present is below 0.8.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { DomainCache } from '#manager/enrich/domain-cache.ts';
import { parseIp } from '#manager/enrich/ip-address.ts';
import { trafficFacts } from '#manager/enrich/traffic-facts.ts';
import { type TrafficVerdict, trafficType } from '#manager/enrich/traffic-type.ts';
import { confusion, type Judged } from './confusion.ts';
import { kindOfLabel } from './labels.ts';

const { values } = parseArgs({
  options: {
    split: { type: 'string', default: 'eval' },
    show: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    conformance: {
      type: 'string',
      default: join(import.meta.dirname, '../../../shared/conformance'),
    },
  },
});
const kWanted = 0.8;
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

const folder = join(values.conformance, 'data');
const cases = caseSchema.parse(JSON.parse(readFileSync(join(folder, 'ndpi.json'), 'utf8')));
const judged: Judged[] = [];
for (const each of cases) {
  if (values.split !== 'all' && splitOf(each.id) !== values.split) continue;
  const found = kindsOfFlows(each.pcap);
  for (const flow of each.flows) {
    const truth = kindOfLabel(flow.app);
    const verdict = found.get(keyOf(flow.proto, flow.a, flow.b));
    if (truth === undefined || verdict === undefined || verdict.guessed) continue;
    judged.push({ truth, told: verdict.type });
    if (values.show && values.split === 'dev' && truth !== verdict.type) {
      console.log(`${each.id}  ${flow.app}: ${verdict.type} by ${verdict.rule}  ${verdict.about}`);
    }
  }
}
const { text, macroF1 } = confusion(judged, values.markdown);
console.log(text);
console.log(`${judged.length} flows, split ${values.split}, macro F1 ${macroF1.toFixed(3)}`);
process.exitCode = macroF1 >= kWanted ? 0 : 1;

function splitOf(id: string): 'dev' | 'eval' {
  const [first = 0] = createHash('sha256').update(id).digest();
  return first % 2 === 0 ? 'dev' : 'eval';
}

interface Found extends TrafficVerdict {
  readonly about: string;
  readonly guessed: boolean;
}

function kindsOfFlows(pcap: string) {
  const work = mkdtempSync(join(tmpdir(), 'netmoth-traffic-type-'));
  try {
    const file = join(work, 'capture');
    writeFileSync(file, gunzipSync(readFileSync(join(folder, 'pcaps', `${pcap}.gz`))));
    const cli = join(import.meta.dirname, '../../cli/bin/netmoth.mjs');
    const lines = execFileSync(
      process.execPath,
      [
        cli,
        'read',
        '--quiet',
        '--checksums',
        'ignore',
        '--set',
        'eve.flowProfile=true',
        '--set',
        'midstream=true',
        '--eve',
        '-',
        file,
      ],
      { maxBuffer: kMaxEvents, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    return kindsOf(lines.split('\n').filter((line) => line !== ''));
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** As ingest sees them: names come before the flows that they name. */
function kindsOf(lines: readonly string[]) {
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
  const found = new Map<string, Found>();
  for (const event of events) {
    if (event['event_type'] !== 'flow') continue;
    const named = (event['netmoth'] as Json)['domain'];
    const domain = typeof named === 'string' ? named : domains.of(event['flow_id']);
    const facts = trafficFacts(event, domain);
    const ends = ['src', 'dest'].map((end): [string, number] => [
      String(event[`${end}_ip`]),
      Number(event[`${end}_port`] ?? 0),
    ]);
    const key = keyOf(String(event['proto']), ends[0] ?? ['', 0], ends[1] ?? ['', 0]);
    const about = `${domain} ${facts.appProto} ${facts.category} ${facts.proto} ${facts.destPort}`;
    // nDPI names TCP flows without payload by their port: nothing to measure against.
    const guessed = facts.proto === 'TCP' && facts.sizes.length === 0;
    found.set(key, { ...trafficType(facts), about, guessed });
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
