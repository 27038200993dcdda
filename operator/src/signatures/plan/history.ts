/**
 * The revisions of a set that are kept. Invariants: pure; newest first; what nodes have, should have, or
 * might go back to is never dropped, whatever the limit says; a revision names the bundle that the store has,
 * also where a newer compiler had to make it again and it came out otherwise.
 */
import type { SignatureRevision } from '#crds/signature-set.ts';
import type { SetState } from './node-facts.ts';

export function withRevision(state: SetState, made: SignatureRevision): SetState {
  const known = state.history.find(({ revision }) => revision === made.revision);
  if (known === undefined) return { ...state, history: [made, ...state.history] };
  if (known.digest === made.digest) return state;
  const { digest, rules, faults, indicators = known.indicators } = made;
  const entries = indicators === undefined ? {} : { indicators };
  const renewed = { ...known, digest, rules, faults, ...entries };
  return { ...state, history: state.history.map((each) => (each === known ? renewed : each)) };
}

export function trimmed(state: SetState, limit: number, pinned: string | undefined): SetState {
  const { current, rollout, history } = state;
  const needed = new Set([current, rollout?.revision, rollout?.from, pinned]);
  const kept = history.filter(({ revision }, place) => place < limit || needed.has(revision));
  return kept.length === history.length ? state : { ...state, history: kept };
}
