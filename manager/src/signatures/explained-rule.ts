/**
 * One rule of a version in words.
 *
 * Invariant: read again from its own text, as the version's variables have it; the rest of the set is not
 * needed, so this costs as much as one rule does.
 */
import { loadRules } from '#signatures/check-rules.ts';
import { explainRule } from '#signatures/explain/explain.ts';

export interface WrittenRule {
  readonly file: string;
  readonly line: number;
  readonly source: string;
}

/** Empty where the rule does not load. */
export function explainedRule(
  { file, line, source }: WrittenRule,
  variables: Readonly<Record<string, string>>,
): string {
  const [model] = loadRules([{ name: file, text: source }], variables).models;
  if (model === undefined) return '';
  // Without its group, which is known of the whole set alone.
  return explainRule({ ...model, origin: { file, line } }, []);
}
