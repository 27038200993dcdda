/**
 * A rough estimate of the work a rule costs each packet or buffer of its group.
 *
 * Tenths of one content search, weighed by how seldom the prefilter lets the rule through. Figures are
 * relative, made to sort rules, and promise no time; `netmoth rules profile` measures.
 */
import type { Matcher, RuleModel } from './rule-model.ts';

const MATCHER_COST: Readonly<Record<Matcher['type'], number>> = {
  content: 10,
  pcre: 200,
  isdataat: 1,
  bsize: 1,
  'bsize-variable': 1,
  absent: 1,
  byte_test: 3,
  byte_jump: 3,
  byte_extract: 3,
  byte_math: 3,
  base64_decode: 50,
  entropy: 100,
  dataset: 40,
  datarep: 40,
};
const TRANSFORM_COST = 50;
const TEST_COST = 1;

/** Share of buffers a pattern of a length lets through, as a divisor; the last counts for longer ones. */
const PASSED_ONE_IN = [1, 2, 10, 50, 200, 500, 1000];

export function costOf({
  inspections,
  tests,
  conditions,
  prefilter,
}: Omit<RuleModel, 'cost'>): number {
  let cost = (tests.length + conditions.length) * TEST_COST + 1;
  for (const { matchers, transforms } of inspections) {
    cost += transforms.length * TRANSFORM_COST;
    for (const { type } of matchers) cost += MATCHER_COST[type];
  }
  if (prefilter.type === 'none') return cost;
  const passed = PASSED_ONE_IN[Math.min(prefilter.bytes.length, PASSED_ONE_IN.length - 1)] ?? 1;
  return Math.max(1, Math.round(cost / passed));
}
