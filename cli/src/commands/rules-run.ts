/**
 * One capture read against rules, for people who write them: `rules test` and `rules profile`.
 *
 * Invariants: events go into a file that goes away with the run; what is wrong with the rules is told on
 * standard error and counted, because a rule that does not load cannot be tested.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';
import type { ReadSummary } from '#contracts/native.ts';
import { engineConfigFrom, read } from '#native/index.ts';
import { faultText } from '#signatures/faults.ts';
import { type CompiledSources, compileSources } from './compile-sources.ts';
import { settings } from './settings.ts';
import { written } from './temporary-bundle.ts';

export interface RulesRunOptions {
  readonly classification?: string;
  readonly threshold?: string;
  readonly suppress?: readonly string[];
  readonly list: readonly string[];
  readonly var: readonly string[];
  readonly set: readonly string[];
  readonly patternCache: string;
  readonly iprep?: string;
  readonly geoip?: string;
}

export interface RulesRun {
  readonly compiled: CompiledSources;
  readonly summary: ReadSummary;
  /** NDJSON, until the callback ends. */
  readonly evePath: string;
  /** Errors of rules and lists, and rules that the engine cannot match. */
  readonly unsound: number;
}

interface Wanted extends RulesRunOptions {
  readonly rules: readonly string[];
  readonly capture: string;
  readonly profile: boolean;
}

export async function runRules<T>(
  { rules, capture, profile, list, set, patternCache, ...options }: Wanted,
  use: (run: RulesRun) => Promise<T>,
): Promise<T> {
  if (rules.length + list.length === 0) {
    throw new NetmothError('NM_USAGE', 'give rule files, or lists with --list');
  }
  const engine = engineConfigFrom(settings(set));
  const compiled = await compileSources(rules, list, options);
  const errors = compiled.result.faults.filter(({ severity }) => severity === 'error');
  const folder = await mkdtemp(join(tmpdir(), 'netmoth-rules-'));
  try {
    const bundlePath = await written(join(folder, 'signatures.bundle'), compiled.bytes);
    const evePath = join(folder, 'eve.ndjson');
    const summary = await read({
      ...{ path: capture, evePath, bundlePath, patternCache, engine, profile },
    });
    const lines = [...errors.map(faultText), ...summary.rulesNotMatched];
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
    if (summary.fault !== undefined) {
      throw new NetmothError(summary.fault.code, summary.fault.message);
    }
    const unsound = errors.length + compiled.result.faultsOmitted + summary.rulesRefused;
    return await use({ compiled, summary, evePath, unsound });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What stands before the last argument, and the last: `RULES… PCAP`. */
export function rulesAndCapture(files: readonly string[]): { rules: string[]; capture: string } {
  const capture = files.at(-1);
  if (capture === undefined) throw new NetmothError('NM_USAGE', 'give a capture file');
  return { rules: files.slice(0, -1), capture };
}
