/**
 * Rule files and lists as one compiled bundle: what `rules compile` writes and `read` matches against.
 *
 * Invariant: the order of the arguments and the folder of the files change nothing in the bundle.
 */
import { checked } from '#signatures/check-rules.ts';
import { compile } from '#signatures/compile/compile.ts';
import type { ActionOrder } from '#signatures/compile/order.ts';
import type { RuleModel } from '#signatures/model/rule-model.ts';
import { reputationPaths } from './address-sources.ts';
import { givenLists, type ListSources, readListSources } from './list-sources.ts';
import { labelsOf, readRuleSources, type SourceOptions } from './rule-sources.ts';

export interface CompiledSources extends ReturnType<typeof compile> {
  /** What `rules check` says of the rules, with the faults of everything read. */
  readonly result: ReturnType<typeof checked>;
  readonly lists: ListSources;
  /** The rules that loaded, resolved. */
  readonly models: readonly RuleModel[];
}

export interface CompileOptions extends Omit<SourceOptions, 'label'> {
  readonly actionOrder?: ActionOrder;
}

export async function compileSources(
  paths: readonly string[],
  lists: readonly string[],
  options: CompileOptions,
): Promise<CompiledSources> {
  const { classification, reference, threshold, iprep, geoip } = options;
  const reputations = (await reputationPaths(iprep)).map(([, path]) => path);
  const configs = [classification, reference, threshold, geoip, ...reputations].filter(
    (path) => path !== undefined,
  );
  const given = givenLists(lists);
  const label = labelsOf([...paths, ...configs, ...given.map(({ path }) => path)]);
  // Sorted, so that the order of the arguments (or of the shell's wildcard) changes nothing.
  const ordered = [...paths].sort((a, b) => (label(a) < label(b) ? -1 : 1));
  const input = await readRuleSources(ordered, { ...options, label });
  const read = await readListSources(given, label);
  const compiled = compile({
    ...input,
    sources: [...input.sources, ...read.sources],
    indicators: read.indicators,
    ...(options.actionOrder !== undefined && { actionOrder: options.actionOrder }),
    withTexts: options.keepTexts ?? false,
    faults: [...input.faults, ...read.faults],
  });
  const rules = checked(compiled.loaded);
  const result = {
    ...rules,
    faults: [...input.faults, ...rules.faults, ...read.faults],
    faultsOmitted: rules.faultsOmitted + read.faultsOmitted,
  };
  return { ...compiled, result, lists: read, models: compiled.loaded.models };
}
