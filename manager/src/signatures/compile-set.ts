/**
 * A set's files, variables and overrides as a bundle, its rules and its faults.
 *
 * Invariants: the bundle depends on the arguments alone; an override changes a rule without touching its
 * file, so faults keep their places; rules that are commented out are listed, that they can be enabled.
 */
import { createHash } from 'node:crypto';
import type { SignatureListOptions, SignatureThreshold } from '#contracts/rest-signatures.ts';
import { compile, type Source, sourceOf } from '#signatures/compile/compile.ts';
import { readThresholds, type ThresholdEntry } from '#signatures/compile/threshold-config.ts';
import {
  type Classification,
  type ConfigKind,
  configKind,
  readClassifications,
  readReferences,
} from '#signatures/config-files.ts';
import { quoted } from '#signatures/explain/describe-matcher.ts';
import type { Fault } from '#signatures/faults.ts';
import { type LogicalLine, logicalLines } from '#signatures/logical-lines.ts';
import type { RuleModel } from '#signatures/model/rule-model.ts';
import { RuleLoader } from '#signatures/rule-loader.ts';
import { type ListFile, readLists } from './read-lists.ts';

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
}

export interface SetInput {
  readonly files: readonly SetFile[];
  readonly variables: Readonly<Record<string, string>>;
  readonly overrides: readonly RuleOverride[];
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

export function compileSet({ files, variables, overrides }: SetInput): CompiledSet {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const read = sorted.map(({ bytes, ...file }) => ({
    ...file,
    text: Buffer.from(bytes).toString(),
  }));
  const texts = read.filter(({ list }) => list === null);
  const lists = readLists(read.filter((file): file is ListFile => file.list !== null));
  const config = readConfigs(texts);
  const reading = new Reading(variables, config, overrides);
  for (const { name, text } of texts) {
    if (configKind(name) === undefined) reading.add(name, text);
  }
  const { loaded, rules } = reading.result();
  const sources = [
    ...sorted.map(({ name, bytes }) => sourceOf(name, bytes)),
    ...overridesSource(overrides),
  ];
  const compiled = compile({
    ...{ sources, variables, loaded },
    thresholds: config.thresholds,
    indicators: lists.indicators,
    faults: [...config.faults, ...lists.faults],
  });
  const faults = [...config.faults, ...loaded.faults, ...lists.faults];
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  return {
    bundle: compiled.bytes,
    digest: compiled.digest,
    counts: {
      loaded: loaded.models.length,
      indicators: lists.entries,
      failed: loaded.failed,
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

interface Configs {
  readonly classifications: ReadonlyMap<string, Classification>;
  readonly references: ReadonlyMap<string, string>;
  readonly thresholds: readonly ThresholdEntry[];
  readonly faults: readonly Fault[];
}

function readConfigs(texts: readonly { name: string; text: string }[]): Configs {
  const of = (kind: ConfigKind) => texts.filter(({ name }) => configKind(name) === kind);
  const classes = of('classification').map(({ name, text }) => readClassifications(name, text));
  const references = of('reference').map(({ name, text }) => readReferences(name, text));
  const thresholds = of('threshold').map(({ name, text }) => readThresholds(name, text));
  return {
    classifications: new Map(classes.flatMap(({ entries }) => [...entries])),
    references: new Map(
      references.flatMap(({ entries }) =>
        [...entries].map(([name, prefix]) => [name.toLowerCase(), prefix] as const),
      ),
    ),
    thresholds: thresholds.flatMap(({ entries }) => entries),
    faults: [...classes, ...references, ...thresholds].flatMap(({ faults }) => faults),
  };
}

class Reading {
  readonly #loader: RuleLoader;
  readonly #overrides: ReadonlyMap<string, RuleOverride>;
  /** By file and line, for those that load. */
  readonly #texts = new Map<string, string>();
  readonly #commented = new Map<string, ListedRule>();

  constructor(
    variables: SetInput['variables'],
    { classifications, references }: Configs,
    overrides: readonly RuleOverride[],
  ) {
    const known = classifications.size > 0 ? { classifications } : {};
    this.#loader = new RuleLoader(variables, { ...known, references });
    this.#overrides = new Map(overrides.map((each) => [keyOf(each), each]));
  }

  add(file: string, text: string): void {
    for (const line of logicalLines(text)) {
      const commented = line.disabled ? commentedRule(file, line) : undefined;
      const wanted =
        commented !== undefined && this.#overrides.get(keyOf(commented))?.enabled === true;
      const taken = wanted ? uncommented(line) : line;
      this.#loader.add(file, taken);
      if (!taken.disabled) this.#texts.set(`${file}:${line.pieces[0]?.line ?? 0}`, taken.text);
      else if (commented !== undefined && this.#commented.size < MAX_COMMENTED) {
        this.#commented.set(keyOf(commented), commented);
      }
    }
  }

  result() {
    const loaded = this.#loader.result();
    const models: RuleModel[] = [];
    const rules: ListedRule[] = [];
    for (const model of loaded.models) {
      const override = this.#overrides.get(keyOf(model));
      const disabled = override?.enabled === false;
      const threshold = override?.threshold ?? undefined;
      const kept = threshold === undefined ? model : withRate(model, threshold);
      if (!disabled) models.push(kept);
      rules.push(this.#listed(kept, disabled));
      this.#commented.delete(keyOf(model));
    }
    const left = loaded.models.length - models.length;
    return {
      loaded: { ...loaded, models, disabled: loaded.disabled + left },
      rules: [...rules, ...this.#commented.values()],
    };
  }

  #listed(model: RuleModel, disabled: boolean): ListedRule {
    const { gid, sid, rev, msg, classtype, priority, origin, cost } = model;
    return {
      ...{ gid, sid, rev, msg, classtype, priority },
      ...{ file: origin.file, line: origin.line },
      state: disabled ? 'disabled' : 'active',
      prefilter: disabled ? null : prefilterText(model),
      cost: disabled ? null : cost,
      source: this.#texts.get(`${origin.file}:${origin.line}`) ?? '',
    };
  }
}

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

/** What stands in quotes may look like an option. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;
const COMMENT = /^#[#\s]*/;

/** Its facts as far as they can be told without reading the rule; undefined where it has no sid. */
function commentedRule(file: string, line: LogicalLine): ListedRule | undefined {
  const unquoted = line.text.replace(QUOTED, '""');
  const number = (keyword: string): number | undefined => {
    const digits = new RegExp(`[;(]\\s*${keyword}\\s*:\\s*(\\d{1,10})\\s*;`).exec(unquoted)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const sid = number('sid');
  if (sid === undefined) return undefined;
  const msg = /[;(]\s*msg\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(line.text)?.[1] ?? '';
  return {
    gid: number('gid') ?? 1,
    sid,
    rev: number('rev') ?? 0,
    state: 'commented',
    msg: msg.replace(/\\(.)/g, '$1'),
    classtype: /[;(]\s*classtype\s*:\s*([\w-]+)\s*;/.exec(unquoted)?.[1] ?? '',
    priority: null,
    file,
    line: line.pieces[0]?.line ?? 0,
    prefilter: null,
    cost: null,
    source: line.text.replace(COMMENT, ''),
  };
}

function uncommented(line: LogicalLine): LogicalLine {
  const marks = COMMENT.exec(line.text)?.[0].length ?? 0;
  const pieces = line.pieces.map((piece) => ({ ...piece, column: piece.column + marks }));
  return { ...line, text: line.text.slice(marks), disabled: false, pieces };
}

/** So that the manifest says of which overrides a bundle is made. */
function overridesSource(overrides: readonly RuleOverride[]): Source[] {
  if (overrides.length === 0) return [];
  const sorted = [...overrides].sort((a, b) => a.gid - b.gid || a.sid - b.sid);
  const bytes = Buffer.from(
    JSON.stringify(
      sorted.map(({ gid, sid, enabled, threshold }) => [gid, sid, enabled, threshold]),
    ),
  );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return [{ name: 'overrides.json', sha256, sizeBytes: bytes.length }];
}
