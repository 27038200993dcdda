/**
 * What a replica does while it leads: all controllers, made anew for each term.
 *
 * Invariant: when the term's signal is given, every worker ends before `run` returns, so no work of one
 * term reaches into the next.
 */
import type { Logger } from 'pino';
import { nodeKey } from '#contracts/nats.ts';
import type { NetmothSensor } from '#crds/kinds.ts';
import { IdentityPublisher } from './identity/identity-publisher.ts';
import type { Informers } from './informers.ts';
import type { ApiClient } from './runtime/api-client.ts';
import type { Controller } from './runtime/controller.ts';
import type { EventRecorder } from './runtime/events.ts';
import { TokenBucket } from './runtime/token-bucket.ts';
import { SensorController } from './sensor/sensor-controller.ts';
import type { SensorSettings } from './sensor/settings.ts';
import { BundleBook } from './signatures/bundle-book.ts';
import { Compiler } from './signatures/compile/compiler.ts';
import type { NodeMeters } from './signatures/node-meters.ts';
import { RevisionMaker } from './signatures/revision-maker.ts';
import { RolloutController } from './signatures/rollout-controller.ts';
import { SignatureBus, type SignatureBusOptions } from './signatures/signature-bus.ts';
import type { SigningKey } from './signatures/signing-key.ts';
import type { Fetch } from './signatures/source/fetch-bytes.ts';
import { StoreSweep } from './signatures/store-sweep.ts';
import { fleetOf } from './status/fleet.ts';
import { NodeController } from './status/node-controller.ts';
import type { ReportBoard } from './status/report-board.ts';

export interface TermOptions {
  /** Guarded by the election. */
  readonly client: ApiClient;
  readonly informers: Informers;
  readonly board: ReportBoard;
  readonly meters: NodeMeters;
  readonly nats: Pick<SignatureBusOptions, 'servers' | 'user' | 'password' | 'replicas'>;
  readonly identity: string;
  /** Of bundles; undefined: they are not signed. */
  readonly signing: SigningKey | undefined;
  /** Pods and services are watched for whose addresses are whose. */
  readonly publishIdentity: boolean;
  readonly writeBudgetMs: () => number;
  readonly fetch: Fetch;
  readonly events: EventRecorder;
  readonly settings: SensorSettings;
  readonly writesPerSecond: number;
  readonly log: Logger;
  readonly random: () => number;
  readonly now: () => number;
  readonly wallNow: () => Date;
}

/** So many writes may come at once, e.g. when a whole rack joins. */
const kBurstSeconds = 2;
/** A node that has not loaded what it was told after so long is shown as waiting. */
const kPendingMs = 10_000;

export class Term {
  readonly #sensors: SensorController;
  readonly #nodes: NodeController;
  readonly #maker: RevisionMaker;
  readonly #rollouts: RolloutController;
  readonly #bus: SignatureBus;
  readonly #bundles: BundleBook;
  readonly #identities: IdentityPublisher | undefined;
  readonly #ending = new AbortController();
  readonly #informers: Informers;
  readonly #unsubscribe: () => void;

  constructor(options: TermOptions) {
    const { client, informers, board, log, random, now, wallNow, writesPerSecond } = options;
    const readings = board.readings.bind(board);
    this.#informers = informers;
    this.#bus = new SignatureBus({
      ...{ ...options.nats, identity: options.identity, log, random },
      ...{ signing: options.signing, writeBudgetMs: options.writeBudgetMs },
      onReady: (ready) => {
        if (ready) {
          this.#maker.lookAgain();
          void this.#bundles.recheck();
        }
        this.#rollouts.look();
      },
    });
    this.#sensors = new SensorController({
      ...{ client, log, random, now: wallNow, events: options.events },
      ...{ sensors: informers.sensors, children: informers.children, settings: options.settings },
      fleet: (sensor: NetmothSensor, revision) =>
        fleetOf({
          ...{ sensor, nodes: informers.nodes.values(), busUp: board.busUp, readings },
          revision,
        }),
      signing: ({ metadata }) => this.#rollouts.fleet(metadata.name),
    });
    const { nats, writeBudgetMs } = options;
    this.#identities = options.publishIdentity
      ? new IdentityPublisher({ ...nats, client, log, random, wallNow, writeBudgetMs })
      : undefined;
    const burst = writesPerSecond * kBurstSeconds;
    this.#nodes = new NodeController({
      ...{ client, log, random, now, wallNow },
      readings: (sensor, node) => {
        const wanted = this.#bus.wishes.get(nodeKey(sensor, node))?.signatures?.digest;
        return { ...readings(sensor, node), wanted };
      },
      ...{ sensors: informers.sensors, nodes: informers.nodes, sensorNodes: informers.sensorNodes },
      bucket: new TokenBucket({ perSecond: writesPerSecond, burst, now }),
    });
    const compiler = new Compiler();
    const sets = informers.signatureSets;
    this.#maker = new RevisionMaker({
      ...{ client, sets, bus: this.#bus, compiler, fetch: options.fetch, log, random, wallNow },
      namespace: options.settings.namespace,
      onResult: () => this.#rollouts.look(),
    });
    this.#bundles = new BundleBook({
      ...{ bus: this.#bus, compiler, log, now, signal: this.#ending.signal },
      onMade: () => this.#rollouts.look(),
    });
    this.#rollouts = new RolloutController({
      ...{ client, sets, sensors: informers.sensors, nodes: informers.nodes, readings },
      ...{ bus: this.#bus, maker: this.#maker, meters: options.meters, events: options.events },
      ...{ log, random, now, wallNow },
      bundles: this.#bundles,
      sweep: new StoreSweep({ store: this.#bus, log, now, wallNow }),
      onFleet: (sensor) => this.#sensors.fleetChanged(sensor),
      onTold: (sensor, node) => this.#nodes.lookLater(sensor, node, kPendingMs),
    });
    this.#unsubscribe = informers.nodes.onChange(({ before, after }) => {
      if (before === undefined || after === undefined) this.fleetsChanged();
    });
  }

  get controllers(): readonly Controller[] {
    return [
      ...[this.#sensors.controller, this.#nodes.controller],
      ...[this.#maker.controller, this.#rollouts.controller],
    ];
  }

  get identities(): IdentityPublisher | undefined {
    return this.#identities;
  }

  reportChanged(sensor: string, node: string): void {
    this.#nodes.reportChanged(sensor, node);
    this.#sensors.fleetChanged(sensor);
    this.#rollouts.look();
  }

  /** Something that concerns every sensor: nodes came or went, or the bus did. */
  fleetsChanged(): void {
    for (const sensor of this.#informers.sensors.keys()) this.#sensors.fleetChanged(sensor);
    this.#rollouts.look();
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#ending.abort(), { once: true });
    await Promise.all([
      ...[this.#sensors.run(signal), this.#nodes.run(signal)],
      ...[this.#maker.run(signal), this.#rollouts.run(signal), this.#bus.run(signal)],
      this.#identities?.run(signal),
    ]);
    this.#unsubscribe();
  }
}
