/**
 * One step of a set's roll-out: from where it is and what nodes do, to where it goes on.
 *
 * Invariants: pure; called again with what it returned and the same facts, it returns the same. The wave
 * only ever widens by one step at a time, each after the one before held for the soak time; a broken gate
 * never lets a further node in. A revision that was rolled back is not tried again by itself, nor for being pinned
 * all the while.
 */
import type { RolloutState, SignatureRevision, SignatureSetSpec } from '#crds/signature-set.ts';
import { firstBreak } from './gates.ts';
import { type NodeFacts, revisionOf, type SetState } from './node-facts.ts';
import { missingFrom, type Wave, waveState, wavesOf } from './waves.ts';

export interface PlanInput {
  readonly spec: SignatureSetSpec;
  /** Newest revision that compiled. */
  readonly latest: string | undefined;
  /** The nodes of all sensors the set is for, in the order of their turn. */
  readonly nodes: readonly NodeFacts[];
  /** Of a node, on average. */
  readonly alertsPerMinute: number | undefined;
  /** For how long this operator has seen the wave hold; none: it does not. */
  readonly heldMs: number;
  readonly now: Date;
}

export function advance(state: SetState, input: PlanInput): SetState {
  const aimed = aim(settle(released(state, input), input.nodes), input);
  const { rollout } = aimed;
  if (rollout === undefined || rollout.phase !== 'Advancing') return aimed;
  const stopped = judge(aimed, rollout, input);
  if (stopped !== undefined) return stopped;
  if (input.spec.rollout.paused) return aimed;
  return progress(aimed, rollout, input);
}

/** The revision nodes should come to by what is written; undefined: nothing is there yet. */
export function wanted(state: SetState, { spec, latest }: Pick<PlanInput, 'spec' | 'latest'>) {
  const { pinnedRevision } = spec;
  if (pinnedRevision !== undefined) {
    const { breach } = state;
    const broken = breach?.pinned === true && spec.rollout.promote !== pinnedRevision;
    return revisionOf(state, pinnedRevision) === undefined || broken
      ? state.current
      : pinnedRevision;
  }
  if (latest === undefined) return state.current;
  const refused = revisionOf(state, latest)?.outcome === 'RolledBack';
  return refused && spec.rollout.promote !== latest ? state.current : latest;
}

/** What was rolled back while it was pinned may be pinned anew. */
function released(state: SetState, { spec }: PlanInput): SetState {
  const { breach } = state;
  if (breach?.pinned !== true || breach.revision === spec.pinnedRevision) return state;
  const { pinned: _over, ...left } = breach;
  return { ...state, breach: left };
}

/** A roll-back is over when no node is told the revision any more. */
function settle(state: SetState, nodes: readonly NodeFacts[]): SetState {
  const { rollout } = state;
  if (rollout?.phase !== 'RollingBack') return state;
  if (nodes.some(({ assigned }) => assigned === rollout.revision)) return state;
  return { ...state, rollout: undefined };
}

/** Begins, replaces or takes back a roll-out where another revision is wanted. */
function aim(state: SetState, input: PlanInput): SetState {
  const { rollout } = state;
  const revision = wanted(state, input);
  if (rollout === undefined) {
    return revision === undefined || revision === state.current
      ? state
      : begun(state, revision, input);
  }
  if (rollout.phase === 'RollingBack') return state;
  if (revision === rollout.revision) {
    const promoted = rollout.phase === 'Stopped' && input.spec.rollout.promote === revision;
    return promoted ? begun(state, revision, input) : state;
  }
  const left = withOutcome(state, rollout.revision, {
    outcome: rollout.phase === 'Stopped' ? 'RolledBack' : 'Superseded',
  });
  if (revision === undefined || revision === state.current) {
    return { ...left, rollout: { ...rollout, phase: 'RollingBack' } };
  }
  return begun(left, revision, input);
}

function begun(state: SetState, revision: string, input: PlanInput): SetState {
  const { current } = state;
  // What was good once needs no waves: somebody goes back, and in a hurry.
  const direct = revisionOf(state, revision)?.outcome === 'Complete';
  const rollout: RolloutState = {
    revision,
    ...(current === undefined ? {} : { from: current }),
    ...(direct ? { direct } : {}),
    phase: 'Advancing',
    step: 0,
    stepStartedAt: secondsOf(input.now),
    ...(input.alertsPerMinute === undefined
      ? {}
      : { alertsPerMinute: Math.ceil(input.alertsPerMinute) }),
  };
  const skipped = { ...rollout, step: nextStep(rollout, -1, input) ?? 0 };
  return withOutcome({ ...state, rollout: skipped }, revision, { outcome: 'RollingOut' });
}

export function isDirect(rollout: RolloutState, spec: SignatureSetSpec): boolean {
  return rollout.direct === true || spec.rollout.promote === rollout.revision;
}

/** Undefined while no gate is broken. */
function judge(state: SetState, rollout: RolloutState, input: PlanInput): SetState | undefined {
  const { spec, nodes, now } = input;
  if (isDirect(rollout, spec)) return undefined;
  const told = nodes.filter(({ assigned }) => assigned === rollout.revision);
  const found = firstBreak(told, spec.rollout.abort, {
    alertsPerMinute: rollout.alertsPerMinute,
  });
  if (found === undefined) return undefined;
  const { revision } = rollout;
  const breach = { revision, ...found, at: secondsOf(now) };
  const message = `${found.gate} on ${found.node}: ${found.figure}`.slice(0, 1_024);
  if (!spec.rollout.autoRollback) {
    const stopped = { ...state, breach, rollout: { ...rollout, phase: 'Stopped' as const } };
    return withOutcome(stopped, revision, { message });
  }
  const pinned = spec.pinnedRevision === revision ? { pinned: true } : {};
  const back = {
    ...{ ...state, breach: { ...breach, ...pinned } },
    rollout: { ...rollout, phase: 'RollingBack' as const },
  };
  return withOutcome(back, revision, { outcome: 'RolledBack', message });
}

/** Widens the wave by one step where it held, or ends the roll-out. */
function progress(state: SetState, rollout: RolloutState, input: PlanInput): SetState {
  const { spec, nodes, now, heldMs } = input;
  const direct = isDirect(rollout, spec);
  const waves = wavesOf(spec.rollout, nodes, direct);
  const step = Math.min(rollout.step, waves.length - 1);
  const wave = waves[step];
  if (wave === undefined || !waveState(wave, rollout.revision).done) {
    const { soakStartedAt: _over, ...unsoaked } = rollout;
    return { ...state, rollout: unsoaked };
  }
  const soaking = { ...rollout, soakStartedAt: rollout.soakStartedAt ?? secondsOf(now) };
  const soakMs = direct ? 0 : spec.rollout.soakSeconds * 1_000;
  if (heldMs < soakMs) return { ...state, rollout: soaking };
  const next = nextStep(rollout, step, input);
  if (next === undefined) return completed(state, rollout.revision);
  const { soakStartedAt: _held, ...going } = rollout;
  return { ...state, rollout: { ...going, step: next, stepStartedAt: secondsOf(now) } };
}

/** The next wave that takes a node more than those before it; undefined: all are taken. */
function nextStep(rollout: RolloutState, step: number, input: PlanInput): number | undefined {
  const { spec, nodes } = input;
  const waves = wavesOf(spec.rollout, nodes, isDirect(rollout, spec));
  const next = waves.findIndex((wave, place) => place > step && !isPassed(wave, rollout.revision));
  return next === -1 ? undefined : next;
}

/** It is full, or all it could still take are away. Where none of it has the revision it waits for one. */
function isPassed(wave: Wave, revision: string): boolean {
  const taken = wave.among.filter(({ assigned }) => assigned === revision).length;
  if (taken >= wave.count) return true;
  return taken > 0 && missingFrom(wave, revision).length === 0;
}

function completed(state: SetState, revision: string): SetState {
  const done = { ...state, current: revision, rollout: undefined };
  return withOutcome(done, revision, { outcome: 'Complete' });
}

function withOutcome(
  state: SetState,
  revision: string,
  change: Pick<Partial<SignatureRevision>, 'outcome' | 'message'>,
): SetState {
  const history = state.history.map((each) =>
    each.revision === revision ? { ...each, ...change } : each,
  );
  return { ...state, history };
}

/** Kubernetes' times have whole seconds. */
export function secondsOf(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
