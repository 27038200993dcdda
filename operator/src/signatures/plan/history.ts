/**
 * The revisions of a set that are kept. Invariant: pure; newest first; what nodes have, should have, or
 * might go back to is never dropped, whatever the limit says.
 */
import type { SignatureRevision } from '#crds/signature-set.ts';
import type { SetState } from './node-facts.ts';

export function withRevision(state: SetState, made: SignatureRevision): SetState {
  if (state.history.some(({ revision }) => revision === made.revision)) return state;
  return { ...state, history: [made, ...state.history] };
}

export function trimmed(state: SetState, limit: number, pinned: string | undefined): SetState {
  const { current, rollout, history } = state;
  const needed = new Set([current, rollout?.revision, rollout?.from, pinned]);
  const kept = history.filter(({ revision }, place) => place < limit || needed.has(revision));
  return kept.length === history.length ? state : { ...state, history: kept };
}
