/**
 * What a replica does while it leads: all controllers, made anew for each term.
 *
 * Invariant: when the term's signal is given, every worker ends before `run` returns, so no work of one
 * term reaches into the next.
 */
import type { Logger } from 'pino';
import type { NetmothSensor } from '#crds/kinds.ts';
import type { Informers } from './informers.ts';
import type { ApiClient } from './runtime/api-client.ts';
import type { Controller } from './runtime/controller.ts';
import type { EventRecorder } from './runtime/events.ts';
import { TokenBucket } from './runtime/token-bucket.ts';
import { SensorController } from './sensor/sensor-controller.ts';
import type { SensorSettings } from './sensor/settings.ts';
import { fleetOf } from './status/fleet.ts';
import { NodeController } from './status/node-controller.ts';
import type { ReportBoard } from './status/report-board.ts';

export interface TermOptions {
  /** Guarded by the election. */
  readonly client: ApiClient;
  readonly informers: Informers;
  readonly board: ReportBoard;
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

export class Term {
  readonly #sensors: SensorController;
  readonly #nodes: NodeController;
  readonly #informers: Informers;
  readonly #unsubscribe: () => void;

  constructor(options: TermOptions) {
    const { client, informers, board, log, random, now, wallNow, writesPerSecond } = options;
    const readings = board.readings.bind(board);
    this.#sensors = new SensorController({
      ...{ client, log, random, now: wallNow, events: options.events },
      ...{ sensors: informers.sensors, children: informers.children, settings: options.settings },
      fleet: (sensor: NetmothSensor) =>
        fleetOf({ sensor, nodes: informers.nodes.values(), busUp: board.busUp, readings }),
    });
    const burst = writesPerSecond * kBurstSeconds;
    this.#nodes = new NodeController({
      ...{ client, log, random, now, wallNow, readings },
      ...{ sensors: informers.sensors, nodes: informers.nodes, sensorNodes: informers.sensorNodes },
      bucket: new TokenBucket({ perSecond: writesPerSecond, burst, now }),
    });
    this.#informers = informers;
    this.#unsubscribe = informers.nodes.onChange(({ before, after }) => {
      if (before === undefined || after === undefined) this.fleetsChanged();
    });
  }

  get controllers(): readonly Controller[] {
    return [this.#sensors.controller, this.#nodes.controller];
  }

  reportChanged(sensor: string, node: string): void {
    this.#nodes.reportChanged(sensor, node);
    this.#sensors.fleetChanged(sensor);
  }

  /** Something that concerns every sensor: nodes came or went, or the bus did. */
  fleetsChanged(): void {
    for (const sensor of this.#informers.sensors.keys()) this.#sensors.fleetChanged(sensor);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#sensors.run(signal), this.#nodes.run(signal)]);
    this.#unsubscribe();
  }
}
