/**
 * NetmothSensor → its objects in the cluster, and its status.
 *
 * Invariants: an object is applied only where it is not as wanted; a status is written only where it
 * differs; ConfigMaps that no pod can still need are removed once the DaemonSet is rolled out. What is
 * not ours (no owner reference to this very sensor) is never removed.
 */
import type { Logger } from 'pino';
import type { NetmothSensor } from '#crds/kinds.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { contains, isApplied, withDigest } from '../runtime/applied.ts';
import { Controller, type Outcome } from '../runtime/controller.ts';
import type { EventRecorder } from '../runtime/events.ts';
import type { Informer } from '../runtime/informer.ts';
import { CONFIG_MAPS, DAEMON_SETS, type KubeObject, SENSORS } from '../runtime/resource.ts';
import { type Child, childrenOf } from './children.ts';
import { type DaemonSet, held, REVISION_ANNOTATION } from './daemon-set.ts';
import { isHeld, isRolledOut, mustHold } from './hold.ts';
import { SENSOR_LABEL } from './names.ts';
import { type FleetReadings, type SignatureReadings, sensorStatus } from './sensor-status.ts';
import type { SensorSettings } from './settings.ts';

export interface ChildInformers {
  /** By the plural of their kind. */
  readonly [plural: string]: Informer<KubeObject, KubeObject>;
}

export interface SensorControllerOptions {
  readonly client: ApiClient;
  readonly sensors: Informer<NetmothSensor, NetmothSensor>;
  readonly children: ChildInformers;
  readonly settings: SensorSettings;
  readonly fleet: (sensor: NetmothSensor, revision: string | undefined) => FleetReadings;
  /** Undefined: not known yet. */
  readonly signing: (sensor: NetmothSensor) => SignatureReadings | undefined;
  readonly events: EventRecorder;
  readonly log: Logger;
  readonly random: () => number;
  readonly now: () => Date;
}

const kWorkers = 2;
/** Changes of single nodes come in crowds: one status speaks for all of that time. */
const kCoalesceMs = 1_000;
const kMaxNote = 500;

export class SensorController {
  readonly controller: Controller;
  readonly #options: SensorControllerOptions;
  readonly #unsubscribe: (() => void)[];

  constructor(options: SensorControllerOptions) {
    this.#options = options;
    const { log, random } = options;
    this.controller = new Controller({
      ...{ name: 'sensor', log, random, workers: kWorkers },
      reconcile: (key, signal) => this.#reconcile(key, signal),
    });
    const { queue } = this.controller;
    this.#unsubscribe = [
      options.sensors.onChange(({ key }) => queue.add(key)),
      ...Object.values(options.children).map((informer) =>
        informer.onChange(({ before, after }) => {
          const sensor = (after ?? before)?.metadata.labels?.[SENSOR_LABEL];
          if (sensor !== undefined) queue.add(sensor);
        }),
      ),
    ];
  }

  /** Looks at everything once, then at what changes, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    for (const key of this.#options.sensors.keys()) this.controller.queue.add(key);
    await this.controller.run(signal);
    for (const end of this.#unsubscribe) end();
  }

  /** What the nodes of a sensor report has changed. */
  fleetChanged(sensor: string): void {
    this.controller.queue.addAfter(sensor, kCoalesceMs);
  }

  async #reconcile(name: string, signal: AbortSignal): Promise<Outcome> {
    const sensor = this.#options.sensors.get(name);
    // Gone or going: what it owned goes by its owner references.
    if (sensor === undefined || sensor.metadata.deletionTimestamp !== undefined) return {};
    const wanted = childrenOf(sensor, this.#options.settings);
    const revision = wanted.find(({ kind }) => kind === DAEMON_SETS)?.object.metadata.annotations?.[
      REVISION_ANNOTATION
    ];
    const fleet = this.#options.fleet(sensor, revision);
    let daemonSet: DaemonSet | undefined;
    for (const child of wanted) {
      const holds = child.kind === DAEMON_SETS && this.#holds(sensor, { child, fleet, revision });
      const object = holds ? withDigest(held(child.object)) : child.object;
      const live = await this.#ensure(sensor, { ...child, object }, signal);
      if (child.kind === DAEMON_SETS) daemonSet = live;
    }
    await this.#removeOldConfigs(sensor, { wanted, daemonSet }, signal);
    await this.#writeStatus(sensor, { daemonSet, fleet }, signal);
    return {};
  }

  /** A change that has begun, and whose first nodes lose packets, goes no further. */
  #holds(
    sensor: NetmothSensor,
    {
      child,
      fleet,
      revision,
    }: { child: Child; fleet: FleetReadings; revision: string | undefined },
  ): boolean {
    const live: DaemonSet | undefined = this.#live(child.kind.plural, child.object.metadata.name);
    const { pauseOnLoss } = sensor.spec.update;
    if (!mustHold({ live, revision, pauseOnLoss, fleet })) return false;
    if (live !== undefined && !isHeld(live)) {
      this.#options.events.tell(SENSORS, sensor, {
        ...{ type: 'Warning', reason: 'PausedOnLoss', action: 'Apply' },
        note: `The change goes no further: ${fleet.losingNodes.join(', ').slice(0, kMaxNote)} lost packets with it`,
      });
    }
    return true;
  }

  /** The object as it is afterwards: what was just applied is newer than the copy. */
  async #ensure(
    sensor: NetmothSensor,
    { kind, object }: Child,
    signal: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const live = this.#live(kind.plural, object.metadata.name);
    if (isApplied(object, live)) return live;
    const { client, events, log } = this.#options;
    const applied = await client.apply<KubeObject>(kind, object, { signal });
    const { name } = object.metadata;
    const { generation } = sensor.metadata;
    const verb = live === undefined ? 'Created' : 'Updated';
    log.info({ kind: kind.kind, name, generation, verb }, 'Applied');
    events.tell(SENSORS, sensor, {
      ...{ type: 'Normal', reason: verb, action: 'Apply' },
      note: `${verb} ${kind.kind} ${name}`,
    });
    return applied;
  }

  /** Pods of the revision before mount the old ConfigMap until they are replaced. */
  async #removeOldConfigs(
    sensor: NetmothSensor,
    found: { readonly wanted: readonly Child[]; readonly daemonSet: DaemonSet | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    const { wanted, daemonSet } = found;
    if (daemonSet === undefined || !isRolledOut(daemonSet)) return;
    const names = new Set(wanted.map(({ object }) => object.metadata.name));
    for (const config of this.#options.children[CONFIG_MAPS.plural]?.values() ?? []) {
      const owned = config.metadata.ownerReferences?.some(({ uid }) => uid === sensor.metadata.uid);
      if (!owned || names.has(config.metadata.name)) continue;
      await this.#options.client.remove(CONFIG_MAPS, config, signal);
    }
  }

  async #writeStatus(
    sensor: NetmothSensor,
    { daemonSet, fleet }: { daemonSet: DaemonSet | undefined; fleet: FleetReadings },
    signal: AbortSignal,
  ): Promise<void> {
    const status = sensorStatus({
      sensor,
      daemonSet: daemonSet && {
        generation: daemonSet.metadata.generation ?? 0,
        status: daemonSet.status ?? {},
        isHeld: isHeld(daemonSet),
      },
      fleet,
      signing: this.#options.signing(sensor),
      now: this.#options.now(),
    });
    if (sameStatus(sensor.status, status)) return;
    const { name, resourceVersion } = sensor.metadata;
    // The version makes a write fail that was decided on what is no longer so.
    const metadata = { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const written = { metadata, status };
    await this.#options.client.apply(SENSORS, written, { subresource: 'status', signal });
  }

  #live(plural: string, name: string): KubeObject | undefined {
    const { children, settings } = this.#options;
    return children[plural]?.get(`${settings.namespace}/${name}`);
  }
}

function sameStatus(live: object | undefined, wanted: object): boolean {
  if (live === undefined) return false;
  const keys = (value: object): string => Object.keys(value).sort().join();
  return keys(live) === keys(wanted) && contains(live, wanted) && contains(wanted, live);
}
