/**
 * The waves of a roll-out: which nodes each takes, in which order, and when it is full.
 *
 * Invariants: a node that was told a revision stays in its wave, whoever joins or leaves; the order is
 * that of a hash of set and node, so the same nodes go first each time and every replica agrees; a node
 * that does not report is taken by the last wave alone, and never counts as in progress.
 */
import { createHash } from 'node:crypto';
import type { SignatureSetSpec } from '#crds/signature-set.ts';
import { matchesLabels } from '../label-selector.ts';
import type { NodeFacts } from './node-facts.ts';

export interface Wave {
  /** How many of its nodes it takes. */
  readonly count: number;
  /** All nodes it chooses from, in the order of their turn. */
  readonly among: readonly NodeFacts[];
  readonly isLast: boolean;
}

/** Of the nodes of a wave so many may have fallen silent: machines die without our doing. */
const kSilentShare = 0.05;

/** Place 0 is the canary, then the steps of the spec, then all: also where a wave takes nobody. */
export function wavesOf(
  rollout: SignatureSetSpec['rollout'],
  nodes: readonly NodeFacts[],
  direct: boolean,
): readonly Wave[] {
  const all = { count: nodes.length, among: nodes, isLast: true };
  if (direct) return [all];
  const steps = rollout.steps.map(({ percent, nodes: count, selector }) => {
    const among = nodes.filter(({ labels }) => matchesLabels(selector, labels));
    const wanted = count ?? Math.ceil(((percent ?? 100) / 100) * among.length);
    return { count: Math.min(wanted, among.length), among, isLast: false };
  });
  const canary = Math.min(rollout.canaryNodes, nodes.length);
  return [{ count: canary, among: nodes, isLast: false }, ...steps, all];
}

/** In the order of their turn. */
export function inTurn(nodes: readonly NodeFacts[]): NodeFacts[] {
  return [...nodes].sort((a, b) => (a.rank < b.rank ? -1 : 1));
}

/** Costs a hash: keep it. */
export function rankOf(set: string, key: string): string {
  return createHash('sha256').update(`${set}\0${key}`).digest('hex');
}

/** Nodes the wave may still take; those that report first. */
export function missingFrom(wave: Wave, revision: string): readonly NodeFacts[] {
  const taken = wave.among.filter(({ assigned }) => assigned === revision).length;
  const free = wave.among.filter(({ assigned }) => assigned !== revision);
  const reporting = free.filter((node) => node.reporting);
  const silent = wave.isLast ? free.filter((node) => !node.reporting) : [];
  return [...reporting, ...silent].slice(0, Math.max(0, wave.count - taken));
}

export type WaveState =
  | { readonly done: true }
  /** What is waited for, for people. */
  | { readonly done: false; readonly waiting: string };

/** A wave holds when all it takes have loaded the revision. */
export function waveState(wave: Wave, revision: string): WaveState {
  const taken = wave.among.filter(({ assigned }) => assigned === revision);
  const missing = missingFrom(wave, revision).length;
  if (missing > 0) return { done: false, waiting: `${missing} more nodes are to be told` };
  if (taken.length === 0 && wave.count > 0) {
    return { done: false, waiting: 'no node reports' };
  }
  const loading = taken.filter(({ reporting, loaded }) => reporting && !loaded);
  if (loading.length > 0) return { done: false, waiting: `${named(loading)} to load it` };
  const lost = taken.filter(({ reporting, away }) => !reporting && !away);
  if (lost.length > Math.floor(taken.length * kSilentShare)) {
    return { done: false, waiting: `${named(lost)} to report again` };
  }
  return { done: true };
}

/** How many nodes may load at the same time. */
export function inProgressAllowed(maxInProgress: number | string, nodes: number): number {
  if (typeof maxInProgress === 'number') return maxInProgress;
  return Math.max(1, Math.floor((Number.parseInt(maxInProgress, 10) / 100) * nodes));
}

function named(nodes: readonly NodeFacts[]): string {
  const [first] = nodes;
  const rest = nodes.length - 1;
  return rest > 0 ? `${first?.name} and ${rest} more nodes` : `node ${first?.name}`;
}
