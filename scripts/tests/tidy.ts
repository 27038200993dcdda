// clang-tidy over the engine. Invariant: a file counts as clean only for exactly the source, the headers it
// reaches and the checks it was clean with; that is kept in the cache, because a full run takes minutes.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { includesOf, kSource } from '../imports/cpp.ts';
import { sourceFiles } from '../imports/source-files.ts';
import { kCache } from '../setup/paths.mjs';
import { inParallel, runCommand } from './command.ts';
import { buildCppTests, kTestBuild } from './cpp-build.ts';
import { kRoot, type Layer, single } from './layer.ts';

const kParallel = 2;
const kReportEvery = 10;
const kShownFaults = 40;
/** The addon is compiled against Node's headers only, so it is not in the test build. */
const kElsewhere = 'native/src/addon/';

export const tidyLayer: Layer = {
  name: 'tidy',
  title: 'clang-tidy',
  async run({ filters }) {
    // The whole build, because some tables are made by it; after the C++ tests there is nothing to do.
    const failure = await buildCppTests();
    if (failure !== undefined) {
      console.log(failure);
      return single('clang-tidy', false);
    }
    const files = sourceFiles(kRoot, ['native/src'], /\.cc$/)
      .filter((file) => !file.startsWith(kElsewhere))
      .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
    if (files.length === 0) return single('clang-tidy found no file', false);
    let done = 0;
    const unclean = await inParallel(files, kParallel, async (file) => {
      const faults = await faultsOf(file);
      done += 1;
      if (done % kReportEvery === 0) console.log(`  … ${done} of ${files.length} files`);
      return faults;
    });
    const faults = [...new Set(unclean.flat())];
    for (const fault of faults.slice(0, kShownFaults)) console.log(fault);
    return single('clang-tidy', faults.length === 0, [
      `${files.length} files, ${faults.length} faults`,
    ]);
  },
};

/** What is wrong in the file, as clang-tidy prints it; nothing when it is known to be clean. */
async function faultsOf(file: string): Promise<string[]> {
  const known = join(kCache, 'tidy', contentKey(file));
  if (existsSync(known)) return [];
  const args = ['--quiet', '-p', kTestBuild, file];
  const name = `tidy-${file.replaceAll('/', '_')}`;
  const { ok, output } = await runCommand('clang-tidy-14', args, { name, silent: true });
  if (ok) {
    mkdirSync(join(kCache, 'tidy'), { recursive: true });
    writeFileSync(known, file);
    return [];
  }
  const faults = output.split('\n').filter((line) => /: (error|warning): /.test(line));
  return faults.length > 0
    ? faults
    : [`${file}: clang-tidy failed; see build/logs/test-${name}.log`];
}

/** The source, every header of ours it reaches, the checks and the flags. */
function contentKey(file: string): string {
  const hash = createHash('sha256');
  const seen = new Set([file, '.clang-tidy', 'native/CMakeLists.txt']);
  for (const path of seen) {
    const text = readFileSync(join(kRoot, path), 'utf8');
    hash.update(`\0${path}\0`).update(text);
    if (!/\.(cc|h)$/.test(path)) continue;
    for (const { name } of includesOf(text)) {
      const header = `${kSource}/${name}`;
      if (existsSync(join(kRoot, header))) seen.add(header);
    }
  }
  return hash.digest('hex');
}
