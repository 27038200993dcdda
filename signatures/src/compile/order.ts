/**
 * The order rules are tested in, which is the order of their alerts.
 *
 * Source: Suricata 8 user guide, "Action-order" and flowbits: pass before alert (drop and reject stand
 * between them and are alerts here, in their places), or as the setting says; rules that set a bit before those that ask for
 * it; then by priority; then as they stand in their files. Invariant: a stable total order.
 */
import type { RuleModel, StateOperation } from '../model/rule-model.ts';

/** Suricata's `action-order`. */
export const ACTIONS = ['pass', 'drop', 'reject', 'alert'] as const;
export type ActionOrder = readonly (typeof ACTIONS)[number][];
const MEMORIES: readonly StateOperation['memory'][] = [
  'flowbits',
  'flowint',
  'flowvar',
  'pktvar',
  'hostbits',
  'xbits',
];

export function inAlertOrder(
  rules: readonly RuleModel[],
  actions: ActionOrder = ACTIONS,
): RuleModel[] {
  return rules
    .map((rule, place) => ({ rule, key: [...keyOf(rule, actions), place] }))
    .sort((a, b) => compared(a.key, b.key))
    .map(({ rule }) => rule);
}

function keyOf(rule: RuleModel, actions: ActionOrder): number[] {
  return [
    // rejectsrc, rejectdst and rejectboth are one action.
    actions.findIndex((action) => rule.statedAction.startsWith(action)),
    ...MEMORIES.map((memory) => memoryRank(rule, memory)),
    rule.priority,
  ];
}

/** 0 sets alone, 1 asks and sets, 2 asks alone, 3 neither. */
function memoryRank(rule: RuleModel, memory: StateOperation['memory']): number {
  const asks = rule.conditions.some((operation) => operation.memory === memory);
  const sets =
    rule.effects.some((operation) => operation.memory === memory) || captures(rule, memory);
  if (sets) return asks ? 1 : 0;
  return asks ? 2 : 3;
}

/** Groups of a pcre set variables of the flow or the packet. */
function captures({ inspections }: RuleModel, memory: StateOperation['memory']): boolean {
  const scope = memory === 'flowvar' ? 'flow' : memory === 'pktvar' ? 'pkt' : undefined;
  if (scope === undefined) return false;
  return inspections.some(({ matchers }) =>
    matchers.some(
      (matcher) =>
        matcher.type === 'pcre' && matcher.captures.some((capture) => capture.scope === scope),
    ),
  );
}

function compared(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
