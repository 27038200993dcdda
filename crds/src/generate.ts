/**
 * Writes the CustomResourceDefinitions: `node crds/src/generate.ts`. With `--check` it writes nothing
 * and fails where a file is stale.
 *
 * Invariant: the manifests are what the schemas say, byte for byte, in every place they are kept.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { definitionOf, KINDS } from './kinds.ts';
import { GROUP } from './kubernetes-types.ts';

const kRoot = join(import.meta.dirname, '../..');
export const MANIFESTS_DIR = join(kRoot, 'crds/manifests');
/** Helm installs what lies in a chart's crds/ before everything else. */
const kDirectories = ['crds/manifests', 'charts/netmoth/crds'];
const kHeader = '# Made by crds/src/generate.ts from the schemas beside it; do not edit.\n';
const kLineWidth = 100;

/** Path in the clone → text. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const manifests = KINDS.map((kind) => {
    const text = stringify(definitionOf(kind), {
      lineWidth: kLineWidth,
      aliasDuplicateObjects: false,
    });
    return [`${kind.plural}.${GROUP}.yaml`, kHeader + text] as const;
  });
  return Object.fromEntries(
    kDirectories.flatMap((directory) =>
      manifests.map(([name, text]) => [join(directory, name), text] as const),
    ),
  );
}

/** Paths of the files that differ from what the schemas say now. */
export function staleFiles(root: string = kRoot): string[] {
  return Object.entries(generatedFiles())
    .filter(([path, text]) => readOrEmpty(join(root, path)) !== text)
    .map(([path]) => path);
}

export function writeGenerated(root: string = kRoot): void {
  for (const directory of kDirectories) mkdirSync(join(root, directory), { recursive: true });
  for (const [path, text] of Object.entries(generatedFiles())) {
    writeFileSync(join(root, path), text);
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = staleFiles();
    if (stale.length > 0) {
      console.error(`stale: ${stale.join(', ')}; run: node crds/src/generate.ts`);
      process.exitCode = 1;
    }
  } else {
    writeGenerated();
  }
}
