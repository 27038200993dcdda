// Lists the source files of a tree. Invariant: nothing generated, built or installed is among them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const kForeign = new Set([
  'node_modules',
  'build',
  'dist',
  'coverage',
  'artefacts',
  'generated',
  '.git',
]);

/** Paths relative to the root, sorted, of the files below the folders whose names match. */
export function sourceFiles(root: string, folders: readonly string[], name: RegExp): string[] {
  return folders.flatMap((folder) => filesBelow(root, folder, name)).sort();
}

function filesBelow(root: string, folder: string, name: RegExp): string[] {
  return entriesOf(join(root, folder)).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return kForeign.has(entry.name) ? [] : filesBelow(root, path, name);
    return name.test(entry.name) ? [path] : [];
  });
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
