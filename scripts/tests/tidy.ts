// clang-tidy over the engine. Invariant: a file counts as clean only for exactly the sources, headers and
// checks it was clean with; that result is kept in the cache, because a full run takes minutes.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from '../imports/source-files.ts';
import { kCache } from '../setup/paths.mjs';
import { inParallel, runCommand } from './command.ts';
import { buildCppTests, kTestBuild } from './cpp-build.ts';
import { kRoot, type Layer, single } from './layer.ts';

const kParallel = 2;
/** The addon is compiled against Node's headers only, so it is not in the test build. */
const kElsewhere = 'native/src/addon/';

export const tidyLayer: Layer = {
  name: 'tidy',
  title: 'clang-tidy',
  async run({ filters }) {
    const failure = await buildCppTests({ configureOnly: true });
    if (failure !== undefined) {
      console.log(failure);
      return single('clang-tidy', false);
    }
    const files = sourceFiles(kRoot, ['native/src'], /\.cc$/)
      .filter((file) => !file.startsWith(kElsewhere))
      .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
    if (files.length === 0) return single('clang-tidy found no file', false);
    const around = environmentHash();
    const unclean = (
      await inParallel(files, kParallel, async (file) =>
        (await clean(file, around)) ? [] : [file],
      )
    ).flat();
    return {
      ...single('clang-tidy', unclean.length === 0, [`${files.length} files`]),
      failures: unclean.map((file) => `clang-tidy ${file}`),
    };
  },
};

async function clean(file: string, around: string): Promise<boolean> {
  const hash = createHash('sha256').update(around).update(file).update(read(file)).digest('hex');
  const known = join(kCache, 'tidy', hash);
  if (existsSync(known)) return true;
  const args = ['--quiet', '-p', kTestBuild, file];
  const name = `tidy-${file.replaceAll('/', '_')}`;
  const { ok, output } = await runCommand('clang-tidy-14', args, { name });
  if (!ok) {
    const faults = output.split('\n').filter((line) => /(error|warning): /.test(line));
    console.log(faults.slice(0, 20).join('\n'));
    return false;
  }
  mkdirSync(join(kCache, 'tidy'), { recursive: true });
  writeFileSync(known, file);
  return true;
}

/** All headers and the checks: any of them may change what is found in any file. */
function environmentHash(): string {
  const hash = createHash('sha256');
  const shared = [
    '.clang-tidy',
    'native/CMakeLists.txt',
    ...sourceFiles(kRoot, ['native'], /\.h$/),
  ];
  for (const file of shared) hash.update(file).update(read(file));
  return hash.digest('hex');
}

function read(file: string): Buffer {
  return readFileSync(join(kRoot, file));
}
