// Eight nodes whose sensors do what they are told, and one SignatureSet that is rolled out over them in waves.
import { NODES } from '../runtime/resource.ts';
import { eventually } from './kube-bed.ts';
import { condition, type OperatorBed } from './operator-bed.ts';
import { SimulatedSensors } from './simulated-sensors.ts';

const kSensor = 'edge';
const kSet = 'base';
const kReportMs = 500;

export class SmallFleet implements AsyncDisposable {
  readonly sensors: SimulatedSensors;
  readonly #bed: OperatorBed;
  /** Sensor and node of each, as wishes and reports are keyed. */
  readonly keys: readonly string[] = Array.from({ length: 8 }, (_, n) => `${kSensor}.node-${n}`);

  private constructor(bed: OperatorBed) {
    this.#bed = bed;
    this.sensors = new SimulatedSensors(bed.nats.url, kReportMs);
  }

  static async start(bed: OperatorBed): Promise<SmallFleet> {
    const fleet = new SmallFleet(bed);
    for (const key of fleet.keys) {
      const name = key.slice(kSensor.length + 1);
      const labels = { 'kubernetes.io/os': 'linux' };
      await bed.client.create(NODES, { metadata: { name, labels } });
      fleet.sensors.add(kSensor, name);
    }
    await fleet.sensors.start();
    return fleet;
  }

  /** The NetmothSensor that all are of. */
  applySensor(): Promise<void> {
    return this.#bed.applySensor(kSensor, {});
  }

  /** Another revision of the set: one canary, then half at a time. */
  publish(round: number): Promise<void> {
    const rules = `alert tcp any any -> any 80 (msg:"round ${round}"; content:"x"; sid:1;)`;
    const rollout = { canaryNodes: 1, soakSeconds: 1, maxInProgress: '50%' };
    return this.#bed.applySet(kSet, { source: { inline: { rules } }, rollout });
  }

  /** The canary has it. */
  begun(): Promise<unknown> {
    return eventually(async () => {
      const set = await this.#bed.own('signaturesets', kSet);
      return set.status.rollout?.phase === 'Advancing' && set.status.active > 0;
    }, 'the canary');
  }

  /** The revision that all have, when they have it. */
  async settled(): Promise<string> {
    const status = await eventually(async () => {
      const set = await this.#bed.own('signaturesets', kSet).catch(() => undefined);
      const { latest, current, active, observedGeneration } = set?.status ?? {};
      if (condition(set, 'Progressing') !== 'False Complete') return undefined;
      const isDone = observedGeneration === set.metadata.generation && latest === current;
      return isDone && active === this.keys.length ? set.status : undefined;
    }, 'the roll-out');
    return status.latest;
  }

  /** Whom wishes since `mark` told of a revision, as often as they did. */
  toldOf(revision: string, mark: number): string[] {
    return this.sensors.told
      .slice(mark)
      .filter(({ wish }) => wish?.sets?.[kSet] === revision)
      .map(({ key }) => key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sensors[Symbol.asyncDispose]();
  }
}
