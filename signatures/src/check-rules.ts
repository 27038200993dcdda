/**
 * A set of rule files checked: what loads, what fails and why.
 *
 * Invariants: the same files and variables give the same result; one rule's faults never touch another
 * rule; at most MAX_FAULTS are listed and the rest counted.
 */

import { type Fault, type FaultCode, RULE_FAULTS } from './faults.ts';
import { type LogicalLine, logicalLines, MAX_RULE_LENGTH, position } from './logical-lines.ts';
import type { Rule } from './rule.ts';
import { parseRule } from './rule-parser.ts';
import { withDefaults } from './variables.ts';

export const MAX_FAULTS = 10_000;

export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

export interface CheckOptions {
  /** Known classes; a classtype outside them is a warning. Absent: every class is known. */
  readonly classifications?: ReadonlySet<string>;
}

export interface CheckResult {
  readonly loaded: number;
  /** Rules with an error. */
  readonly failed: number;
  /** Rules that are commented out. */
  readonly disabled: number;
  /** Rules that a later revision of the same sid replaces. */
  readonly replaced: number;
  readonly faults: readonly Fault[];
  readonly faultsOmitted: number;
}

export function checkRules(
  files: readonly RuleFile[],
  variables: Readonly<Record<string, string>> = {},
  options: CheckOptions = {},
): CheckResult {
  const { rules, ...result } = loadRules(files, variables, options);
  return { loaded: rules.length, ...result };
}

export interface LoadedRules extends Omit<CheckResult, 'loaded'> {
  /** In the order of their files and lines. */
  readonly rules: readonly Rule[];
}

export function loadRules(
  files: readonly RuleFile[],
  variables: Readonly<Record<string, string>> = {},
  options: CheckOptions = {},
): LoadedRules {
  const known = withDefaults(variables);
  const bySid = new Map<string, Rule>();
  const faults: Fault[] = [];
  let faultsOmitted = 0;
  let failed = 0;
  let disabled = 0;
  let replaced = 0;
  const add = (
    file: string,
    line: LogicalLine,
    offset: number,
    code: FaultCode,
    message: string,
  ) => {
    if (faults.length === MAX_FAULTS) {
      faultsOmitted += 1;
      return;
    }
    const severity = RULE_FAULTS[code];
    faults.push({ file, ...position(line, offset), code, severity, message });
  };
  for (const file of files) {
    for (const line of logicalLines(file.text)) {
      if (line.disabled) {
        disabled += 1;
        continue;
      }
      if (line.tooLong) {
        failed += 1;
        add(file.name, line, 0, 'RULE_TOO_LONG', `the rule is longer than ${MAX_RULE_LENGTH}`);
        continue;
      }
      const parsed = parseRule(line.text, known);
      for (const fault of parsed.faults) {
        add(file.name, line, fault.offset, fault.code, fault.message);
      }
      if (parsed.rule === undefined) {
        failed += 1;
        continue;
      }
      const rule: Rule = { ...parsed.rule, file: file.name, line: position(line, 0).line };
      const unknown = unknownClass(rule, options.classifications);
      if (unknown !== undefined) add(file.name, line, 0, 'RULE_CLASSTYPE_UNKNOWN', unknown);
      const key = `${rule.gid}:${rule.sid}`;
      const earlier = bySid.get(key);
      if (earlier !== undefined && earlier.rev >= rule.rev) {
        failed += 1;
        add(file.name, line, 0, 'RULE_SID_DUPLICATE', duplicateText(rule, earlier));
        continue;
      }
      if (earlier !== undefined) {
        replaced += 1;
        add(file.name, line, 0, 'RULE_SID_REPLACED', duplicateText(rule, earlier));
        bySid.delete(key);
      }
      bySid.set(key, rule);
    }
  }
  return { rules: [...bySid.values()], failed, disabled, replaced, faults, faultsOmitted };
}

function duplicateText(rule: Rule, earlier: Rule): string {
  const verb = earlier.rev >= rule.rev ? 'stands already' : 'replaces the one';
  return `sid ${rule.sid} rev ${rule.rev} ${verb} at ${earlier.file}:${earlier.line} (rev ${earlier.rev})`;
}

function unknownClass(rule: Rule, known: ReadonlySet<string> | undefined): string | undefined {
  if (known === undefined) return undefined;
  const value = rule.options.find(({ keyword }) => keyword === 'classtype')?.value;
  return value?.type === 'text' && !known.has(value.text)
    ? `classtype "${value.text}" stands in no classification.config`
    : undefined;
}
