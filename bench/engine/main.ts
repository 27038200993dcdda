/**
 * The engine beside what a user would take instead, in one run, and beside its own bare loop.
 *
 *     node bench/engine/main.ts [--size 1G] [--repeat 3] [--only mixed,small,…] [--out DIR]
 *     SURICATA_BIN=/usr/bin/suricata node bench/engine/main.ts
 *     node bench/engine/main.ts --rules /etc/rules/a.rules --rules /etc/rules/b.rules
 *
 * With --rules each engine runs with them too, in rows of their own; loading them is part of that.
 * Captures: imix-bulk, mixed and small of ../shared/conformance/synth_bench.py (--synth FILE for
 * another place), 100k and 1 M concurrent flows, one elephant; they stay in ~/.cache/netmoth/bench.
 * The runs of a capture are interleaved and the minimum of the repeats counts: on a shared machine
 * the others only ever add. Writes engine.md and engine.json.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Measured, measure } from '../read/measure.ts';
import { buildEngineBench } from './build.ts';
import { type Candidate, candidates, compiledRules, eveIn } from './candidates.ts';
import { elephantCapture, manyFlowsCapture, PROFILES, profileCapture } from './captures.ts';
import { markdown, type Row } from './report.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1G' },
    repeat: { type: 'string', default: '3' },
    only: { type: 'string' },
    rules: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'build/bench-results' },
    synth: { type: 'string', default: '../shared/conformance/synth_bench.py' },
    cache: { type: 'string', default: join(homedir(), '.cache', 'netmoth', 'bench') },
  },
});

const ELEPHANT_SEGMENTS = 300_000;
const FLOW_ROUNDS = 4;
const root = join(import.meta.dirname, '..', '..');
const store = { folder: values.cache, synth: join(root, values.synth) };
const program = buildEngineBench();
const repeat = Number(values.repeat);
const rules =
  values.rules.length === 0 ? undefined : compiledRules(root, store.folder, values.rules);

const captures: readonly (readonly [string, () => string])[] = [
  ...PROFILES.map((name) => [name, () => profileCapture(store, name, values.size)] as const),
  ['100k-flows', () => manyFlowsCapture(store, 100_000, 10 * FLOW_ROUNDS)],
  ['1M-flows', () => manyFlowsCapture(store, 1_000_000, FLOW_ROUNDS)],
  ['elephant', () => elephantCapture(store, ELEPHANT_SEGMENTS)],
];
const wanted = values.only?.split(',');
const rows: Row[] = [];
for (const [name, make] of captures) {
  if (wanted === undefined || wanted.includes(name)) rows.push(...rowsOf(name, make()));
}
mkdirSync(values.out, { recursive: true });
const text = markdown(rows, { size: values.size, repeat });
writeFileSync(join(values.out, 'engine.md'), text);
writeFileSync(join(values.out, 'engine.json'), `${JSON.stringify(rows, undefined, 2)}\n`);
console.log(text);

/** Every candidate on one capture: a round of all, then the next round. */
function rowsOf(capture: string, path: string): Row[] {
  const counted = execFileSync(program, ['loop', path], { encoding: 'utf8' });
  const packets = Number(/"packets":(\d+)/.exec(counted)?.[1]);
  const best = new Map<Candidate, Measured>();
  const all = candidates({ path, program, root, folder: values.cache, rules });
  for (let round = 0; round < repeat; round += 1) {
    for (const each of all) {
      rmSync(eveIn(values.cache), { force: true });
      best.set(each, least(best.get(each), measure(each.command, { repeat: 1 })));
    }
  }
  const bits = statSync(path).size * 8;
  return [...best].map(([{ name }, run]) => ({
    capture,
    name,
    packets,
    bits,
    cpuSeconds: run.cpuSeconds,
    wallSeconds: run.wallSeconds,
    maxRssMiB: run.maxRssMiB,
  }));
}

function least(before: Measured | undefined, now: Measured): Measured {
  if (before === undefined) return now;
  return {
    ...now,
    cpuSeconds: Math.min(before.cpuSeconds, now.cpuSeconds),
    wallSeconds: Math.min(before.wallSeconds, now.wallSeconds),
    maxRssMiB: Math.max(before.maxRssMiB, now.maxRssMiB),
  };
}
