// The leading operator is killed (SIGKILL, nothing is tidied up) at random points of roll-outs, while another
// stands by: every roll-out ends right, no node is told a revision outside its wave, and none twice.
// NETMOTH_KILLS=20 kills as often as was promised; a test run does it a few times.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODES } from '../runtime/resource.ts';
import { eventually } from '../testing/kube-bed.ts';
import { condition, OperatorBed, type OperatorProcess } from '../testing/operator-bed.ts';
import { SimulatedSensors } from '../testing/simulated-sensors.ts';

const kKills = Number(process.env['NETMOTH_KILLS'] ?? '4');
const kNodes = Array.from({ length: 12 }, (_, index) => `node-${index}`);
const kSoakSeconds = 1;
/** How many nodes have the revision when each wave is full: the canary, a third, all. */
const kWaves = [1, 4, 12];
const kLongestMs = 6_000;

let bed: OperatorBed;
let sensors: SimulatedSensors;
const operators: OperatorProcess[] = [];
let started = 0;

async function startOperator(): Promise<void> {
  started += 1;
  operators.push(await bed.operator(`operator-${started}`));
}

beforeAll(async () => {
  bed = await OperatorBed.start({ controllers: false });
  sensors = new SimulatedSensors(bed.nats.url, 500);
  for (const name of kNodes) {
    await bed.client.create(NODES, {
      metadata: { name, labels: { 'kubernetes.io/os': 'linux' } },
    });
    sensors.add('edge', name);
  }
  await sensors.start();
  await startOperator();
  await startOperator();
  await bed.applySensor('edge', {});
}, 120_000);
afterAll(async () => {
  await sensors?.[Symbol.asyncDispose]();
  await bed?.[Symbol.asyncDispose]();
});

const rollout = {
  ...{ canaryNodes: 1, steps: [{ nodes: kWaves[1] }], maxInProgress: '100%' },
  soakSeconds: kSoakSeconds,
};
const rules = (round: number): string =>
  `alert tcp any any -> any 80 (msg:"round ${round}"; content:"x"; sid:${round + 1};)`;

async function publish(round: number): Promise<void> {
  // A machine that stands still for half a minute is no fault of a roll-out.
  await eventually(() => {
    const applied = bed.applySet('base', { source: { inline: { rules: rules(round) } }, rollout });
    return applied.then(
      () => true,
      () => false,
    );
  }, `round ${round} to be applied`);
}

async function settled(reason: 'Complete' | 'RolledBack', round = 0) {
  return await eventually(async () => {
    const set = await bed.own('signaturesets', 'base');
    const { observedGeneration, latest, current, active, rollout: going } = set?.status ?? {};
    if (observedGeneration !== set.metadata.generation || going !== undefined) return undefined;
    if (condition(set, 'Progressing') !== `False ${reason}` || active !== kNodes.length) {
      return undefined;
    }
    return (reason === 'Complete') === (latest === current) ? set.status : undefined;
  }, `round ${round} to be ${reason}`);
}

async function killLeader(): Promise<void> {
  for (const operator of operators) {
    if ((await operator.metric('leading').catch(() => 0)) !== 1) continue;
    operator.process.signal('SIGKILL');
    await operator.process.exited;
    operators.splice(operators.indexOf(operator), 1);
    await startOperator();
    return;
  }
}

/** When each node was told the revision for the first time, in order; each of them once. */
function toldOf(mark: number, revision: string): number[] {
  const told = sensors.told.slice(mark).filter(({ wish }) => wish?.sets?.['base'] === revision);
  expect(new Set(told.map(({ key }) => key)).size).toBe(told.length);
  return told.map(({ atMs }) => atMs);
}

describe('the leader is killed', () => {
  it('before anything, nothing is lost', async () => {
    await publish(0);
    await settled('Complete');
  });

  it(`${kKills} times in the middle of waves: every roll-out ends right, wave by wave`, async () => {
    for (let round = 1; round <= kKills; round += 1) {
      const isBad = round % 4 === 0;
      const { status: before } = await bed.own('signaturesets', 'base');
      for (const name of kNodes) {
        sensors.refuse(
          `edge.${name}`,
          (wish) => isBad && wish.signatures?.digest !== before.digest,
        );
      }
      const mark = sensors.told.length;
      await publish(round);
      // A bad one ends within a second or two.
      await sleep(Math.random() * (isBad ? kLongestMs / 4 : kLongestMs));
      await killLeader();
      const after = await settled(isBad ? 'RolledBack' : 'Complete', round);
      const told = toldOf(mark, after.latest);
      if (isBad) {
        expect(told.length).toBeLessThanOrEqual(1);
        expect(after.current).toBe(before.current);
        continue;
      }
      expect(told).toHaveLength(kNodes.length);
      for (const [wave, full] of kWaves.slice(0, -1).entries()) {
        const gapMs = (told[full] ?? 0) - (told[full - 1] ?? 0);
        expect(gapMs, `before wave ${wave + 1} of round ${round}`).toBeGreaterThan(
          kSoakSeconds * 1_000 - 100,
        );
      }
    }
    for (const { key, wish } of sensors.told) expect(wish, key).toBeDefined();
  }, 900_000);
});
