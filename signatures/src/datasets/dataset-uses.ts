/**
 * Which datasets a set of rules asks for, and the rules that can have theirs.
 *
 * Invariants: a dataset is one kind of values wherever it is named, whichever rule comes first says which;
 * a rule whose file was not given does not load: it would match nothing, or everything.
 */
import type { Fault } from '../faults.ts';
import type { DatasetUse, Matcher, RuleModel } from '../model/rule-model.ts';
import type { LoadedRules } from '../rule-loader.ts';
import { DATASET_KINDS, type Dataset, type DatasetKind, readDataset } from './read-dataset.ts';

/** A file of values as a rule names it, in the file of the rule. */
export interface DatasetFile {
  readonly rules: string;
  readonly path: string;
}

export const datasetFileKey = ({ rules, path }: DatasetFile): string => `${rules}\0${path}`;

/** Texts by datasetFileKey(); a file that could not be read is not among them. */
export type DatasetFiles = ReadonlyMap<string, string>;

export interface WithDatasets {
  readonly loaded: LoadedRules;
  readonly datasets: readonly Dataset[];
}

export function datasetFilesOf({ models }: LoadedRules): DatasetFile[] {
  const found = new Map<string, DatasetFile>();
  for (const model of models) {
    for (const { use } of usesOf(model)) {
      const path = fileOf(use);
      if (path === undefined) continue;
      const file = { rules: model.origin.file, path };
      found.set(datasetFileKey(file), file);
    }
  }
  return [...found.values()];
}

export function withDatasets(loaded: LoadedRules, files: DatasetFiles): WithDatasets {
  if (!loaded.models.some((model) => usesOf(model).length > 0)) return { loaded, datasets: [] };
  const known = new Map<string, Dataset>();
  const faults: Fault[] = [];
  const left = new Set<number>();
  const told = new Set<string>();
  for (const [at, model] of loaded.models.entries()) {
    for (const found of usesOf(model)) {
      const saved = savesOf(found.use);
      if (saved !== undefined && !told.has(found.use.name)) {
        told.add(found.use.name);
        const message = `what rules set in dataset ${found.use.name} is kept while the engine runs, not written to ${saved}`;
        faults.push({ ...placeOf(model), code: 'RULE_DATASET_SAVE', severity: 'warning', message });
      }
      const wrong = addTo(known, found, model, files, faults);
      if (wrong === undefined) continue;
      left.add(at);
      faults.push({ ...placeOf(model), code: 'RULE_DATASET', severity: 'error', message: wrong });
      break;
    }
  }
  const datasets = [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    datasets,
    loaded: {
      ...loaded,
      rules: loaded.rules.filter((_, at) => !left.has(at)),
      models: loaded.models.filter((_, at) => !left.has(at)),
      failed: loaded.failed + left.size,
      faults: [...loaded.faults, ...faults],
    },
  };
}

function placeOf({ origin }: RuleModel): Pick<Fault, 'file' | 'line' | 'column'> {
  return { file: origin.file, line: origin.line, column: 1 };
}

interface FoundUse {
  readonly use: DatasetUse;
  readonly rated: boolean;
}

/** What keeps the rule from having its dataset. */
function addTo(
  known: Map<string, Dataset>,
  { use, rated }: FoundUse,
  model: RuleModel,
  files: DatasetFiles,
  faults: Fault[],
): string | undefined {
  const { name } = use;
  const before = known.get(name);
  const kind = DATASET_KINDS.find((each) => each === use.kind) ?? before?.kind;
  if (kind === undefined) return `dataset ${name} needs a type`;
  if (before !== undefined && before.kind !== kind)
    return `dataset ${name} is of type ${before.kind} in another rule`;
  const format = optionOf(use, 'format') ?? 'csv';
  if (format !== 'csv') return `files of format ${format} are not read`;
  const path = fileOf(use);
  if (path === undefined) {
    if (before === undefined) known.set(name, emptyOf(name, kind));
    return undefined;
  }
  if (before !== undefined && before.values.length > 0) return undefined;
  const key = datasetFileKey({ rules: model.origin.file, path });
  const text = files.get(key);
  if (text === undefined && optionOf(use, 'load') === undefined) {
    // Suricata begins a `state` file where there is none.
    if (before === undefined) known.set(name, emptyOf(name, kind));
    return undefined;
  }
  if (text === undefined) return `the file of dataset ${name}, ${path}, is not there`;
  const read = readDataset({ name, kind, rated }, path, text);
  faults.push(...read.faults);
  const most = sizeOf(optionOf(use, 'memcap'));
  const octets = read.dataset.values.reduce((sum, value) => sum + value.length, 0);
  if (octets > most) return `dataset ${name} has ${octets} octets, more than its memcap of ${most}`;
  known.set(name, read.dataset);
  return undefined;
}

function emptyOf(name: string, kind: DatasetKind): Dataset {
  return { name, kind, values: [], reputations: [] };
}

function usesOf({ inspections }: RuleModel): FoundUse[] {
  return inspections.flatMap(({ matchers }) =>
    matchers.flatMap((matcher: Matcher): FoundUse[] => {
      if (matcher.type === 'dataset') return [{ use: matcher.dataset, rated: false }];
      return matcher.type === 'datarep' ? [{ use: matcher.dataset, rated: true }] : [];
    }),
  );
}

/** `state` is a file that is loaded and saved; here it is loaded. */
function fileOf(use: DatasetUse): string | undefined {
  return optionOf(use, 'load') ?? optionOf(use, 'state');
}

function optionOf({ options }: DatasetUse, name: string): string | undefined {
  return options.find(([option]) => option === name)?.[1];
}

/** `10mb`, `64 k`, `100`: octets; without a size there is no bound but that of the file. */
function sizeOf(text: string | undefined): number {
  const [, digits = '', unit = ''] = /^(\d+)\s*([kmg]?)b?$/i.exec(text ?? '') ?? [];
  if (digits === '') return Number.POSITIVE_INFINITY;
  return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
}

/** What rules set would have to be written to a file that a sensor does not have. */
function savesOf(use: DatasetUse): string | undefined {
  return optionOf(use, 'save') ?? optionOf(use, 'state');
}
