/**
 * The status of a NetmothSensor, from its DaemonSet and from what its nodes report.
 *
 * Invariant: pure, and says what is: a number that is not known is left out, never zero.
 */

import type { NetmothSensor } from '#crds/kinds.ts';
import type { Condition } from '#crds/kubernetes-types.ts';
import type { SensorStatus } from '#crds/sensor.ts';
import { conditionsOf, type Judgement, judgement } from '../runtime/conditions.ts';
import type { DaemonSetStatus } from './daemon-set.ts';

/** What the reports of all nodes of a sensor come to. */
export interface FleetReadings {
  /** False: the operator itself hears nothing, so nobody can be called silent. */
  readonly busUp: boolean;
  readonly nodes: number;
  readonly reporting: number;
  readonly degraded: number;
  /** Reporting nodes that have not applied the settings of this generation. */
  readonly behind: number;
  readonly loss: string | undefined;
  /** Digests that are loaded somewhere; "" stands for none. */
  readonly signatures: ReadonlySet<string>;
  /** A few of the nodes behind the numbers, by name. */
  readonly silentNodes: readonly string[];
  readonly degradedNodes: readonly string[];
  /** That do not take packets as the spec says, or lose them. */
  readonly blindNodes: readonly string[];
  /** That lose update.pauseOnLoss or more, and have the change that is being rolled out. */
  readonly losingNodes: readonly string[];
  /** Nodes with that change of which a whole window of reports shows that they lose less. */
  readonly sound: number;
}

/** How far the nodes are with what the SignatureSets for this sensor want. */
export interface SignatureReadings {
  readonly sets: readonly string[];
  readonly nodes: number;
  readonly current: number;
  readonly failedNodes: readonly string[];
}

export interface StatusInput {
  readonly sensor: NetmothSensor;
  readonly daemonSet:
    | {
        readonly generation: number;
        readonly status: DaemonSetStatus;
        /** No further pod is replaced. */
        readonly isHeld: boolean;
      }
    | undefined;
  readonly fleet: FleetReadings;
  readonly signing: SignatureReadings | undefined;
  readonly now: Date;
}

export function sensorStatus({
  sensor,
  daemonSet,
  fleet,
  signing,
  now,
}: StatusInput): SensorStatus {
  const generation = sensor.metadata.generation;
  const pods = currentPods(daemonSet);
  const judgements = [
    judgeAvailable(sensor, pods),
    judgeProgressing(sensor, pods, { ...fleet, isHeld: daemonSet?.isHeld === true }),
    judgeReporting(sensor, fleet),
    judgeDegraded(fleet),
    judgeCapture(sensor, fleet),
    judgeSignatures(fleet, signing),
  ];
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(pods === undefined
      ? {}
      : { desired: pods.desired, ready: pods.ready, updated: pods.updated }),
    reporting: fleet.reporting,
    degraded: fleet.degraded,
    ...(fleet.loss === undefined ? {} : { loss: fleet.loss }),
    ...signaturesOf(fleet),
    conditions: conditionsOf(judgements, sensor.status?.conditions, { generation, now }),
  };
}

interface Pods {
  readonly desired: number;
  readonly ready: number;
  readonly updated: number;
}

/** Undefined until the DaemonSet controller has seen the DaemonSet as it is now. */
function currentPods(daemonSet: StatusInput['daemonSet']): Pods | undefined {
  if (daemonSet === undefined) return undefined;
  const { status, generation } = daemonSet;
  if ((status.observedGeneration ?? 0) < generation) return undefined;
  return {
    desired: status.desiredNumberScheduled ?? 0,
    ready: status.numberReady ?? 0,
    updated: status.updatedNumberScheduled ?? 0,
  };
}

function signaturesOf({ signatures }: FleetReadings): Pick<SensorStatus, 'signatures'> {
  const [first, ...others] = signatures;
  if (others.length > 0) return { signatures: 'mixed' };
  return first === undefined || first === '' ? {} : { signatures: first };
}

function judgeAvailable({ spec }: NetmothSensor, pods: Pods | undefined): Judgement {
  const say = (status: Condition['status'], reason: string, message: string): Judgement =>
    judgement('Available', status, reason, message);
  if (spec.suspend) return say('False', 'Suspended', 'spec.suspend is true: nothing is captured.');
  if (pods === undefined) {
    return say('Unknown', 'Starting', 'The DaemonSet was not seen by its controller yet.');
  }
  if (pods.desired === 0) {
    return say('False', 'NoNodes', 'No node matches spec.nodeSelector and spec.tolerations.');
  }
  const allowed = unavailableAllowed(spec.update.maxUnavailable, pods.desired);
  const missing = pods.desired - pods.ready;
  const words = `${pods.ready} of ${pods.desired} nodes have a ready sensor`;
  if (missing <= allowed) return say('True', 'Ready', `${words}.`);
  return say('False', 'TooFewReady', `${words}; at most ${allowed} may be without one.`);
}

function judgeProgressing(
  { spec }: NetmothSensor,
  pods: Pods | undefined,
  { behind, reporting, losingNodes, isHeld }: FleetReadings & { readonly isHeld: boolean },
): Judgement {
  const say = (status: Condition['status'], reason: string, message: string): Judgement =>
    judgement('Progressing', status, reason, message);
  if (pods === undefined) return say('True', 'Starting', 'The DaemonSet is being made or changed.');
  if (spec.suspend) return say('False', 'Suspended', 'No pod is wanted.');
  if (pods.updated < pods.desired) {
    const words = `${pods.updated} of ${pods.desired} nodes have the current spec`;
    if (losingNodes.length > 0) {
      const who = `${listed(losingNodes)} lost ${spec.update.pauseOnLoss}% or more with it`;
      return say('True', 'PausedOnLoss', `${words}; no other gets it: ${who}.`);
    }
    if (isHeld) {
      const why = `until each of them reported for a minute that it loses less than ${spec.update.pauseOnLoss}%`;
      return say('True', 'PausedOnLoss', `${words}; no other gets it ${why}.`);
    }
    return say('True', 'RollingOut', `${words}.`);
  }
  if (behind > 0) {
    const words = `${behind} of ${reporting} reporting nodes have not applied the current settings.`;
    return say('True', 'Applying', words);
  }
  return say('False', 'Complete', 'All nodes have the current spec.');
}

function judgeReporting({ spec }: NetmothSensor, fleet: FleetReadings): Judgement {
  const say = (status: Condition['status'], reason: string, message: string): Judgement =>
    judgement('Reporting', status, reason, message);
  if (!fleet.busUp) {
    return say('Unknown', 'BusUnreachable', 'The operator cannot reach NATS: it hears no report.');
  }
  if (spec.suspend) return say('False', 'Suspended', 'No sensor runs.');
  if (fleet.nodes === 0) return say('False', 'NoNodes', 'There is no node to report.');
  const words = `${fleet.reporting} of ${fleet.nodes} nodes reported within the last 30 seconds`;
  if (fleet.reporting === fleet.nodes) return say('True', 'AllReporting', `${words}.`);
  return say('False', 'Silent', `${words}; silent: ${listed(fleet.silentNodes)}.`);
}

function judgeDegraded(fleet: FleetReadings): Judgement {
  if (fleet.degraded === 0) {
    return judgement('Degraded', 'False', 'AllHealthy', 'No node says that something is wrong.');
  }
  const share = `${fleet.degraded} of ${fleet.nodes} nodes`;
  const words = `Something is wrong on ${share}: ${listed(fleet.degradedNodes)}.`;
  return judgement('Degraded', 'True', 'NodesDegraded', words);
}

function judgeCapture({ spec }: NetmothSensor, fleet: FleetReadings): Judgement {
  const say = (status: Condition['status'], reason: string, message: string): Judgement =>
    judgement('CaptureHealthy', status, reason, message);
  if (spec.suspend) return say('False', 'Suspended', 'spec.suspend is true: nothing is captured.');
  const { blindNodes, reporting, busUp } = fleet;
  if (!busUp || reporting === 0)
    return say('Unknown', 'NotReported', 'No node says what it takes.');
  if (blindNodes.length > 0) {
    const share = `${blindNodes.length} of ${reporting} reporting nodes`;
    const words = `${share} lose packets or do not capture as the spec says`;
    return say('False', 'NodesFaulty', `${words}: ${listed(blindNodes)}.`);
  }
  return say('True', 'Healthy', `All ${reporting} reporting nodes take packets as the spec says.`);
}

function judgeSignatures(
  { busUp }: FleetReadings,
  signing: SignatureReadings | undefined,
): Judgement {
  const say = (status: Condition['status'], reason: string, message: string): Judgement =>
    judgement('SignaturesCurrent', status, reason, message);
  if (!busUp || signing === undefined) {
    return say('Unknown', 'BusUnreachable', 'The operator cannot reach NATS.');
  }
  const { sets, nodes, current, failedNodes } = signing;
  if (sets.length === 0) {
    return say('Unknown', 'NoSignatureSet', 'No SignatureSet selects this sensor.');
  }
  const words = `${current} of ${nodes} nodes match with what ${listed(sets)} wants`;
  if (failedNodes.length > 0) {
    return say('False', 'LoadFailed', `${words}; could not load it: ${listed(failedNodes)}.`);
  }
  if (nodes > 0 && current === nodes) return say('True', 'Current', `${words}.`);
  return say('False', 'RollingOut', `${words}.`);
}

function unavailableAllowed(maxUnavailable: number | string, desired: number): number {
  if (typeof maxUnavailable === 'number') return maxUnavailable;
  // Kubernetes rounds maxUnavailable of a DaemonSet up.
  return Math.ceil((Number.parseInt(maxUnavailable, 10) / 100) * desired);
}

function listed(names: readonly string[]): string {
  const kShown = 3;
  const rest = names.length - kShown;
  const shown = names.slice(0, kShown).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
