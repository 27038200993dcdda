/**
 * A set's files, variables and overrides as a bundle, its rules and its faults.
 *
 * Invariants: the bundle depends on the arguments alone; an override changes a rule without touching its
 * file, so faults keep their places; rules that are commented out are listed, that they can be enabled.
 */
import { createHash } from 'node:crypto';
import type {
  SignatureListOptions,
  SignatureSuppression,
  SignatureThreshold,
} from '#contracts/rest-signatures.ts';
import { compile, type Source, sourceOf } from '#signatures/compile/compile.ts';
import { configKind } from '#signatures/config-files.ts';
import { ConfigSet } from '#signatures/config-set.ts';
import { quoted } from '#signatures/explain/describe-matcher.ts';
import type { Fault } from '#signatures/faults.ts';
import { FilesBeside, parted } from '#signatures/files-beside.ts';
import { type ListFile, readLists } from '#signatures/lists/read-lists.ts';
import { type LogicalLine, logicalLines } from '#signatures/logical-lines.ts';
import type { RuleModel } from '#signatures/model/rule-model.ts';
import { type LoadedRules, type LoadOptions, RuleLoader } from '#signatures/rule-loader.ts';
import { statedRule } from '#signatures/stated-rule.ts';
import { countriesFor } from './countries-for.ts';
import { suppressions } from './suppressions.ts';

export interface SetFile {
  readonly name: string;
  /** null: rules, or configuration by its name. */
  readonly list: SignatureListOptions | null;
  readonly bytes: Uint8Array;
}

export interface RuleOverride {
  readonly gid: number;
  readonly sid: number;
  readonly enabled: boolean | null;
  readonly threshold: SignatureThreshold | null;
  readonly suppress: SignatureSuppression | null;
}

export interface SetInput {
  readonly files: readonly SetFile[];
  readonly variables: Readonly<Record<string, string>>;
  readonly overrides: readonly RuleOverride[];
  /** Reads a MaxMind database of countries, where rules ask for them. */
  readonly countries?: (() => Buffer) | undefined;
}

/** A row of signature_rules. */
export interface ListedRule {
  readonly gid: number;
  readonly sid: number;
  readonly rev: number;
  readonly state: 'active' | 'disabled' | 'commented';
  readonly msg: string;
  readonly classtype: string;
  readonly priority: number | null;
  readonly file: string;
  readonly line: number;
  readonly prefilter: string | null;
  readonly cost: number | null;
  readonly source: string;
}

export interface CompiledSet {
  readonly bundle: Uint8Array;
  /** sha256 in hexadecimal digits. */
  readonly digest: string;
  readonly counts: {
    readonly loaded: number;
    readonly indicators: number;
    readonly failed: number;
    readonly disabled: number;
    readonly replaced: number;
    readonly skipped: number;
    readonly errors: number;
    readonly warnings: number;
  };
  readonly rules: readonly ListedRule[];
  readonly faults: readonly Fault[];
}

/** Rules listed that are commented out; ET Open has some 30,000. */
const MAX_COMMENTED = 100_000;

export function compileSet({ files, variables, overrides, ...given }: SetInput): CompiledSet {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const read = sorted.map(({ bytes, ...file }) => ({
    ...file,
    text: Buffer.from(bytes).toString(),
  }));
  const texts = read.filter(({ list }) => list === null);
  const lists = readLists(read.filter((file): file is ListFile => file.list !== null));
  const located = countriesFor(texts, given.countries);
  const configs = new ConfigSet(variables, located.countries);
  const chosen = new ChosenRules(overrides);
  for (const { name, text } of texts) {
    const kind = configKind(name);
    if (kind !== undefined) configs.add(kind, name, text);
  }
  const { rules: ruleFiles, data } = parted(texts);
  const beside = new FilesBeside(data);
  const loader = new RuleLoader(variables, {
    ...configs.forRules,
    ...chosen.forRules,
    readList: beside.text,
  });
  for (const { name, text } of ruleFiles) {
    for (const line of logicalLines(text)) {
      loader.add(name, line);
      chosen.note(name, line);
    }
  }
  const { loaded, rules } = chosen.of(loader.result());
  const sources = [
    ...sorted.map(({ name, bytes }) => sourceOf(name, bytes)),
    ...located.sources,
    ...overridesSource(overrides),
  ];
  const suppressed = suppressions(inOrder(overrides), variables, OVERRIDES);
  const compiled = compile({
    ...{ sources, variables, loaded },
    thresholds: [...configs.thresholds, ...suppressed.entries],
    addresses: configs.addresses,
    datasetFiles: beside.datasetFiles(loaded),
    indicators: lists.indicators,
    faults: [...located.faults, ...configs.faults, ...suppressed.faults, ...lists.faults],
  });
  // Rules without their datasets are left out when all is put together.
  const { loaded: taken } = compiled;
  const faults = [
    ...located.faults,
    ...configs.faults,
    ...suppressed.faults,
    ...taken.faults,
    ...lists.faults,
  ];
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  return {
    bundle: compiled.bytes,
    digest: compiled.digest,
    counts: {
      loaded: taken.models.length,
      indicators: lists.entries,
      failed: taken.failed,
      disabled: loaded.disabled,
      replaced: loaded.replaced,
      skipped: loaded.skipped,
      errors: errors + loaded.faultsOmitted + lists.faultsOmitted,
      warnings: faults.length - errors,
    },
    rules,
    faults,
  };
}

/** What overrides make of the rules of files, and all rules to be listed. */
class ChosenRules {
  readonly #overrides: ReadonlyMap<string, RuleOverride>;
  readonly #commented = new Map<string, ListedRule>();

  constructor(overrides: readonly RuleOverride[]) {
    this.#overrides = new Map(overrides.map((each) => [keyOf(each), each]));
  }

  get forRules(): Pick<LoadOptions, 'enable' | 'keepTexts'> {
    const enabled = [...this.#overrides].filter(([, { enabled }]) => enabled === true);
    return { enable: new Set(enabled.map(([key]) => key)), keepTexts: true };
  }

  /** A line that is commented out: its rule is listed unless it is enabled. */
  note(file: string, line: LogicalLine): void {
    if (!line.disabled || this.#commented.size >= MAX_COMMENTED) return;
    const rule = commentedRule(file, line);
    if (rule === undefined || this.#overrides.get(keyOf(rule))?.enabled === true) return;
    this.#commented.set(keyOf(rule), rule);
  }

  of(loaded: LoadedRules): { readonly loaded: LoadedRules; readonly rules: ListedRule[] } {
    const models: RuleModel[] = [];
    const rules: ListedRule[] = [];
    for (const model of loaded.models) {
      const override = this.#overrides.get(keyOf(model));
      const disabled = override?.enabled === false;
      const threshold = override?.threshold ?? undefined;
      const kept = threshold === undefined ? model : withRate(model, threshold);
      if (!disabled) models.push(kept);
      rules.push(listed(kept, disabled, loaded.texts.get(model) ?? ''));
      this.#commented.delete(keyOf(model));
    }
    const left = loaded.models.length - models.length;
    return {
      loaded: { ...loaded, models, disabled: loaded.disabled + left },
      rules: [...rules, ...this.#commented.values()],
    };
  }
}

function listed(model: RuleModel, disabled: boolean, text: string): ListedRule {
  const { gid, sid, rev, msg, classtype, priority, origin, cost } = model;
  return {
    ...{ gid, sid, rev, msg, classtype, priority },
    ...{ file: origin.file, line: origin.line },
    state: disabled ? 'disabled' : 'active',
    prefilter: disabled ? null : prefilterText(model),
    cost: disabled ? null : cost,
    source: text.trimStart(),
  };
}

/** As the manifest and faults call what is changed about rules. */
const OVERRIDES = 'overrides.json';

function keyOf({ gid, sid }: { readonly gid: number; readonly sid: number }): string {
  return `${gid}:${sid}`;
}

function withRate(model: RuleModel, threshold: SignatureThreshold): RuleModel {
  return { ...model, rate: { ...threshold, multiplier: 0, uniqueOn: '' } };
}

function prefilterText({ prefilter, inspections }: RuleModel): string | null {
  if (prefilter.type === 'none') return null;
  const buffer = inspections[prefilter.inspection]?.buffer ?? 'payload';
  return `${quoted(prefilter.bytes)} in ${buffer}`;
}

/** undefined: it has no sid. */
function commentedRule(file: string, line: LogicalLine): ListedRule | undefined {
  const stated = statedRule(line.text);
  if (stated === undefined) return undefined;
  const { text, ...facts } = stated;
  return {
    ...facts,
    ...{ file, line: line.pieces[0]?.line ?? 0 },
    ...{ state: 'commented', priority: null, prefilter: null, cost: null },
    source: text,
  };
}

const inOrder = (overrides: readonly RuleOverride[]) =>
  [...overrides].sort((a, b) => a.gid - b.gid || a.sid - b.sid);

/** So that the manifest says of which overrides a bundle is made. */
function overridesSource(overrides: readonly RuleOverride[]): Source[] {
  if (overrides.length === 0) return [];
  const rows = inOrder(overrides).map(({ gid, sid, enabled, threshold, suppress }) => [
    ...[gid, sid, enabled, threshold],
    ...(suppress === null ? [] : [suppress]),
  ]);
  const bytes = Buffer.from(JSON.stringify(rows));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return [{ name: OVERRIDES, sha256, sizeBytes: bytes.length }];
}
