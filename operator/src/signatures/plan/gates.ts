/**
 * The gates of a roll-out: what nodes with the new revision may not do.
 *
 * Invariants: pure; the answer names a node, the gate and the figure beside its limit; what is not known
 * breaks no gate; what a node did already before it was told the revision is not the revision's fault.
 */
import type { SignatureSetSpec } from '#crds/signature-set.ts';
import type { NodeFacts } from './node-facts.ts';

export type Gates = SignatureSetSpec['rollout']['abort'];

export interface Break {
  readonly gate: keyof Gates;
  readonly node: string;
  readonly figure: string;
}

/** Fewer alerts than that are no storm, whatever there was before. */
const kStormAlertsPerMinute = 300;
/** Loss that grew by less than that is the loss there was before. */
const kLossGrowthPercent = 1;

type Gate = (node: NodeFacts, gates: Gates, context: GateContext) => string | undefined;

export interface GateContext {
  /** Of a node on average before the roll-out, for nodes of which nothing is known. */
  readonly alertsPerMinute: number | undefined;
}

/** In the order in which they are told. */
const kGates: readonly (readonly [keyof Gates, Gate])[] = [
  ['restarts', judgeRestarts],
  ['lossPercent', judgeLoss],
  ['memoryMiB', judgeMemory],
  ['cpuPercent', judgeCpu],
  ['alertFactor', judgeAlerts],
];

/** Over the nodes that were told the revision. */
export function firstBreak(
  nodes: readonly NodeFacts[],
  gates: Gates,
  context: GateContext,
): Break | undefined {
  const failed = nodes.filter(({ failure }) => failure !== undefined);
  const [first] = failed;
  if (first !== undefined && failed.length >= gates.failedLoads) {
    const figure = `${failed.length} could not load it, ${gates.failedLoads} is the limit; ${first.name}: ${first.failure}`;
    return { gate: 'failedLoads', node: first.name, figure: figure.slice(0, 512) };
  }
  for (const node of nodes) {
    for (const [gate, judge] of kGates) {
      const figure = judge(node, gates, context);
      if (figure !== undefined) return { gate, node: node.name, figure };
    }
  }
  return undefined;
}

function judgeRestarts({ figures }: NodeFacts, { restarts }: Gates): string | undefined {
  const count = figures.restarts ?? 0;
  if (count < restarts) return undefined;
  return `started anew ${count} times, ${restarts} is the limit`;
}

function judgeLoss({ figures }: NodeFacts, { lossPercent: limit }: Gates): string | undefined {
  const { lossPercent = 0, lossPercentBefore = 0 } = figures;
  if (lossPercent <= limit || lossPercent < lossPercentBefore + kLossGrowthPercent) {
    return undefined;
  }
  return `lost ${rounded(lossPercent)} % of its packets (${rounded(lossPercentBefore)} % before), ${limit} % is the limit`;
}

function judgeMemory({ figures }: NodeFacts, { memoryMiB: limit }: Gates): string | undefined {
  const { memoryMiB } = figures;
  if (limit === undefined || memoryMiB === undefined || memoryMiB <= limit) return undefined;
  return `takes ${Math.ceil(memoryMiB)} MiB of memory, ${limit} MiB is the limit`;
}

function judgeCpu({ figures }: NodeFacts, { cpuPercent: limit }: Gates): string | undefined {
  const { cpuPercent } = figures;
  if (limit === undefined || cpuPercent === undefined || cpuPercent <= limit) return undefined;
  return `takes ${Math.ceil(cpuPercent)} % of a CPU, ${limit} % is the limit`;
}

function judgeAlerts(
  { figures }: NodeFacts,
  { alertFactor }: Gates,
  context: GateContext,
): string | undefined {
  const { alertsPerMinute = 0 } = figures;
  const before = figures.alertsPerMinuteBefore ?? context.alertsPerMinute ?? 0;
  if (alertsPerMinute < kStormAlertsPerMinute) return undefined;
  if (alertsPerMinute <= alertFactor * Math.max(1, before)) return undefined;
  return `raises ${Math.round(alertsPerMinute)} alerts a minute (${Math.round(before)} before), ${alertFactor} times as many is the limit`;
}

function rounded(percent: number): string {
  return percent.toFixed(percent < 10 ? 1 : 0);
}
