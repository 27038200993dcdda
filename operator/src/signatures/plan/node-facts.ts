/**
 * What a roll-out knows of one node, and what a set has come to: the whole input of every decision.
 *
 * Invariant: plain data. What a node has "assigned" is what NATS holds for it, so it outlives operators;
 * "loaded" means that the engine itself reported the very bundle the node was last told to load.
 */
import type { SignatureRevision, SignatureSetStatus } from '#crds/signature-set.ts';

export interface NodeFacts {
  /** `<sensor>.<node>`, as in NATS. */
  readonly key: string;
  /** Decides whose turn it is (rankOf in waves.ts). */
  readonly rank: string;
  /** For people. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly reporting: boolean;
  /** Revision of the set that this node was told to load. */
  readonly assigned: string | undefined;
  readonly loaded: boolean;
  /** Why the bundle it was told to load was not taken. */
  readonly failure: string | undefined;
  readonly figures: NodeFigures;
  /** It was silent already when it was told: it is away, and nothing the bundle did. */
  readonly away: boolean;
}

/** Since the node was told to load what it has; undefined: not known. */
export interface NodeFigures {
  readonly lossPercent?: number | undefined;
  readonly lossPercentBefore?: number | undefined;
  readonly alertsPerMinute?: number | undefined;
  readonly alertsPerMinuteBefore?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly cpuPercent?: number | undefined;
  readonly restarts?: number | undefined;
}

/** The part of a set's status that decides where it goes on; everything else only tells. */
export interface SetState {
  readonly current: string | undefined;
  readonly rollout: SignatureSetStatus['rollout'];
  readonly breach: SignatureSetStatus['breach'];
  /** Newest first. */
  readonly history: readonly SignatureRevision[];
}

export function stateOf(status: SignatureSetStatus | undefined): SetState {
  const { current, rollout, breach, history = [] } = status ?? {};
  return { current, rollout, breach, history };
}

export function revisionOf(state: SetState, revision: string): SignatureRevision | undefined {
  return state.history.find((each) => each.revision === revision);
}

/** What nodes should have in the end. */
export function targetOf({ current, rollout }: SetState): string | undefined {
  if (rollout === undefined) return current;
  return rollout.phase === 'RollingBack' ? rollout.from : rollout.revision;
}
