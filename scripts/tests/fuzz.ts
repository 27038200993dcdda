// Every fuzz target for some seconds, two at a time. Invariants: each source fuzz/*_fuzz.cc must have become
// a program; what a target finds is kept in build/fuzz and named; every clone's regression inputs are played first.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inParallel, lastLines, runCommand } from './command.ts';
import { buildCppTests, kTestBuild } from './cpp-build.ts';
import { type FuzzTarget, fuzzTargets, unpackRegression } from './fuzz-targets.ts';
import { emptyResult, kRoot, type Layer, type LayerResult, single, sum } from './layer.ts';

const kParallel = 2;

export const fuzzLayer: Layer = {
  name: 'fuzz',
  title: 'C++: libFuzzer targets',
  async run({ filters, fuzzSeconds }) {
    const failure = await buildCppTests();
    if (failure !== undefined) {
      console.log(failure);
      return single('C++ test build', false);
    }
    const targets = fuzzTargets(filters);
    if (targets.length === 0) return single('no fuzz target found', false);
    return sum(await inParallel(targets, kParallel, (target) => fuzz(target, fuzzSeconds)));
  },
};

async function fuzz(target: FuzzTarget, seconds: number): Promise<LayerResult> {
  const { name, program, dictionary } = target;
  if (!existsSync(program)) return single(`${name}: was not built`, false);
  const findings = join(kRoot, 'build/fuzz');
  for (const folder of [target.found, findings]) mkdirSync(folder, { recursive: true });
  const regression = await unpackRegression(target);
  const { ok, output } = await runCommand(
    program,
    [
      `-max_total_time=${seconds}`,
      '-timeout=10',
      '-rss_limit_mb=2048',
      '-print_final_stats=1',
      `-artifact_prefix=${findings}/${name}-`,
      ...(dictionary === undefined ? [] : [`-dict=${dictionary}`]),
      target.found,
      ...(regression === undefined ? [] : [regression]),
      ...target.seeds,
    ],
    { name, env: { LLVM_PROFILE_FILE: join(kTestBuild, 'fuzz.profraw') } },
  );
  if (!ok) console.log(lastLines(output));
  const runs = /stat::number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ?? '0';
  const covered = [...output.matchAll(/\bcov: (\d+)/g)].at(-1)?.[1] ?? '?';
  if (ok && Number(runs) === 0) return single(`${name}: ran nothing`, false);
  const notes = [`${name}: ${Number(runs).toLocaleString('en')} runs, ${covered} edges`];
  return { ...emptyResult, ...single(name, ok, notes) };
}
