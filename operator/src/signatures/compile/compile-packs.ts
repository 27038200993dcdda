/**
 * The rules of one or several sets as one bundle.
 *
 * Invariants: pure; of two rules with the same gid and sid the one of the set that stands first (the
 * higher priority) is taken and the other named; each set's rules are read with its own variables.
 */
import { basename } from 'node:path';
import { bundleDigestOf } from '#contracts/signature-store.ts';
import { ReputationBook } from '#signatures/addresses/reputation-book.ts';
import { loadRules } from '#signatures/check-rules.ts';
import { compile, type Source, sourceOf } from '#signatures/compile/compile.ts';
import type { ThresholdEntry } from '#signatures/compile/threshold-config.ts';
import { configKind } from '#signatures/config-files.ts';
import { ConfigSet } from '#signatures/config-set.ts';
import type { DatasetFiles } from '#signatures/datasets/dataset-uses.ts';
import type { Fault } from '#signatures/faults.ts';
import { FilesBeside, parted } from '#signatures/files-beside.ts';
import { type ListFile, readLists } from '#signatures/lists/read-lists.ts';
import type { RuleModel } from '#signatures/model/rule-model.ts';
import type { Rule } from '#signatures/rule.ts';
import type { LoadedRules } from '#signatures/rule-loader.ts';
import type { RulePack } from './rule-pack.ts';

export interface Part {
  readonly set: string;
  readonly pack: RulePack;
}

export interface Conflict {
  readonly sid: number;
  /** Whose rule is taken, and whose is not. */
  readonly winner: string;
  readonly loser: string;
}

export interface CompiledParts {
  readonly bytes: Uint8Array;
  readonly digest: string;
  /** In the bundle. */
  readonly rules: number;
  /** Entries of lists. */
  readonly indicators: number;
  /** Rules that have an error. */
  readonly failed: number;
  /** Errors, the first kFaultsKept. */
  readonly faults: readonly Pick<Fault, 'file' | 'line' | 'message'>[];
  readonly faultCount: number;
  readonly conflicts: readonly Conflict[];
  readonly conflictCount: number;
}

const kFaultsKept = 50;
const kConflictsKept = 50;

interface PartRules {
  readonly part: Part;
  readonly loaded: LoadedRules;
  readonly thresholds: readonly ThresholdEntry[];
  readonly faults: readonly Fault[];
  readonly sources: readonly Source[];
  readonly reputations: ReputationBook | undefined;
  readonly datasetFiles: DatasetFiles;
  readonly lists: readonly ListFile[];
}

/** In the order of their priority. */
export function compileParts(parts: readonly Part[]): CompiledParts {
  const alone = parts.length === 1;
  const read = parts.map((part) => readPart(part, alone ? '' : `${part.set}/`));
  const { loaded, conflicts } = merged(read);
  const [first] = parts;
  const lists = readLists(read.flatMap((each) => each.lists));
  const others = [...read.flatMap((each) => each.faults), ...lists.faults];
  const bundle = compile({
    sources: read.flatMap(({ sources }) => sources),
    variables: alone ? (first?.pack.variables ?? {}) : {},
    loaded,
    thresholds: read.flatMap(({ thresholds }) => thresholds),
    addresses: { reputations: mergedReputations(read) },
    datasetFiles: new Map(read.flatMap(({ datasetFiles }) => [...datasetFiles])),
    indicators: lists.indicators,
    faults: others,
  });
  // Rules without their datasets are left out when all is put together.
  const { loaded: taken } = bundle;
  const faults = [...others, ...taken.faults];
  const errors = faults.filter(({ severity }) => severity === 'error');
  return {
    bytes: bundle.bytes,
    digest: bundleDigestOf(bundle.digest),
    rules: taken.models.length,
    indicators: lists.entries,
    failed: taken.failed,
    faults: errors
      .slice(0, kFaultsKept)
      .map(({ file, line, message }) => ({ file, line, message })),
    faultCount: errors.length + taken.faultsOmitted + lists.faultsOmitted,
    conflicts: conflicts.slice(0, kConflictsKept),
    conflictCount: conflicts.length,
  };
}

function readPart(part: Part, prefix: string): PartRules {
  const { files: all, variables, thresholds, enable, disable } = part.pack;
  const { lists = [], datasets = [] } = part.pack;
  const listed = new Set(lists.map(({ file }) => file));
  const files = all.filter(({ name }) => !listed.has(name));
  const configs = new ConfigSet(variables);
  const kinds = files.map(({ name }) => configKind(basename(name)));
  for (const [place, { name, text }] of files.entries()) {
    const kind = kinds[place];
    if (kind !== undefined) configs.add(kind, `${prefix}${name}`, text);
  }
  if (thresholds !== '') configs.add('threshold', `${prefix}spec.thresholds`, thresholds);
  const labelled = files.map(({ name, text }) => ({ name: `${prefix}${name}`, text }));
  const values = new Set(datasets.map((name) => `${prefix}${name}`));
  const { rules, data } = parted(labelled.filter(({ name }) => !values.has(name)));
  const beside = new FilesBeside([...data, ...labelled.filter(({ name }) => values.has(name))]);
  const loaded = loadRules(rules, variables, {
    ...configs.forRules,
    readList: beside.text,
    enable: idsOf(enable),
    disable: idsOf(disable),
  });
  const sources = all.map(({ name, text }) => sourceOf(`${prefix}${name}`, Buffer.from(text)));
  const { reputations } = configs.addresses;
  return {
    part,
    loaded,
    thresholds: configs.thresholds,
    faults: configs.faults,
    sources,
    reputations,
    datasetFiles: beside.datasetFiles(loaded),
    lists: lists.map(({ file, options }) => {
      const text = all.find(({ name }) => name === file)?.text ?? '';
      // In faults with its set, in alerts by its own name.
      const name = options.name ?? basename(file).replace(/\.\w+$/, '');
      return { name: `${prefix}${file}`, text, list: { ...options, name } };
    }),
  };
}

/** Categories of the same name are one. */
function mergedReputations(read: readonly PartRules[]): ReputationBook {
  const merged = new ReputationBook();
  for (const { reputations } of read) if (reputations !== undefined) merged.take(reputations);
  return merged;
}

/** As rules are called where generators count: a SID alone is of generator 1. */
function idsOf(sids: readonly number[]): ReadonlySet<string> {
  return new Set(sids.map((sid) => `1:${sid}`));
}

function merged(read: readonly PartRules[]): {
  readonly loaded: LoadedRules;
  readonly conflicts: readonly Conflict[];
} {
  const rules: Rule[] = [];
  const models: RuleModel[] = [];
  const conflicts: Conflict[] = [];
  const owners = new Map<string, string>();
  for (const { part, loaded } of read) {
    for (const [place, rule] of loaded.rules.entries()) {
      const model = loaded.models[place];
      if (model === undefined) continue;
      const id = `${rule.gid}:${rule.sid}`;
      const winner = owners.get(id);
      if (winner !== undefined) {
        conflicts.push({ sid: rule.sid, winner, loser: part.set });
        continue;
      }
      owners.set(id, part.set);
      rules.push(rule);
      models.push(model);
    }
  }
  const sum = (count: (loaded: LoadedRules) => number): number =>
    read.reduce((total, { loaded }) => total + count(loaded), 0);
  const loaded: LoadedRules = {
    rules,
    models,
    texts: new Map(),
    failed: sum(({ failed }) => failed),
    disabled: sum(({ disabled }) => disabled),
    replaced: sum(({ replaced }) => replaced) + conflicts.length,
    skipped: sum(({ skipped }) => skipped),
    faults: read.flatMap((each) => each.loaded.faults),
    faultsOmitted: sum(({ faultsOmitted }) => faultsOmitted),
  };
  return { loaded, conflicts };
}
