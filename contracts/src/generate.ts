/**
 * Writes contracts/generated: `node contracts/src/generate.ts`. With `--check` it writes nothing and
 * fails where a file is stale.
 *
 * Invariant: the files are what generatedFiles() says, byte for byte (generate.test.ts compares).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eveJsonSchema } from './json-schema.ts';
import { openApiDocument } from './openapi.ts';

export const GENERATED_DIR = join(import.meta.dirname, '..', 'generated');

/** File name → text. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    'eve.schema.json': text(eveJsonSchema()),
    'openapi.json': text(openApiDocument()),
  };
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Names of the files that differ from what the contracts say now. */
export function staleFiles(directory: string = GENERATED_DIR): string[] {
  return Object.entries(generatedFiles())
    .filter(([name, text]) => readOrEmpty(join(directory, name)) !== text)
    .map(([name]) => name);
}

export function writeGenerated(directory: string = GENERATED_DIR): void {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(generatedFiles())) {
    writeFileSync(join(directory, name), text);
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = staleFiles();
    if (stale.length > 0) {
      console.error(`stale: ${stale.join(', ')}; run: node contracts/src/generate.ts`);
      process.exitCode = 1;
    }
  } else {
    writeGenerated();
  }
}
