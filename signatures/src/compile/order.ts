/**
 * The order rules are tested in, which is the order of their alerts.
 *
 * Source: Suricata 8 user guide, "Action-order" and flowbits: pass before alert (drop and reject stand
 * between them and are alerts here, in their places); rules that set a bit before those that ask for
 * it; then by priority; then as they stand in their files. Invariant: a stable total order.
 */
import type { RuleModel, StateOperation } from '../model/rule-model.ts';

const ACTIONS = ['pass', 'drop', 'reject', 'rejectsrc', 'rejectdst', 'rejectboth', 'alert'];
const MEMORIES: readonly StateOperation['memory'][] = [
  'flowbits',
  'flowint',
  'flowvar',
  'pktvar',
  'hostbits',
  'xbits',
];

export function inAlertOrder(rules: readonly RuleModel[]): RuleModel[] {
  return rules
    .map((rule, place) => ({ rule, key: [...keyOf(rule), place] }))
    .sort((a, b) => compared(a.key, b.key))
    .map(({ rule }) => rule);
}

function keyOf(rule: RuleModel): number[] {
  return [
    ACTIONS.indexOf(rule.statedAction),
    ...MEMORIES.map((memory) => memoryRank(rule, memory)),
    rule.priority,
  ];
}

/** 0 sets alone, 1 asks and sets, 2 asks alone, 3 neither. */
function memoryRank({ conditions, effects }: RuleModel, memory: StateOperation['memory']): number {
  const asks = conditions.some((operation) => operation.memory === memory);
  const sets = effects.some((operation) => operation.memory === memory);
  if (sets) return asks ? 1 : 0;
  return asks ? 2 : 3;
}

function compared(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
