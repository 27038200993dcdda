/**
 * The files a `rules` command is given: rules, plain or gzip, and Suricata's configuration files.
 *
 * Invariants: a file is read in pieces, so that its size does not decide how much memory is needed;
 * classifications and references are read before the rules that use them; a label does not depend on
 * where the files lie, only on how they lie to each other.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { NetmothError } from '#contracts/errors.ts';
import type { AddressFacts } from '#signatures/addresses/address-tables.ts';
import { type Source, sourceOf } from '#signatures/compile/compile.ts';
import { suppressionEntry, type ThresholdEntry } from '#signatures/compile/threshold-config.ts';
import { type ConfigKind, configKind } from '#signatures/config-files.ts';
import { ConfigSet } from '#signatures/config-set.ts';
import {
  type DatasetFiles,
  datasetFileKey,
  datasetFilesOf,
} from '#signatures/datasets/dataset-uses.ts';
import type { Fault } from '#signatures/faults.ts';
import { LogicalLineReader } from '#signatures/logical-lines.ts';
import { type LoadedRules, RuleLoader } from '#signatures/rule-loader.ts';
import { countrySource, reputationPaths } from './address-sources.ts';
import { ListsBeside } from './lists-beside.ts';
import { plainStream, unreadable } from './source-stream.ts';

export interface SourceOptions {
  readonly var: readonly string[];
  readonly classification?: string;
  readonly reference?: string;
  readonly threshold?: string;
  /** Folder of categories.txt and lists of reputations. */
  readonly iprep?: string;
  /** MaxMind database of countries. */
  readonly geoip?: string;
  /** Signature ids, "SID" or "GID:SID", of rules that are commented out and taken all the same. */
  readonly enable?: readonly string[];
  /** Of rules that are left out. */
  readonly disable?: readonly string[];
  /** "SID[,track=by_src|by_dst|by_either,ip=ADDRESSES]": matches that are no alerts. */
  readonly suppress?: readonly string[];
  /** Alerts are to show the texts of rules. */
  readonly keepTexts?: boolean;
  /** What a file is called in faults and rules; the path itself where absent. */
  readonly label?: (path: string) => string;
}

export interface RuleSources {
  readonly sources: readonly Source[];
  readonly variables: Readonly<Record<string, string>>;
  readonly loaded: LoadedRules;
  readonly thresholds: readonly ThresholdEntry[];
  readonly datasetFiles: DatasetFiles;
  readonly addresses: AddressFacts;
  /** Of the configuration files. */
  readonly faults: readonly Fault[];
}

/** Largest configuration file. */
const MAX_CONFIG_BYTES = 64 * 1024 * 1024;

export async function readRuleSources(
  paths: readonly string[],
  options: SourceOptions,
): Promise<RuleSources> {
  const variables = variablesFrom(options.var);
  const suppressed = suppressions(options.suppress ?? [], variables);
  const label = options.label ?? ((path: string) => path);
  const { countries, sources: located } = await countrySource(options.geoip, label);
  const sources: Source[] = [...located];
  const configs = new ConfigSet(variables, countries);
  const reputations = await reputationPaths(options.iprep);
  for (const [kind, path] of [...configPaths(paths, options), ...reputations]) {
    const bytes = await readConfig(path);
    sources.push(sourceOf(label(path), bytes));
    configs.add(kind, label(path), bytes.toString('utf8'));
  }
  const lists = new ListsBeside();
  const loader = new RuleLoader(variables, {
    ...configs.forRules,
    readList: lists.text,
    keepTexts: options.keepTexts ?? false,
    enable: ruleIds(options.enable ?? [], '--enable'),
    disable: ruleIds(options.disable ?? [], '--disable'),
  });
  for (const path of paths.filter((one) => configKind(basename(one)) === undefined)) {
    lists.allow(label(path), path);
    sources.push(await loadFile(path, label(path), loader));
  }
  const loaded = loader.result();
  const datasetFiles = new Map<string, string>();
  for (const file of datasetFilesOf(loaded)) {
    const text = lists.text(file.path, file.rules);
    if (text !== undefined) datasetFiles.set(datasetFileKey(file), text);
  }
  for (const [path, bytes] of lists.files()) sources.push(sourceOf(label(path), bytes));
  const { addresses, faults } = configs;
  const thresholds = [...configs.thresholds, ...suppressed];
  return { sources, variables, loaded, thresholds, datasetFiles, addresses, faults };
}

function configPaths(
  paths: readonly string[],
  { classification, reference, threshold }: SourceOptions,
): [ConfigKind, string][] {
  const given: [ConfigKind, string | undefined][] = [
    ['classification', classification],
    ['reference', reference],
    ['threshold', threshold],
  ];
  const named = paths.map((path): [ConfigKind | undefined, string] => [
    configKind(basename(path)),
    path,
  ]);
  return [...given, ...named].filter(
    (pair): pair is [ConfigKind, string] => pair[0] !== undefined && pair[1] !== undefined,
  );
}

/** The name of each file below the folder all of them share. */
export function labelsOf(paths: readonly string[]): (path: string) => string {
  const folders = paths.map((path) => dirname(resolve(path)).split(sep));
  let shared = folders[0] ?? [];
  for (const folder of folders) {
    const differs = shared.findIndex((part, at) => part !== folder[at]);
    if (differs !== -1) shared = shared.slice(0, differs);
  }
  const root = shared.join(sep) || sep;
  return (path) => relative(root, resolve(path)).split(sep).join('/');
}

async function loadFile(path: string, label: string, loader: RuleLoader): Promise<Source> {
  try {
    const hash = createHash('sha256');
    const decoder = new TextDecoder();
    const reader = new LogicalLineReader();
    let sizeBytes = 0;
    for await (const chunk of await plainStream(path)) {
      const bytes = chunk as Buffer;
      hash.update(bytes);
      sizeBytes += bytes.length;
      for (const line of reader.push(decoder.decode(bytes, { stream: true }))) {
        loader.add(label, line);
      }
    }
    for (const line of reader.push(decoder.decode())) loader.add(label, line);
    for (const line of reader.end()) loader.add(label, line);
    return { name: label, sha256: hash.digest('hex'), sizeBytes };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function readConfig(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_CONFIG_BYTES)
      throw new RangeError(`it is larger than ${MAX_CONFIG_BYTES} bytes`);
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function ruleIds(given: readonly string[], option: string): Set<string> {
  return new Set(
    given.map((text) => {
      const found = /^(?:(\d{1,10}):)?(\d{1,10})$/.exec(text);
      if (found === null) {
        throw new NetmothError('NM_USAGE', `${option} ${text}: expected SID or GID:SID`);
      }
      return `${found[1] ?? '1'}:${found[2] ?? ''}`;
    }),
  );
}

const SIDES = ['by_src', 'by_dst', 'by_either'] as const;
const SUPPRESSION = /^(?:(\d{1,10}):)?(\d{1,10})(?:,track=(by_src|by_dst|by_either),ip=(.+))?$/s;

/** Sorted, as the order of options changes nothing in a bundle. */
function suppressions(
  given: readonly string[],
  variables: Readonly<Record<string, string>>,
): ThresholdEntry[] {
  return [...given].sort().map((text) => {
    const found = SUPPRESSION.exec(text);
    if (found === null) {
      const form = 'SID[,track=by_src|by_dst|by_either,ip=ADDRESSES]';
      throw new NetmothError('NM_USAGE', `--suppress ${text}: expected ${form}`);
    }
    const [, gid = '1', sid = '', side, addresses = ''] = found;
    const track = SIDES.find((one) => one === side) ?? '';
    const rule = { gid: Number(gid), sid: Number(sid) };
    const entry = suppressionEntry({ ...rule, track, addresses }, variables);
    if (typeof entry === 'string')
      throw new NetmothError('NM_USAGE', `--suppress ${text}: ${entry}`);
    return entry;
  });
}

function variablesFrom(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const found = /^\$?([A-Za-z_]\w*)=(.+)$/s.exec(pair);
      if (found === null) throw new NetmothError('NM_USAGE', `--var ${pair}: expected NAME=VALUE`);
      return [found[1] ?? '', found[2] ?? ''];
    }),
  );
}
