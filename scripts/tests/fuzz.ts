// Every fuzz target for some seconds, two at a time. Invariants: each source fuzz/*_fuzz.cc must have become
// a program; what a target finds is kept in build/fuzz and named; corpora live in the cache and grow.
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sourceFiles } from '../imports/source-files.ts';
import { kCache } from '../setup/paths.mjs';
import { inParallel, lastLines, runCommand } from './command.ts';
import { buildCppTests, kTestBuild } from './cpp-build.ts';
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
    const targets = sourceFiles(kRoot, ['native/fuzz'], /_fuzz\.cc$/)
      .map((file) => basename(file, '.cc'))
      .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)));
    if (targets.length === 0) return single('no fuzz target found', false);
    return sum(await inParallel(targets, kParallel, (name) => fuzz(name, fuzzSeconds)));
  },
};

async function fuzz(name: string, seconds: number): Promise<LayerResult> {
  const program = join(kTestBuild, 'fuzz', name);
  if (!existsSync(program)) return single(`${name}: was not built`, false);
  const corpus = join(kCache, 'fuzz', name);
  const findings = join(kRoot, 'build/fuzz');
  for (const folder of [corpus, findings]) mkdirSync(folder, { recursive: true });
  const short = name.replace(/_fuzz$/, '');
  const seeds = ['fuzz/corpus', 'test/protocols/vectors']
    .flatMap((folder) => [`${folder}/${short}`, `${folder}/${short}.datagram`])
    .map((folder) => join(kRoot, 'native', folder))
    .filter((folder) => existsSync(folder));
  const dictionary = join(kRoot, 'native/fuzz/dictionaries', `${short}.dict`);
  const { ok, output } = await runCommand(
    program,
    [
      `-max_total_time=${seconds}`,
      '-timeout=10',
      '-rss_limit_mb=2048',
      '-print_final_stats=1',
      `-artifact_prefix=${findings}/${name}-`,
      ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
      corpus,
      ...seeds,
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
