/**
 * Whether a change that is being rolled out goes no further, because nodes that have it lose packets.
 *
 * Invariants: pure; nothing is remembered but what the live object says. A hold begins with a node that
 * is known to lose, and ends only when every node that has the change is known not to: a sensor that was
 * killed, is silent or was not heard yet is no reason to go on.
 */
import { contains } from '../runtime/applied.ts';
import { type DaemonSet, REVISION_ANNOTATION } from './daemon-set.ts';
import type { FleetReadings } from './sensor-status.ts';

export interface HoldInput {
  readonly live: DaemonSet | undefined;
  /** Of the pods as they should be. */
  readonly revision: string | undefined;
  readonly pauseOnLoss: number | undefined;
  readonly fleet: Pick<FleetReadings, 'losingNodes' | 'sound'>;
}

export function mustHold({ live, revision, pauseOnLoss, fleet }: HoldInput): boolean {
  if (live === undefined || pauseOnLoss === undefined) return false;
  if (live.metadata.annotations?.[REVISION_ANNOTATION] !== revision) return false;
  if (isRolledOut(live)) return false;
  if (fleet.losingNodes.length > 0) return true;
  if (!isHeld(live)) return false;
  return !isSeen(live) || fleet.sound < (live.status?.updatedNumberScheduled ?? 0);
}

/** As `held` leaves it. */
export function isHeld({ spec }: DaemonSet): boolean {
  return contains(spec, { updateStrategy: { type: 'OnDelete' } });
}

export function isRolledOut(live: DaemonSet): boolean {
  const { updatedNumberScheduled = 0, desiredNumberScheduled = 0 } = live.status ?? {};
  return isSeen(live) && updatedNumberScheduled >= desiredNumberScheduled;
}

/** Its numbers are of the object as it is. */
function isSeen({ metadata, status = {} }: DaemonSet): boolean {
  return (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}
