/**
 * The nodes of all sensors as roll-outs see them, one row for each sensor and node.
 *
 * Invariant: pure; a row is what NATS holds for the node and what the node reported, nothing remembered.
 */
import { type Desired, nodeKey, toToken } from '#contracts/nats.ts';
import type { NetmothSensor } from '#crds/kinds.ts';
import { isReporting, type NodeReadings } from '../status/node-view.ts';
import { belongsOn, type Node } from '../status/placement.ts';
import type { NodeFacts, NodeFigures } from './plan/node-facts.ts';

export interface Row {
  readonly key: string;
  readonly sensor: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly reporting: boolean;
  readonly wish: Desired | undefined;
  /** The engine matches with what it was told: the bundle, or none. */
  readonly loaded: boolean;
  readonly failure: string | undefined;
  readonly figures: NodeFigures;
}

export interface RowsInput {
  readonly sensors: Iterable<NetmothSensor>;
  readonly nodes: readonly Node[];
  readonly readings: (sensor: string, node: string) => NodeReadings;
  readonly wishes: ReadonlyMap<string, Desired>;
  readonly figures: (key: string) => NodeFigures;
}

/** By sensor; suspended ones have no nodes. */
export function rowsOf(input: RowsInput): Map<string, Row[]> {
  const rows = new Map<string, Row[]>();
  for (const sensor of input.sensors) {
    if (sensor.metadata.deletionTimestamp !== undefined) continue;
    const { name } = sensor.metadata;
    const own = sensor.spec.suspend ? [] : input.nodes.filter((node) => belongsOn(sensor, node));
    rows.set(
      name,
      own.map((node) => rowOf(name, node, input)),
    );
  }
  return rows;
}

function rowOf(sensor: string, { metadata }: Node, input: RowsInput): Row {
  const token = toToken(metadata.name);
  const key = nodeKey(sensor, token);
  const seen = input.readings(sensor, token);
  const wish = input.wishes.get(key);
  const wanted = wish?.signatures?.digest;
  return {
    ...{ key, sensor, node: metadata.name, labels: metadata.labels ?? {}, wish },
    reporting: isReporting(seen),
    loaded: isLoaded(seen, wanted),
    failure: failureOf(seen, wanted),
    figures: input.figures(key),
  };
}

export function isLoaded({ report }: NodeReadings, wanted: string | undefined): boolean {
  if (report === undefined) return false;
  const { digest, state = 'none' } = report.signatures ?? {};
  if (wanted === undefined) return digest === undefined || state === 'none';
  return digest === wanted;
}

/** Why the node did not take just this bundle. */
export function failureOf(
  { report }: NodeReadings,
  wanted: string | undefined,
): string | undefined {
  const { failure, state } = report?.signatures ?? {};
  if (failure === undefined || state !== 'failed' || wanted === undefined) return undefined;
  if (failure.digest !== undefined && failure.digest !== wanted) return undefined;
  return `${failure.reason}: ${failure.message}`;
}

/** What the operator itself saw of a node since it told it something. */
export interface Watched {
  readonly lateMs: number;
  readonly away: boolean;
}

/** A sensor that reports and has not loaded a bundle for so long will not. */
export const LOAD_TIMEOUT_MS = 120_000;

export function factsOf(set: string, row: Row, rank: string, watched: Watched): NodeFacts {
  const late = row.reporting && !row.loaded && watched.lateMs >= LOAD_TIMEOUT_MS;
  return {
    ...{ key: row.key, rank, name: `${row.sensor}.${row.node}`, labels: row.labels },
    ...{ reporting: row.reporting, assigned: row.wish?.sets?.[set], loaded: row.loaded },
    failure: row.failure ?? (late ? `not loaded within ${LOAD_TIMEOUT_MS / 1_000} s` : undefined),
    ...{ figures: row.figures, away: watched.away },
  };
}
