/**
 * The status of a SignatureSet, for people: what it should come to, how far it is, and what is in the way.
 *
 * Invariant: pure; the parts of it that decide (rollout, history, current, breach) are those of the state.
 */
import type { SignatureSet } from '#crds/kinds.ts';
import type { SignatureSetStatus } from '#crds/signature-set.ts';
import { conditionsOf, type Judgement, judgement } from '../runtime/conditions.ts';
import { type NodeFacts, revisionOf, type SetState, targetOf } from './plan/node-facts.ts';
import { isDirect } from './plan/rollout.ts';
import { waveState, wavesOf } from './plan/waves.ts';
import type { SourceResult } from './revision-maker.ts';

export interface SetStatusInput {
  readonly set: SignatureSet;
  readonly state: SetState;
  readonly latest: string | undefined;
  readonly result: SourceResult | undefined;
  readonly nodes: readonly NodeFacts[];
  readonly conflicts: number | undefined;
  readonly now: Date;
}

export function setStatus(input: SetStatusInput): SignatureSetStatus {
  const { set, state, latest, result, nodes, conflicts, now } = input;
  const before = set.status;
  const { generation } = set.metadata;
  const target = targetOf(state);
  const { digest, rules } = (target && revisionOf(state, target)) || {};
  const told = nodes.filter(({ assigned }) => target !== undefined && assigned === target);
  const { faults = before?.faults, faultCount = before?.faultCount } = result ?? {};
  const step = stepText(input);
  const judged = [judgeCompiled(input), judgeAvailable(input), judgeProgressing(input)];
  return {
    ...given('observedGeneration', generation),
    ...given('latest', latest),
    ...given('target', target),
    ...given('current', state.current),
    ...given('digest', digest),
    ...given('rules', rules),
    active: told.filter(({ reporting, loaded }) => reporting && loaded).length,
    failed: nodes.filter(({ failure }) => failure !== undefined).length,
    selected: nodes.length,
    ...given('step', step),
    ...(faults === undefined || faults.length === 0 ? {} : { faults: [...faults] }),
    ...(faultCount === undefined || faultCount === 0 ? {} : { faultCount }),
    ...given('conflicts', conflicts),
    ...given('rollout', state.rollout),
    ...given('breach', state.breach),
    history: [...state.history],
    conditions: conditionsOf(judged, before?.conditions, { generation, now }),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}

/** "2/4": of the waves that there are; none without a roll-out. */
function stepText({ set, state, nodes }: SetStatusInput): string | undefined {
  const { rollout } = state;
  if (rollout === undefined || rollout.phase === 'RollingBack') return undefined;
  const waves = wavesOf(set.spec.rollout, nodes, isDirect(rollout, set.spec));
  return `${Math.min(rollout.step, waves.length - 1) + 1}/${waves.length}`;
}

function judgeCompiled({ result, latest, set }: SetStatusInput): Judgement {
  const say = (status: Judgement['status'], reason: string, message: string): Judgement =>
    judgement('Compiled', status, reason, message);
  const current = result !== undefined && result.generation === set.metadata.generation;
  if (result?.problem !== undefined && current) {
    const { reason, message } = result.problem;
    const words = latest === undefined ? '' : ` Revision ${latest} stays the newest.`;
    return say('False', reason, `${message}.${words}`);
  }
  if (result?.made !== undefined && current) {
    const { revision, rules, faults } = result.made;
    const words = faults === 0 ? '' : ` ${faults} are left out: see status.faults.`;
    return say('True', 'Compiled', `Revision ${revision} has ${rules} rules.${words}`);
  }
  return say('Unknown', 'Reading', 'The source is being read.');
}

function judgeAvailable({ nodes, state }: SetStatusInput): Judgement {
  const say = (status: Judgement['status'], reason: string, message: string): Judgement =>
    judgement('Available', status, reason, message);
  if (nodes.length === 0)
    return say('False', 'NoNodes', 'No sensor is selected, or none has nodes.');
  const reporting = nodes.filter((node) => node.reporting);
  const having = reporting.filter(({ assigned, loaded }) => assigned !== undefined && loaded);
  const words = `${having.length} of ${nodes.length} nodes match with a revision of this set`;
  if (having.length === 0) {
    const nothing = state.current === undefined && state.rollout === undefined;
    return say('False', nothing ? 'NoRevision' : 'NothingLoaded', `${words}.`);
  }
  return having.length === reporting.length
    ? say('True', 'Loaded', `${words}.`)
    : say('True', 'PartlyLoaded', `${words}.`);
}

function judgeProgressing(input: SetStatusInput): Judgement {
  const { set, state, nodes } = input;
  const { rollout, breach, current } = state;
  const say = (status: Judgement['status'], reason: string, message: string): Judgement =>
    judgement('Progressing', status, reason, message);
  const broken =
    breach && `${breach.gate} on ${breach.node}: ${breach.figure} (revision ${breach.revision})`;
  if (rollout === undefined && isUnread(input)) {
    return say('True', 'Reading', 'The source is being read.');
  }
  if (rollout === undefined) return judgeResting(input, broken, say);
  const { revision, from = 'none' } = rollout;
  switch (rollout.phase) {
    case 'RollingBack':
      return say(
        'True',
        'RollingBack',
        `Back to ${from}. ${broken ?? `${revision} is not wanted`}.`,
      );
    case 'Stopped':
      return say('False', 'Stopped', `${broken}. It goes on with another revision, or promoted.`);
    case 'Advancing':
      break;
  }
  if (set.spec.rollout.paused) {
    return say('False', 'Paused', `spec.rollout.paused is true; ${revision} waits.`);
  }
  const waves = wavesOf(set.spec.rollout, nodes, isDirect(rollout, set.spec));
  const wave = waves[Math.min(rollout.step, waves.length - 1)];
  const held = wave && waveState(wave, revision);
  const words = `${current ?? 'none'} → ${revision}, wave ${stepText(input)}`;
  if (held?.done === false)
    return say('True', 'RollingOut', `${words}: waits for ${held.waiting}.`);
  const soak = `${set.spec.rollout.soakSeconds} s`;
  return say(
    'True',
    'Soaking',
    `${words}: held since ${rollout.soakStartedAt}, ${soak} are asked for.`,
  );
}

/** The spec changed, and what it comes to is not known yet, or was not to the operator before this one. */
function isUnread({ set, result }: SetStatusInput): boolean {
  const { generation } = set.metadata;
  if (set.spec.pinnedRevision !== undefined) return false;
  if (result !== undefined) return result.generation !== generation;
  const { observedGeneration, conditions } = set.status ?? {};
  const said = conditions?.find(({ type }) => type === 'Progressing')?.reason;
  return observedGeneration !== generation || said === 'Reading';
}

function judgeResting(
  { set, state, latest }: SetStatusInput,
  broken: string | undefined,
  say: (status: Judgement['status'], reason: string, message: string) => Judgement,
): Judgement {
  const { pinnedRevision } = set.spec;
  const { current, breach } = state;
  if (pinnedRevision !== undefined && revisionOf(state, pinnedRevision) === undefined) {
    return say('False', 'UnknownRevision', `No revision ${pinnedRevision} in status.history.`);
  }
  if (breach?.pinned === true && breach.revision !== current) {
    return say('False', 'RolledBack', `${broken}. It is not tried again while it stays pinned.`);
  }
  if (pinnedRevision !== undefined) {
    return say(
      'False',
      'Pinned',
      `Pinned to ${pinnedRevision}; the newest is ${latest ?? 'none'}.`,
    );
  }
  if (breach !== undefined && breach.revision === latest && latest !== current) {
    return say('False', 'RolledBack', `${broken}.`);
  }
  if (current === undefined) return say('False', 'NoRevision', 'There is no revision yet.');
  return say('False', 'Complete', `All nodes should have ${current}.`);
}
