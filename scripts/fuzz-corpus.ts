// Makes native/fuzz/corpus/*.tar.gz anew, the inputs every CI run plays, from what the fuzzers have found on
// this machine (~/.cache/netmoth/fuzz) and what the clone has:
//
//     npm test -- --only fuzz --fuzz-seconds 600 && node scripts/fuzz-corpus.ts [TARGET…]
//
// Invariant: what is kept covers together what all inputs of at most kMaxInputBytes cover, up to
// kMaxTargetBytes a target, small inputs first; the same inputs give the same archive.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './tests/command.ts';
import { buildCppTests, kTestBuild } from './tests/cpp-build.ts';
import { type FuzzTarget, fuzzTargets, unpackRegression } from './tests/fuzz-targets.ts';

const kMaxInputBytes = 4096;
const kMaxTargetBytes = 256 * 1024;

const failure = await buildCppTests();
if (failure !== undefined) throw new Error(failure);
for (const target of fuzzTargets(process.argv.slice(2))) await keep(target);

async function keep(target: FuzzTarget): Promise<void> {
  const merged = mkdtempSync(join(tmpdir(), 'netmoth-corpus-'));
  mkdirSync(target.found, { recursive: true });
  const before = await unpackRegression(target);
  const from = [target.found, ...(before === undefined ? [] : [before]), ...target.seeds];
  await run(target, target.program, [
    '-set_cover_merge=1',
    `-max_len=${kMaxInputBytes}`,
    merged,
    ...from,
  ]);
  const inputs = readdirSync(merged)
    .map((name) => ({ name, bytes: statSync(join(merged, name)).size }))
    .sort((a, b) => a.bytes - b.bytes || (a.name < b.name ? -1 : 1));
  const kept: string[] = [];
  let bytes = 0;
  for (const input of inputs) {
    bytes += input.bytes;
    if (bytes > kMaxTargetBytes) break;
    kept.push(input.name);
  }
  const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  const compress = ['--use-compress-program=gzip -n9'];
  await run(target, 'tar', [
    ...reproducible,
    ...compress,
    '-cf',
    target.archive,
    '-C',
    merged,
    ...kept,
  ]);
  rmSync(merged, { recursive: true });
  console.log(`${target.name}: ${kept.length} of ${inputs.length} inputs`);
}

async function run(target: FuzzTarget, command: string, args: readonly string[]): Promise<void> {
  const env = { LLVM_PROFILE_FILE: join(kTestBuild, 'fuzz.profraw') };
  const { ok, output } = await runCommand(command, args, { name: `${target.name}-corpus`, env });
  if (!ok) throw new Error(`${target.name}: ${output}`);
}
