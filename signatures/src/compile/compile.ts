/**
 * Rules, thresholds and lists as one bundle.
 *
 * Invariant: the bytes depend on the contents and names of the sources and on the variables alone: not on
 * the machine, its locale, its clock, nor the order in which sources are given.
 */
import { createHash } from 'node:crypto';
import { type AddressFacts, addressTables } from '../addresses/address-tables.ts';
import { encodeBundle, FORMAT } from '../bundle/bundle.ts';
import { type DatasetFiles, withDatasets } from '../datasets/dataset-uses.ts';
import type { Fault } from '../faults.ts';
import { faultText } from '../faults.ts';
import { type Indicators, NO_INDICATORS } from '../lists/indicators.ts';
import type { RuleModel } from '../model/rule-model.ts';
import type { LoadedRules } from '../rule-loader.ts';
import { prefilterGroups } from './groups.ts';
import { type ActionOrder, inAlertOrder } from './order.ts';
import type { ThresholdEntry } from './threshold-config.ts';

export interface Source {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface CompileInput {
  readonly sources: readonly Source[];
  readonly variables: Readonly<Record<string, string>>;
  readonly loaded: LoadedRules;
  readonly thresholds: readonly ThresholdEntry[];
  /** Files that rules name; without its file a rule is left out. */
  readonly datasetFiles?: DatasetFiles;
  /** What the rules were loaded with. */
  readonly addresses?: AddressFacts;
  readonly indicators?: Indicators;
  readonly actionOrder?: ActionOrder;
  /** The bundle carries the texts of rules, for alerts that show them. */
  readonly withTexts?: boolean;
  /** Of the other sources. */
  readonly faults?: readonly Fault[];
}

export interface Compiled {
  readonly bytes: Buffer;
  /** Names the bundle. */
  readonly digest: string;
  readonly manifest: Manifest;
  /** What went into it. */
  readonly loaded: LoadedRules;
}

export interface Manifest {
  readonly format: number;
  readonly sources: readonly Source[];
  readonly variables: Readonly<Record<string, string>>;
  readonly rules: {
    readonly loaded: number;
    readonly failed: number;
    readonly disabled: number;
    readonly replaced: number;
    readonly skipped: number;
    readonly withoutPattern: number;
    readonly groups: number;
    readonly cost: number;
  };
  readonly lists: { readonly entries: Readonly<Record<string, number>> };
  readonly faults: { readonly total: number; readonly first: readonly string[] };
  /** Names the engine must know; a rule with an unknown one does not load there. */
  readonly needs: {
    readonly buffers: readonly string[];
    readonly fields: readonly string[];
    readonly transforms: readonly string[];
  };
  readonly costliest: readonly { readonly sid: number; readonly cost: number }[];
}

const FAULTS_KEPT = 100;
const COSTLIEST = 20;

export function compile(given: CompileInput): Compiled {
  const { loaded, datasets } = withDatasets(given.loaded, given.datasetFiles ?? new Map());
  const input = { ...given, loaded };
  const rules = inAlertOrder(input.loaded.models, input.actionOrder);
  const groups = prefilterGroups(rules);
  const indicators = input.indicators ?? NO_INDICATORS;
  const manifest = manifestOf(input, rules, groups.length);
  const { thresholds } = input;
  const texts =
    input.withTexts === true ? rules.map((rule) => input.loaded.texts.get(rule) ?? '') : [];
  const addresses = addressTables(rules, input.addresses ?? {});
  const content = { manifest, rules, texts, groups, thresholds, indicators, datasets, addresses };
  const bytes = encodeBundle(content);
  return { bytes, digest: bytes.subarray(-32).toString('hex'), manifest, loaded };
}

function manifestOf(
  { sources, variables, loaded, indicators = NO_INDICATORS, faults: others = [] }: CompileInput,
  rules: readonly RuleModel[],
  groups: number,
): Manifest {
  const faults = [...loaded.faults, ...others];
  return {
    format: FORMAT,
    sources: [...sources].sort((a, b) => (a.name < b.name ? -1 : 1)),
    variables: Object.fromEntries(Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1))),
    rules: {
      loaded: rules.length,
      failed: loaded.failed,
      disabled: loaded.disabled,
      replaced: loaded.replaced,
      skipped: loaded.skipped,
      withoutPattern: rules.filter(({ prefilter }) => prefilter.type === 'none').length,
      groups,
      cost: rules.reduce((sum, { cost }) => sum + cost, 0),
    },
    lists: {
      entries: Object.fromEntries(indicators.tables.map(({ kind, keys }) => [kind, keys.length])),
    },
    faults: {
      total: faults.length + loaded.faultsOmitted,
      first: faults.slice(0, FAULTS_KEPT).map(faultText),
    },
    needs: {
      buffers: names(rules.flatMap((rule) => rule.inspections.map(({ buffer }) => buffer))),
      fields: names(rules.flatMap(({ tests }) => tests.map(({ field }) => field))),
      transforms: names(
        rules.flatMap((rule) =>
          rule.inspections.flatMap(({ transforms }) => transforms.map(({ name }) => name)),
        ),
      ),
    },
    costliest: rules
      .map(({ sid, cost }) => ({ sid, cost }))
      .sort((a, b) => b.cost - a.cost || a.sid - b.sid)
      .slice(0, COSTLIEST),
  };
}

function names(all: readonly string[]): string[] {
  return [...new Set(all)].sort();
}

export function sourceOf(name: string, bytes: Uint8Array): Source {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, sha256, sizeBytes: bytes.length };
}
