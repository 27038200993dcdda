/**
 * What the nodes of one sensor come to together.
 *
 * Invariant: pure; counts the nodes where the sensor belongs, and no others.
 */
import { toToken } from '#contracts/nats.ts';
import type { NetmothSensor } from '#crds/kinds.ts';
import type { FleetReadings } from '../sensor/sensor-status.ts';
import {
  isCaptureFaulty,
  isDegraded,
  isReporting,
  lossText,
  type NodeReadings,
} from './node-view.ts';
import { belongsOn, type Node } from './placement.ts';

const kNamed = 10;

export interface FleetInput {
  readonly sensor: NetmothSensor;
  readonly nodes: Iterable<Node>;
  readonly busUp: boolean;
  readonly readings: (sensor: string, node: string) => NodeReadings;
  /** Of its pods as they should be. */
  readonly revision?: string | undefined;
}

export function fleetOf({ sensor, nodes, busUp, readings, revision }: FleetInput): FleetReadings {
  const silentNodes: string[] = [];
  const degradedNodes: string[] = [];
  const losingNodes: string[] = [];
  const blindNodes: string[] = [];
  const signatures = new Set<string>();
  let count = 0;
  let reporting = 0;
  let degraded = 0;
  let behind = 0;
  let sound = 0;
  const generation = sensor.metadata.generation ?? 0;
  let loss: number | undefined;
  for (const node of nodes) {
    if (!belongsOn(sensor, node)) continue;
    const { name } = node.metadata;
    const seen = readings(sensor.metadata.name, toToken(name));
    count += 1;
    if (!isReporting(seen)) {
      if (silentNodes.length < kNamed) silentNodes.push(name);
      continue;
    }
    reporting += 1;
    if ((seen.report?.observedGeneration ?? 0) < generation) behind += 1;
    signatures.add(seen.report?.signatures?.digest ?? '');
    if (seen.lossLevel !== undefined) loss = Math.max(loss ?? 0, seen.lossLevel);
    const judged = judgeChange(seen, sensor, revision);
    if (judged === 'loses') losingNodes.push(name);
    if (judged === 'sound') sound += 1;
    if (!isDegraded(seen)) continue;
    if (isCaptureFaulty(seen)) blindNodes.push(name);
    degraded += 1;
    if (degradedNodes.length < kNamed) degradedNodes.push(name);
  }
  return {
    ...{ busUp, nodes: count, reporting, degraded, behind, sound, signatures, silentNodes },
    ...{ degradedNodes, losingNodes, blindNodes },
    loss: lossText(loss),
  };
}

/** How the change that is being rolled out does there; undefined: it is not there, or that is not known. */
function judgeChange(
  { report, lossPercent, lossSettled }: NodeReadings,
  { spec }: NetmothSensor,
  revision: string | undefined,
): 'loses' | 'sound' | undefined {
  const { pauseOnLoss } = spec.update;
  if (pauseOnLoss === undefined || revision === undefined) return undefined;
  if (report?.revision !== revision || lossPercent === undefined) return undefined;
  if (lossPercent >= pauseOnLoss) return 'loses';
  return lossSettled ? 'sound' : undefined;
}
