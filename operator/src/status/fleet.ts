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
    if (losesSince(seen, sensor, revision)) losingNodes.push(name);
    if (!isDegraded(seen)) continue;
    if (isCaptureFaulty(seen)) blindNodes.push(name);
    degraded += 1;
    if (degradedNodes.length < kNamed) degradedNodes.push(name);
  }
  return {
    ...{ busUp, nodes: count, reporting, degraded, behind, signatures, silentNodes },
    ...{ degradedNodes, losingNodes, blindNodes },
    loss: lossText(loss),
  };
}

/** It has the change that is being rolled out, and loses more than that may. */
function losesSince(
  { report, lossLevel = 0 }: NodeReadings,
  { spec }: NetmothSensor,
  revision: string | undefined,
): boolean {
  const { pauseOnLoss } = spec.update;
  if (pauseOnLoss === undefined || revision === undefined) return false;
  return report?.revision === revision && lossLevel >= pauseOnLoss;
}
