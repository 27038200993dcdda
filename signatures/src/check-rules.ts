/**
 * A set of rule files that is in memory: what loads, what fails and why.
 *
 * Invariant: the same files and variables give the same result.
 */
import { logicalLines } from './logical-lines.ts';
import { type LoadedRules, type LoadOptions, RuleLoader } from './rule-loader.ts';

export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

export interface CheckResult extends Omit<LoadedRules, 'rules' | 'models' | 'texts'> {
  readonly loaded: number;
}

export function checkRules(
  files: readonly RuleFile[],
  variables: Readonly<Record<string, string>> = {},
  options: LoadOptions = {},
): CheckResult {
  return checked(loadRules(files, variables, options));
}

export function checked({
  rules,
  models: _models,
  texts: _texts,
  ...result
}: LoadedRules): CheckResult {
  return { loaded: rules.length, ...result };
}

export function loadRules(
  files: readonly RuleFile[],
  variables: Readonly<Record<string, string>> = {},
  options: LoadOptions = {},
): LoadedRules {
  const loader = new RuleLoader(variables, options);
  for (const file of files) {
    for (const line of logicalLines(file.text)) loader.add(file.name, line);
  }
  return loader.result();
}
