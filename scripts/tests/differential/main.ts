/**
 * The same alerts whatever the way: ET Open and the rules of suricata-verify over captures.
 *
 *     node scripts/tests/differential/main.ts [--captures FOLDER] [--every N] [--piece 1]
 *
 * Each capture is read in pieces, by 1, 2 and 3 workers, with Vectorscan, with the scalar search and with every rule
 * tested everywhere (no prefilter): all must write the same events (`netmoth_bench same`). Then its TCP payloads are cut into
 * segments of `--piece` octets (larger ones for captures of more than 100,000 octets): the same rules must alert equally often between the
 * same ends. Rules that ask about packets (flags, sizes, windows, packets of TCP, rates) may answer otherwise; they are counted apart.
 * Status 1 where anything else differs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { buildEngineBench } from '../../../bench/engine/build.ts';
import { recut } from '../../../cli/src/testing/recut.ts';
import { engineConfigFrom, read } from '../../../native/lib/index.ts';
import { KEYWORDS } from '../../../signatures/src/keywords/table.ts';
import type { RuleModel } from '../../../signatures/src/model/rule-model.ts';
import { conformanceData } from '../../../signatures/src/testing/conformance-data.ts';
import { etOpen, type RuleBundle, suricataVerify } from './rule-sets.ts';

const { values } = parseArgs({
  options: {
    captures: { type: 'string' },
    every: { type: 'string', default: '1' },
    piece: { type: 'string', default: '1' },
  },
});

/** Octets of a capture that are cut into single ones; of larger captures pieces are larger. */
const MOST_PIECES = 100_000;
/** `same` takes so many captures at a time, so that a run tells of its progress. */
const AT_A_TIME = 100;

const PACKET_FIELDS = KEYWORDS.filter(({ kind }) => kind === 'packet').map(({ name }) => name);

/** Asks about single packets, or how often something matched. */
function asksAboutPackets(model: RuleModel): boolean {
  const { tests, payload, inspections, rate, flow, tags } = model;
  return (
    payload.packet ||
    rate !== undefined ||
    tags.length > 0 ||
    flow.noStream ||
    inspections.length === 0 ||
    inspections.some(({ buffer }) => /^(ipv[46]|tcp|udp|icmpv[46]|ether)\.hdr$/.test(buffer)) ||
    tests.some(({ field }) => PACKET_FIELDS.some((name) => field.startsWith(name)))
  );
}

const data = conformanceData();
if (data === undefined) throw new Error('../shared/conformance/data is not there');
const folder = mkdtempSync(join(tmpdir(), 'netmoth-differential-'));
try {
  const captures = capturesIn(values.captures ?? join(data, 'pcaps'));
  let different = 0;
  for (const bundle of [etOpen(data), suricataVerify(data, false), suricataVerify(data, true)]) {
    const bundlePath = join(folder, 'rules.bundle');
    writeFileSync(bundlePath, bundle.bytes);
    console.log(`${bundle.name}: ${bundle.models.length} rules, ${captures.length} captures`);
    different += sameEvents(bundlePath, captures);
    different += await sameWhenCut(bundle, bundlePath, captures);
  }
  process.exitCode = different === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Unpacked where they are gzip. */
function capturesIn(path: string): string[] {
  const every = Number(values.every);
  return readdirSync(path)
    .sort()
    .filter((_, at) => at % every === 0)
    .map((name) => {
      if (!name.endsWith('.gz')) return join(path, name);
      const plain = join(folder, name.slice(0, -'.gz'.length));
      writeFileSync(plain, gunzipSync(readFileSync(join(path, name))));
      return plain;
    });
}

function sameEvents(bundlePath: string, captures: readonly string[]): number {
  const program = buildEngineBench();
  let different = 0;
  for (let from = 0; from < captures.length; from += AT_A_TIME) {
    const some = captures.slice(from, from + AT_A_TIME);
    try {
      execFileSync(program, ['same', '--bundle', bundlePath, ...some], { stdio: 'pipe' });
    } catch (error) {
      const { stdout } = error as { stdout?: Buffer };
      console.log(stdout?.toString() ?? error);
      different += 1;
    }
  }
  console.log(`  pieces, workers, searches: ${different === 0 ? 'the same events' : 'different'}`);
  return different;
}

async function sameWhenCut(
  { models }: RuleBundle,
  bundlePath: string,
  captures: readonly string[],
): Promise<number> {
  const ofPackets = new Set(models.filter(asksAboutPackets).map(({ sid }) => sid));
  const told = { cut: 0, alerts: 0, ofPackets: 0, different: 0 };
  for (const capture of captures) {
    const whole = readFileSync(capture);
    const piece = Math.max(Number(values.piece), Math.ceil(whole.length / MOST_PIECES));
    const made = recut(whole, piece);
    if (made === undefined || made.cut === 0) continue;
    const cutPath = join(folder, 'cut.pcap');
    writeFileSync(cutPath, made.capture);
    told.cut += 1;
    const [one, other] = [await alertsOf(capture, bundlePath), await alertsOf(cutPath, bundlePath)];
    for (const key of new Set([...one.keys(), ...other.keys()])) {
      const [before = 0, after = 0] = [one.get(key), other.get(key)];
      told.alerts += before;
      if (before === after) continue;
      if (ofPackets.has(Number(key.split(' ')[0]))) {
        told.ofPackets += 1;
        continue;
      }
      told.different += 1;
      console.log(`  ${capture}: ${key}: ${before} whole, ${after} in pieces of ${piece}`);
    }
  }
  console.log(
    `  ${told.cut} captures cut: ${told.different} of ${told.alerts} alerts differ; ${told.ofPackets} of rules that ask about packets`,
  );
  return told.different;
}

/** How often, by signature and ends. */
async function alertsOf(path: string, bundlePath: string): Promise<ReadonlyMap<string, number>> {
  const evePath = join(folder, 'eve.ndjson');
  const engine = engineConfigFrom({ packetAlertMax: 255 });
  const patternCache = join(folder, 'patterns');
  await read({ path, evePath, bundlePath, engine, patternCache }).catch(() => undefined);
  const counts = new Map<string, number>();
  for (const line of readFileSync(evePath, 'utf8').split('\n')) {
    if (!line.includes('"event_type":"alert"')) continue;
    const { alert, src_ip, src_port, dest_ip, dest_port } = JSON.parse(line);
    const ends = [`${src_ip}:${src_port}`, `${dest_ip}:${dest_port}`].join(' > ');
    const key = `${alert.signature_id} ${alert.signature} ${ends}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
