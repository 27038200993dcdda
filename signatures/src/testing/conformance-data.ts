/** Where rule files and feeds of other projects lie, for tests that run them whole; undefined without them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RuleFile } from '../check-rules.ts';

export function conformanceData(): string | undefined {
  let at = import.meta.dirname;
  while (dirname(at) !== at) {
    const found = join(at, 'shared', 'conformance', 'data');
    if (existsSync(found)) return found;
    at = dirname(at);
  }
  return undefined;
}

/** The rule files of a folder, plain or gzip, by name. */
export function ruleFilesIn(dir: string): RuleFile[] {
  return readdirSync(dir)
    .filter((name) => /\.rules(\.gz)?$/.test(name))
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(dir, name));
      return { name, text: (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8') };
    });
}
