// Line coverage of the engine by folder, from the profiles of the unit tests. Invariant: a folder whose
// sources were built but never run shows as 0 %, not as absent.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, runCommand } from './command.ts';
import { kProfiles, kTestBuild } from './cpp-build.ts';
import { kResults, kRoot } from './layer.ts';

interface Count {
  readonly count: number;
  readonly covered: number;
}

interface Export {
  readonly data: readonly {
    readonly files: readonly { readonly filename: string; readonly summary: { lines: Count } }[];
  }[];
}

/** Lines for people: one with the total, one with the folders. */
export async function cppCoverage(): Promise<string[]> {
  const merged = join(kTestBuild, 'coverage.profdata');
  const profiles = filesIn(kProfiles, /\.profraw$/);
  if (profiles.length === 0) return ['C++ coverage: no profile was written'];
  const merge = ['merge', '-sparse', '-o', merged, ...profiles];
  const first = await runCommand('llvm-profdata-14', merge, { name: 'cpp-profdata' });
  if (!first.ok) return [`C++ coverage: ${lastLines(first.output, 3)}`];
  const [program, ...others] = filesIn(join(kTestBuild, 'test'), /^test_[a-z]+$/);
  if (program === undefined) return ['C++ coverage: no test program found'];
  const args = [
    'export',
    '-summary-only',
    `-instr-profile=${merged}`,
    '-ignore-filename-regex=(^/usr/|native/(test|fuzz|bench)/)',
    program,
    ...others.flatMap((other) => ['-object', other]),
  ];
  const { ok, output } = await runCommand('llvm-cov-14', args, { name: 'cpp-coverage' });
  if (!ok) return [`C++ coverage: ${lastLines(output, 3)}`];
  const json = output.slice(output.indexOf('{"data"'));
  writeFileSync(join(kResults, 'cpp-coverage.json'), json);
  return summary(JSON.parse(json) as Export);
}

function summary({ data }: Export): string[] {
  const folders = new Map<string, { count: number; covered: number }>();
  const total = { count: 0, covered: 0 };
  for (const { filename, summary: counts } of data.flatMap(({ files }) => files)) {
    const folder = /native\/src\/([^/]+)\//.exec(filename)?.[1];
    if (folder === undefined) continue;
    const sum = folders.get(folder) ?? { count: 0, covered: 0 };
    folders.set(folder, sum);
    for (const target of [sum, total]) {
      target.count += counts.lines.count;
      target.covered += counts.lines.covered;
    }
  }
  const byFolder = [...folders].map(([folder, lines]) => `${folder} ${percent(lines)}`);
  return [`C++ coverage: ${percent(total)} of ${total.count} lines (${byFolder.join(', ')})`];
}

function percent({ count, covered }: Count): string {
  return count === 0 ? '–' : `${((100 * covered) / count).toFixed(1)} %`;
}

function filesIn(folder: string, name: RegExp): string[] {
  try {
    return readdirSync(folder)
      .filter((entry) => name.test(entry))
      .map((entry) => join(folder, entry));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new Error(`cannot list ${folder} in ${kRoot}`, { cause: error });
  }
}
