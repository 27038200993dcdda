/**
 * classification.config and reference.config, and which files of a set are no rules.
 *
 * Invariant: a broken line is a fault, the other lines count.
 */
import { type Fault, shown } from './faults.ts';

export interface Classification {
  readonly name: string;
  readonly description: string;
  readonly priority: number;
}

export interface ConfigFile<T> {
  readonly entries: ReadonlyMap<string, T>;
  readonly faults: readonly Fault[];
}

export type ConfigKind = 'classification' | 'reference' | 'threshold' | 'categories' | 'reputation';

/** What a file is by its name; undefined: rules. */
export function configKind(name: string): ConfigKind | undefined {
  if (name === 'categories.txt') return 'categories';
  if (/^reputation(-[\w.-]+)?\.list$/.test(name)) return 'reputation';
  const found = /^(classification|reference|threshold)\.config(\.gz)?$/.exec(name);
  return found?.[1] as ConfigKind | undefined;
}

const CLASSIFICATION = /^config\s+classification:\s*([\w-]+)\s*,([^,]*),\s*(\d{1,3})$/;
const REFERENCE = /^config\s+reference:\s*([\w.-]+)\s+(\S.*)$/;

export function readClassifications(file: string, source: string): ConfigFile<Classification> {
  return readLines(file, source, (text) => {
    const found = CLASSIFICATION.exec(text);
    if (found === null) return undefined;
    const [, name = '', description = '', priority] = found;
    return [name, { name, description: description.trim(), priority: Number(priority) }];
  });
}

/** Systems of `reference:SYSTEM,ID` by the URL prefix they stand for. */
export function readReferences(file: string, source: string): ConfigFile<string> {
  return readLines(file, source, (text) => {
    const found = REFERENCE.exec(text);
    return found === null ? undefined : [found[1] ?? '', (found[2] ?? '').trim()];
  });
}

function readLines<T>(
  file: string,
  source: string,
  read: (text: string) => readonly [string, T] | undefined,
): ConfigFile<T> {
  const entries = new Map<string, T>();
  const faults: Fault[] = [];
  for (const [index, raw] of source.split('\n').entries()) {
    const text = raw.trim();
    if (text === '' || text.startsWith('#')) continue;
    const entry = read(text);
    if (entry !== undefined) entries.set(...entry);
    else {
      const message = `${shown(text)} is no "config classification:" or "config reference:" line`;
      const place = { file, line: index + 1, column: raw.search(/\S/) + 1 };
      faults.push({ ...place, code: 'CONFIG_LINE', severity: 'error', message });
    }
  }
  return { entries, faults };
}
