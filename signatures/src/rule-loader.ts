/**
 * Takes rule files line by line and keeps the rules that load, with what is wrong with the others.
 *
 * Invariants: one rule's faults never touch another rule; at most MAX_FAULTS are listed and the rest
 * counted, at most MAX_RULES are kept, so a file of any size needs bounded memory.
 */
import type { AddressFacts } from './addresses/address-tables.ts';
import type { Classification } from './config-files.ts';
import { type Fault, type FaultCode, RULE_FAULTS } from './faults.ts';
import { type LogicalLine, MAX_RULE_LENGTH, position } from './logical-lines.ts';
import { EndpointSets } from './model/endpoint-sets.ts';
import { type ResolveContext, resolveRule } from './model/resolve-rule.ts';
import type { RuleModel } from './model/rule-model.ts';
import { unmetRequirement } from './requires.ts';
import type { Rule } from './rule.ts';
import { parseRule } from './rule-parser.ts';
import { statedRule, withoutComment } from './stated-rule.ts';
import { STOCK_CLASSIFICATIONS } from './stock-classifications.ts';
import { withDefaults } from './variables.ts';

export const MAX_FAULTS = 10_000;
export const MAX_RULES = 250_000;

export interface LoadOptions {
  /** Known classes; a classtype outside them is a warning. Absent: the stock ones, and no warning. */
  readonly classifications?: ReadonlyMap<string, Classification>;
  readonly references?: ReadonlyMap<string, string>;
  readonly readList?: ResolveContext['readList'];
  /** What iprep and geoip ask for; rules that ask for what is not there fail. */
  readonly addresses?: AddressFacts;
  /** "GID:SID" of rules that are commented out and taken all the same. */
  readonly enable?: ReadonlySet<string>;
  /** Of rules that are left out, and counted as disabled. */
  readonly disable?: ReadonlySet<string>;
  /** Whether the texts of rules are kept. */
  readonly keepTexts?: boolean;
  /** Most rules kept; MAX_RULES where it does not say. */
  readonly maxRules?: number;
}

export interface LoadedRules {
  /** In the order of their files and lines. */
  readonly rules: readonly Rule[];
  /** The same rules, resolved. */
  readonly models: readonly RuleModel[];
  /** As they stand in their files, lines joined; only where they were asked for. */
  readonly texts: ReadonlyMap<RuleModel, string>;
  /** Rules with an error. */
  readonly failed: number;
  /** Rules that are commented out. */
  readonly disabled: number;
  /** Rules that a later revision of the same sid replaces. */
  readonly replaced: number;
  /** Rules that ask for what this program does not have. */
  readonly skipped: number;
  readonly faults: readonly Fault[];
  readonly faultsOmitted: number;
}

interface Kept {
  readonly rule: Rule;
  readonly model: RuleModel;
  readonly text: string;
}

export class RuleLoader {
  readonly #variables: ReadonlyMap<string, string>;
  readonly #classifications: ReadonlyMap<string, Classification> | undefined;
  readonly #context: ResolveContext;
  readonly #bySid = new Map<string, Kept>();
  readonly #faults: Fault[] = [];
  readonly #maxRules: number;
  readonly #keepTexts: boolean;
  readonly #enable: ReadonlySet<string>;
  readonly #disable: ReadonlySet<string>;
  #faultsOmitted = 0;
  #failed = 0;
  #disabled = 0;
  #replaced = 0;
  #skipped = 0;

  constructor(variables: Readonly<Record<string, string>> = {}, options: LoadOptions = {}) {
    this.#variables = withDefaults(variables);
    this.#classifications = options.classifications;
    this.#maxRules = options.maxRules ?? MAX_RULES;
    this.#keepTexts = options.keepTexts ?? false;
    this.#enable = options.enable ?? new Set();
    this.#disable = options.disable ?? new Set();
    this.#context = {
      sets: new EndpointSets(this.#variables),
      classifications: options.classifications ?? STOCK_CLASSIFICATIONS,
      references: options.references ?? new Map(),
      addresses: options.addresses ?? {},
      ...(options.readList !== undefined && { readList: options.readList }),
    };
  }

  get size(): number {
    return this.#bySid.size;
  }

  add(file: string, stated: LogicalLine): void {
    if (stated.disabled && !this.#isEnabled(stated.text)) {
      this.#disabled += 1;
      return;
    }
    const line: LogicalLine = stated.disabled
      ? { ...stated, text: withoutComment(stated.text), disabled: false }
      : stated;
    const unmet = unmetRequirement(line.text);
    if (unmet !== undefined && !line.tooLong) {
      this.#skipped += 1;
      this.#fault(file, line, 0, 'RULE_REQUIRES', `skipped, because it requires ${unmet}`);
      return;
    }
    const kept = this.#read(file, line);
    if (kept === undefined) this.#failed += 1;
    else if (this.#disable.has(`${kept.rule.gid}:${kept.rule.sid}`)) this.#disabled += 1;
    else this.#keep(kept, file, line);
  }

  result(): LoadedRules {
    const kept = [...this.#bySid.values()];
    return {
      rules: kept.map(({ rule }) => rule),
      models: kept.map(({ model }) => model),
      texts: new Map(kept.map(({ model, text }) => [model, text])),
      failed: this.#failed,
      disabled: this.#disabled,
      replaced: this.#replaced,
      skipped: this.#skipped,
      faults: this.#faults,
      faultsOmitted: this.#faultsOmitted,
    };
  }

  #isEnabled(text: string): boolean {
    const rule = this.#enable.size === 0 ? undefined : statedRule(text);
    return rule !== undefined && this.#enable.has(`${rule.gid}:${rule.sid}`);
  }

  #read(file: string, line: LogicalLine): Kept | undefined {
    if (line.tooLong) {
      this.#fault(file, line, 0, 'RULE_TOO_LONG', `the rule is longer than ${MAX_RULE_LENGTH}`);
      return undefined;
    }
    const parsed = parseRule(line.text, this.#variables);
    for (const { offset, code, message } of parsed.faults) {
      this.#fault(file, line, offset, code, message);
    }
    if (parsed.rule === undefined) return undefined;
    const rule: Rule = { ...parsed.rule, file, line: position(line, 0).line };
    const resolved = resolveRule(rule, this.#context);
    if (resolved.model === undefined) {
      const { offset, code, message } = resolved.fault;
      this.#fault(file, line, offset, code, message);
      return undefined;
    }
    for (const { offset, code, message } of resolved.warnings) {
      this.#fault(file, line, offset, code, message);
    }
    const { classtype } = resolved.model;
    if (classtype !== '' && this.#classifications?.has(classtype) === false) {
      const message = `classtype "${classtype}" stands in no classification.config`;
      this.#fault(file, line, 0, 'RULE_CLASSTYPE_UNKNOWN', message);
    }
    return { rule, model: resolved.model, text: this.#keepTexts ? line.text : '' };
  }

  #keep(kept: Kept, file: string, line: LogicalLine): void {
    const { rule } = kept;
    const key = `${rule.gid}:${rule.sid}`;
    const earlier = this.#bySid.get(key)?.rule;
    if (earlier !== undefined && earlier.rev >= rule.rev) {
      this.#failed += 1;
      this.#fault(file, line, 0, 'RULE_SID_DUPLICATE', duplicateText(rule, earlier));
      return;
    }
    if (earlier !== undefined) {
      this.#replaced += 1;
      this.#fault(file, line, 0, 'RULE_SID_REPLACED', duplicateText(rule, earlier));
      this.#bySid.delete(key);
    } else if (this.#bySid.size >= this.#maxRules) {
      this.#failed += 1;
      this.#fault(file, line, 0, 'RULE_TOO_MANY', `more than ${this.#maxRules} rules in one set`);
      return;
    }
    this.#bySid.set(key, kept);
  }

  #fault(file: string, line: LogicalLine, offset: number, code: FaultCode, message: string): void {
    if (this.#faults.length === MAX_FAULTS) {
      this.#faultsOmitted += 1;
      return;
    }
    const severity = RULE_FAULTS[code];
    this.#faults.push({ file, ...position(line, offset), code, severity, message });
  }
}

function duplicateText(rule: Rule, earlier: Rule): string {
  const verb = earlier.rev >= rule.rev ? 'stands already' : 'replaces the one';
  return `sid ${rule.sid} rev ${rule.rev} ${verb} at ${earlier.file}:${earlier.line} (rev ${earlier.rev})`;
}
