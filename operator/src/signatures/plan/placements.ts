/**
 * Which revision of a set each node should be told, by the state that stands in the API.
 *
 * Invariants: pure; a node is told a new revision only where its wave has begun, nothing is paused, and
 * no more than maxInProgress nodes are loading; a node that has it keeps it until the state says
 * otherwise; a node that joins gets what was good last.
 */
import type { SignatureSetSpec } from '#crds/signature-set.ts';
import { type NodeFacts, revisionOf, type SetState } from './node-facts.ts';
import { isDirect } from './rollout.ts';
import { inProgressAllowed, missingFrom, wavesOf } from './waves.ts';

/** By the key of the node; undefined: no revision of this set. */
export type Placements = ReadonlyMap<string, string | undefined>;

export function placements(
  state: SetState,
  spec: SignatureSetSpec,
  /** In the order of their turn. */
  nodes: readonly NodeFacts[],
): Placements {
  const { rollout } = state;
  const told = new Map(nodes.map((node) => [node.key, kept(state, node)]));
  if (rollout?.phase !== 'Advancing' || spec.rollout.paused) return told;
  const direct = isDirect(rollout, spec);
  const { revision } = rollout;
  const loading = nodes.filter(
    ({ assigned, loaded, reporting }) => assigned === revision && reporting && !loaded,
  );
  const allowed = inProgressAllowed(spec.rollout.maxInProgress, nodes.length);
  let room = (direct ? nodes.length : allowed) - loading.length;
  const waves = wavesOf(spec.rollout, nodes, direct);
  for (const wave of waves.slice(0, rollout.step + 1)) {
    for (const node of missingFrom(wave, revision)) {
      if (told.get(node.key) === revision) continue;
      // Who is silent loads nothing now, so takes nobody's place.
      if (node.reporting && room <= 0) continue;
      if (node.reporting) room -= 1;
      told.set(node.key, revision);
    }
  }
  return told;
}

/** What a node has without being told anything new. */
function kept(state: SetState, { assigned }: NodeFacts): string | undefined {
  const { rollout, current } = state;
  if (rollout === undefined) return current;
  if (rollout.phase === 'RollingBack') return rollout.from;
  if (assigned === undefined) return rollout.from;
  if (assigned === rollout.revision) return assigned;
  // Half-way through a roll-out that another one replaced: it waits for its wave with what it has.
  return revisionOf(state, assigned)?.outcome === 'Superseded' ? assigned : rollout.from;
}
