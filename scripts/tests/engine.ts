// The engine as a whole, without Node: the same events however a capture is read, instructions per
// packet, memory when full. Invariants: the first two are about captures that are in the repository or made here; those of ../shared
// join where they are, for a bounded time. Another compiler than the baseline's is a skip with its reason.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { countHostile, hostileFaults } from '../../bench/callgrind/hostile.ts';
import {
  compiler,
  countInstructions,
  readBaseline,
  regressions,
} from '../../bench/callgrind/measure.ts';
import { buildEngineBench } from '../../bench/engine/build.ts';
import {
  BELOW_WITH_RULES,
  difference,
  fillWorker,
  memoryFaults,
} from '../../bench/memory/measure.ts';
import { goldenGroups } from '../../cli/src/testing/golden/all.ts';
import { rulesOf } from '../../cli/src/testing/golden/golden.ts';
import { loadRules } from '../../signatures/src/check-rules.ts';
import { compile } from '../../signatures/src/compile/compile.ts';
import { faultText } from '../../signatures/src/faults.ts';
import { conformanceData } from '../../signatures/src/testing/conformance-data.ts';
import { runCommand } from './command.ts';
import { playCut } from './differential/cut.ts';
import { bundleOf, etOpen, type RuleBundle, suricataVerify } from './differential/rule-sets.ts';
import { emptyResult, kRoot, type Layer, type LayerResult, single, sum } from './layer.ts';

const kShared = join(kRoot, '../shared/conformance/data/pcaps');
/** Of the development captures, spread over all: some 30 s. The whole is `--only same-events all`. */
const kSharedSample = 60;

export const sameEventsLayer: Layer = {
  name: 'same-events',
  title: 'the engine: the same events for all chunk sizes and numbers of workers',
  async run({ filters }) {
    const program = buildEngineBench();
    const folder = mkdtempSync(join(tmpdir(), 'netmoth-same-'));
    try {
      const shared = unpackShared(folder, filters.includes('all') ? Infinity : kSharedSample);
      const captures = [join(kRoot, 'samples/first-look.pcap'), ...shared];
      const results = [await playSame(program, 'same events', captures)];
      for (const { name, bytes } of ruleBundles()) {
        const bundle = join(folder, 'rules.bundle');
        writeFileSync(bundle, bytes);
        results.push(await playSame(program, `same alerts: ${name}`, captures, bundle));
      }
      results.push(await playGolden(program, folder));
      results.push(...(await cutStreams(folder, shared)));
      return sum(results);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function playSame(
  program: string,
  name: string,
  captures: readonly string[],
  bundle?: string,
): Promise<LayerResult> {
  const given = bundle === undefined ? [] : ['--bundle', bundle];
  const command = ['same', ...given, ...captures];
  const { ok, output } = await runCommand(program, command, { name: 'same-events' });
  if (!ok) console.log(output);
  return single(name, ok, [output.trim().split('\n').at(-1) ?? '']);
}

/** Those of ../shared join where they are. */
function ruleBundles(): Pick<RuleBundle, 'name' | 'bytes'>[] {
  const state = { name: 'rules that remember', bytes: compiledStateRules() };
  const data = conformanceData();
  if (data === undefined) return [state];
  return [state, suricataVerify(data, false), suricataVerify(data, true), etOpen(data)];
}

/** Octets of the captures that are cut: the larger ones take a minute each. */
const kMostCutOctets = 100_000;

/** The same alerts with a segment for each octet, by the rules of suricata-verify. The whole is differential/main.ts. */
async function cutStreams(folder: string, captures: readonly string[]): Promise<LayerResult[]> {
  const data = conformanceData();
  if (data === undefined) return [];
  const bundle = suricataVerify(data, false);
  const bundlePath = join(folder, 'cut.bundle');
  writeFileSync(bundlePath, bundle.bytes);
  const small = captures.filter((path) => statSync(path).size <= kMostCutOctets);
  const { unexplained, ...told } = await playCut(bundle, bundlePath, small, { piece: 1, folder });
  for (const line of unexplained) console.log(`  ${line}`);
  const note = `${told.captures} captures, ${told.alerts} alerts, ${unexplained.length} unexplained differences`;
  return [single('same alerts: a segment for each octet', unexplained.length === 0, [note])];
}

/** The golden rules of each keyword, on their own packets. */
async function playGolden(program: string, folder: string): Promise<LayerResult> {
  const faults: string[] = [];
  const groups = await goldenGroups();
  for (const group of groups) {
    const [capture, bundle] = ['golden.pcap', 'golden.bundle'].map((name) =>
      join(folder, name),
    ) as [string, string];
    writeFileSync(capture, group.capture);
    const files = [{ name: 'golden.rules', text: rulesOf(group) }];
    const readList = (name: string) => group.lists?.[name];
    writeFileSync(
      bundle,
      bundleOf(group.name, files, { readList, addresses: group.addresses ?? {} }).bytes,
    );
    const { ok, output } = await runCommand(program, ['same', '--bundle', bundle, capture], {
      name: 'same-events',
    });
    if (!ok) faults.push(`${group.name}:\n${output}`);
  }
  for (const fault of faults) console.log(fault);
  return single(`same alerts: ${groups.length} golden sets`, faults.length === 0);
}

/** Rules that remember more than one flow, so that the order in which workers find things counts. */
function compiledStateRules(): Buffer {
  const name = 'state.rules';
  const text = readFileSync(join(import.meta.dirname, name), 'utf8');
  const loaded = loadRules([{ name, text }], {});
  const wrong = loaded.faults.filter(({ severity }) => severity === 'error');
  if (wrong.length > 0) throw new Error(wrong.map(faultText).join('\n'));
  return compile({ sources: [], variables: {}, loaded, thresholds: [] }).bytes;
}

/** So many development captures, evenly chosen; none where they are not there. */
function unpackShared(folder: string, count: number): string[] {
  if (!existsSync(kShared)) return [];
  const packed = readdirSync(kShared)
    .filter((name) => name.endsWith('.gz'))
    .sort();
  const step = Math.max(1, Math.ceil(packed.length / count));
  return packed
    .filter((_, at) => at % step === 0)
    .map((name) => {
      const path = join(folder, name.slice(0, -'.gz'.length));
      writeFileSync(path, gunzipSync(readFileSync(join(kShared, name))));
      return path;
    });
}

export const callgrindLayer: Layer = {
  name: 'callgrind',
  title:
    'the engine: instructions per packet, at most 3 % more than the baseline; hostile shapes in proportion',
  run: async () => countAndCompare(),
};

/** Flows of the default configuration. */
const kFlows = 100_000;

export const memoryLayer: Layer = {
  name: 'memory',
  title: 'the engine: memory is what the configuration says, to a tenth',
  async run() {
    const results = [full('memory of a full worker')];
    const data = conformanceData();
    const folder = mkdtempSync(join(tmpdir(), 'netmoth-memory-'));
    try {
      const bundle = join(folder, 'rules.bundle');
      writeFileSync(bundle, data === undefined ? compiledStateRules() : etOpen(data).bytes);
      results.push(full('memory of a full worker with rules', bundle));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return sum(results);
  },
};

function full(name: string, bundlePath?: string): LayerResult {
  const measured = fillWorker(kFlows, bundlePath);
  const below = bundlePath === undefined ? undefined : BELOW_WITH_RULES;
  const faults = memoryFaults(kFlows, measured, below);
  for (const fault of faults) console.log(`  ${fault}`);
  const percent = (difference(measured) * 100).toFixed(1);
  const note = `${measured.grown} octets, by the configuration ${measured.model} (${percent} %)`;
  return single(name, faults.length === 0, [note]);
}

function countAndCompare(): LayerResult {
  const before = readBaseline()[compiler()];
  if (before === undefined) return skip(`no baseline for ${compiler()}`);
  if (!hasValgrind()) return skip('valgrind is not installed');
  const now = countInstructions();
  const faults = regressions(before, now);
  for (const fault of faults) console.log(`  ${fault}`);
  const notes = Object.entries(now).map(([name, count]) => `${name}: ${count} (${before[name]})`);
  const packets = single('instructions per packet', faults.length === 0, notes);
  return sum([packets, compareHostile()]);
}

function compareHostile(): LayerResult {
  const faults = hostileFaults(countHostile());
  for (const fault of faults) console.log(`  ${fault}`);
  return single('hostile shapes cost in proportion', faults.length === 0);
}

function skip(reason: string): LayerResult {
  return { ...emptyResult, skipped: [`instructions per packet: ${reason}`] };
}

function hasValgrind(): boolean {
  try {
    execFileSync('valgrind', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
