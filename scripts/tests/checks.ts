// The layers that are one yes or no each: types, lint, format, imports, generated files. Invariant: each
// looks at every file of its kind; one that finds no file has failed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkImports } from '../check-imports.ts';
import { sourceFiles } from '../imports/source-files.ts';
import { lastLines, runCommand } from './command.ts';
import { kNode, kRoot, type Layer, type LayerResult, single, sum } from './layer.ts';

const kTool = (name: string): string => join(kRoot, 'node_modules/.bin', name);

export const typesLayer: Layer = {
  name: 'types',
  title: 'TypeScript types',
  async run() {
    return sum([
      await tool('tsc', kTool('tsc'), ['--project', '.']),
      await tool('tsc-web', kTool('tsc'), ['--noEmit', '--project', 'manager/web']),
    ]);
  },
};

export const lintLayer: Layer = {
  name: 'lint',
  title: 'biome: lint and format of TypeScript, JavaScript and JSON',
  run: () => tool('biome', kTool('biome'), ['ci', '--colors=off', '--max-diagnostics=50', '.']),
};

export const cppFormatLayer: Layer = {
  name: 'cpp-format',
  title: 'clang-format',
  async run() {
    const files = sourceFiles(kRoot, ['native'], /\.(cc|h)$/);
    if (files.length === 0) return single('clang-format: no C++ file found', false);
    const result = await tool('clang-format', 'clang-format-14', [
      '--dry-run',
      '-Werror',
      ...files,
    ]);
    return { ...result, notes: [`${files.length} files`] };
  },
};

export const importsLayer: Layer = {
  name: 'imports',
  title: 'the import rule',
  async run() {
    const notes: string[] = [];
    return single(
      'import rule',
      checkImports(kRoot, (line) => notes.push(line)),
      notes,
    );
  },
};

const kGenerators = {
  generated: 'contracts/src/generate.ts',
  'generated-crds': 'crds/src/generate.ts',
};

export const generatedLayer: Layer = {
  name: 'generated',
  title: 'generated files are up to date',
  async run() {
    const results: LayerResult[] = [];
    for (const [name, generator] of Object.entries(kGenerators)) {
      results.push(
        existsSync(join(kRoot, generator))
          ? await tool(name, kNode, [generator, '--check'])
          : single(`${generator} is missing`, false),
      );
    }
    return sum(results);
  },
};

async function tool(name: string, command: string, args: readonly string[]): Promise<LayerResult> {
  const { ok, output } = await runCommand(command, args, { name });
  if (!ok) console.log(lastLines(output));
  return single(name, ok);
}
