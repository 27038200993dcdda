/**
 * The rules of one or several sets as one bundle.
 *
 * Invariants: pure; of two rules with the same gid and sid the one of the set that stands first (the
 * higher priority) is taken and the other named; each set's rules are read with its own variables.
 */
import { bundleDigestOf } from '#contracts/signature-store.ts';
import { compile, type Source, sourceOf } from '#signatures/compile/compile.ts';
import { readThresholds, type ThresholdEntry } from '#signatures/compile/threshold-config.ts';
import {
  type Classification,
  readClassifications,
  readReferences,
} from '#signatures/config-files.ts';
import type { Fault } from '#signatures/faults.ts';
import { type LogicalLine, logicalLines } from '#signatures/logical-lines.ts';
import type { RuleModel } from '#signatures/model/rule-model.ts';
import type { Rule } from '#signatures/rule.ts';
import { type LoadedRules, RuleLoader } from '#signatures/rule-loader.ts';
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
}

/** In the order of their priority. */
export function compileParts(parts: readonly Part[]): CompiledParts {
  const alone = parts.length === 1;
  const read = parts.map((part) => readPart(part, alone ? '' : `${part.set}/`));
  const { loaded, conflicts } = merged(read);
  const faults = read.flatMap((each) => [...each.faults, ...each.loaded.faults]);
  const errors = faults.filter(({ severity }) => severity === 'error');
  const [first] = parts;
  const bundle = compile({
    sources: read.flatMap(({ sources }) => sources),
    variables: alone ? (first?.pack.variables ?? {}) : {},
    loaded,
    thresholds: read.flatMap(({ thresholds }) => thresholds),
    faults: read.flatMap((each) => each.faults),
  });
  return {
    bytes: bundle.bytes,
    digest: bundleDigestOf(bundle.digest),
    rules: loaded.models.length,
    failed: loaded.failed,
    faults: errors
      .slice(0, kFaultsKept)
      .map(({ file, line, message }) => ({ file, line, message })),
    faultCount: errors.length + loaded.faultsOmitted,
    conflicts: conflicts.slice(0, kConflictsKept),
    conflictCount: conflicts.length,
  };
}

function readPart(part: Part, prefix: string): PartRules {
  const { files, variables, thresholds, enable } = part.pack;
  const faults: Fault[] = [];
  const classifications = new Map<string, Classification>();
  const references = new Map<string, string>();
  const entries: ThresholdEntry[] = [];
  const rules: { readonly name: string; readonly text: string }[] = [];
  for (const { name: plain, text } of files) {
    const name = `${prefix}${plain}`;
    switch (/(?:^|\/)(classification|reference|threshold)\.config$/.exec(plain)?.[1]) {
      case 'classification': {
        const found = readClassifications(name, text);
        faults.push(...found.faults);
        for (const [key, entry] of found.entries) classifications.set(key, entry);
        break;
      }
      case 'reference': {
        const found = readReferences(name, text);
        faults.push(...found.faults);
        for (const [key, entry] of found.entries) references.set(key.toLowerCase(), entry);
        break;
      }
      case 'threshold':
        take(readThresholds(name, text));
        break;
      default:
        rules.push({ name, text });
    }
  }
  function take(found: ReturnType<typeof readThresholds>): void {
    faults.push(...found.faults);
    entries.push(...found.entries);
  }
  if (thresholds !== '') take(readThresholds(`${prefix}spec.thresholds`, thresholds));
  const known = classifications.size > 0 ? { classifications } : {};
  const loader = new RuleLoader(variables, { ...known, references });
  const enabled = new Set(enable);
  for (const { name, text } of rules) {
    for (const line of logicalLines(text)) loader.add(name, chosen(line, enabled));
  }
  const sources = files.map(({ name, text }) => sourceOf(`${prefix}${name}`, Buffer.from(text)));
  return { part, loaded: loader.result(), thresholds: entries, faults, sources };
}

/** A rule that its source comments out and the set asks for. */
function chosen(line: LogicalLine, enabled: ReadonlySet<number>): LogicalLine {
  if (!line.disabled || enabled.size === 0) return line;
  const sid = Number(/;\s*sid\s*:\s*(\d{1,10})\s*;/.exec(line.text)?.[1]);
  if (!enabled.has(sid)) return line;
  const mark = /^[#\s]*/.exec(line.text)?.[0].length ?? 0;
  const pieces = line.pieces.map((piece) => ({ ...piece, column: piece.column + mark }));
  return { ...line, text: line.text.slice(mark), disabled: false, pieces };
}

function merged(read: readonly PartRules[]): {
  readonly loaded: LoadedRules;
  readonly conflicts: readonly Conflict[];
} {
  const rules: Rule[] = [];
  const models: RuleModel[] = [];
  const conflicts: Conflict[] = [];
  const owners = new Map<string, string>();
  let left = 0;
  for (const { part, loaded } of read) {
    const disabled = new Set(part.pack.disable);
    for (const [place, rule] of loaded.rules.entries()) {
      const model = loaded.models[place];
      if (model === undefined) continue;
      if (disabled.has(rule.sid)) {
        left += 1;
        continue;
      }
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
    disabled: sum(({ disabled }) => disabled) + left,
    replaced: sum(({ replaced }) => replaced) + conflicts.length,
    skipped: sum(({ skipped }) => skipped),
    faults: read.flatMap((each) => each.loaded.faults),
    faultsOmitted: sum(({ faultsOmitted }) => faultsOmitted),
  };
  return { loaded, conflicts };
}
