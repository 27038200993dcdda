/**
 * SignatureSets and nodes → what every node is told, wave by wave.
 *
 * One key stands for the whole fleet, because a node's bundle is made of all sets for its sensor. Each
 * look reads what is, decides purely (plan/), writes the state of the sets to the API, and only then tells
 * nodes, in NATS.
 *
 * Invariants: a node is told nothing that the state in the API does not allow: the state is written first,
 * on the very version it was decided on, and a term begins by reading it from the API and not from a copy.
 * Whoever is killed in between, the next one goes on from API and NATS alone.
 */
import type { Logger } from 'pino';
import type { Desired } from '#contracts/nats.ts';
import type { NetmothSensor, SignatureSet } from '#crds/kinds.ts';
import type { SignatureSetStatus } from '#crds/signature-set.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { hasStatus } from '../runtime/api-error.ts';
import { contains } from '../runtime/applied.ts';
import { Controller, type Outcome } from '../runtime/controller.ts';
import type { EventRecorder } from '../runtime/events.ts';
import type { Informer } from '../runtime/informer.ts';
import { SIGNATURE_SETS } from '../runtime/resource.ts';
import { liveWish } from '../sensor/live-settings.ts';
import type { NodeReadings } from '../status/node-view.ts';
import type { Node } from '../status/placement.ts';
import type { BundleBook } from './bundle-book.ts';
import { factsOf, type Row, rowsOf } from './fleet-rows.ts';
import { matchesLabels } from './label-selector.ts';
import type { NodeMeters } from './node-meters.ts';
import { trimmed, withRevision } from './plan/history.ts';
import { type NodeFacts, type SetState, stateOf, targetOf } from './plan/node-facts.ts';
import { type Placements, placements } from './plan/placements.ts';
import { advance } from './plan/rollout.ts';
import { inTurn, rankOf } from './plan/waves.ts';
import type { RevisionMaker } from './revision-maker.ts';
import { setStatus } from './set-status.ts';
import type { SignatureBus } from './signature-bus.ts';
import type { StoreSweep } from './store-sweep.ts';
import { HeldWaves, ToldNodes } from './told-nodes.ts';
import { wishFor } from './wishes.ts';

const kFleet = 'fleet';
/** Reports come in crowds. */
const kCoalesceMs = 250;
const kRolloutTickMs = 1_000;
const kBusAwayMs = 2_000;
/** Nothing moves: a look at what the store may let go of. */
const kIdleMs = 600_000;

export interface RolloutControllerOptions {
  readonly client: ApiClient;
  readonly sets: Informer<SignatureSet, SignatureSet>;
  readonly sensors: Informer<NetmothSensor, NetmothSensor>;
  readonly nodes: Informer<Node, Node>;
  readonly readings: (sensor: string, node: string) => NodeReadings;
  readonly bus: SignatureBus;
  readonly maker: RevisionMaker;
  readonly bundles: BundleBook;
  readonly sweep: StoreSweep;
  readonly meters: NodeMeters;
  readonly events: EventRecorder;
  readonly log: Logger;
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly wallNow: () => Date;
  /** What nodes of that sensor were told, or how far they are, has changed. */
  readonly onFleet: (sensor: string) => void;
  readonly onTold: (sensor: string, node: string) => void;
}

/** How far a sensor is with what its sets want. */
export interface SignatureFleet {
  readonly sets: readonly string[];
  readonly nodes: number;
  /** Nodes that have loaded what all sets want in the end. */
  readonly current: number;
  readonly failedNodes: readonly string[];
}

interface SetView {
  readonly set: SignatureSet;
  readonly nodes: readonly NodeFacts[];
  readonly state: SetState;
  readonly told: Placements;
}

export class RolloutController {
  readonly controller: Controller;
  readonly #options: RolloutControllerOptions;
  /** Sets as this term wrote or read them last, straight from the API. */
  readonly #known = new Map<string, SignatureSet>();
  /** By node, then by set. */
  readonly #ranks = new Map<string, Map<string, string>>();
  readonly #told: ToldNodes;
  readonly #held: HeldWaves;
  readonly #fleets = new Map<string, SignatureFleet>();
  readonly #conflicts = new Map<string, number>();
  readonly #unsubscribe: (() => void)[];

  constructor(options: RolloutControllerOptions) {
    this.#options = options;
    const { log, random, sets, sensors, nodes, now } = options;
    this.#told = new ToldNodes(now);
    this.#held = new HeldWaves(now);
    this.controller = new Controller({
      ...{ name: 'signature-rollout', log, random, workers: 1 },
      reconcile: (_key, signal) => this.#reconcile(signal),
    });
    this.#unsubscribe = [
      sets.onChange(() => this.look()),
      sensors.onChange(({ before, after }) => {
        if (placeOf(before) !== placeOf(after)) this.look();
      }),
      nodes.onChange(({ before, after }) => {
        const labels = (node: Node | undefined): string => JSON.stringify(node?.metadata.labels);
        if (labels(before) !== labels(after)) this.look();
      }),
    ];
  }

  /** Something changed that may concern a roll-out. */
  look(): void {
    this.controller.queue.addAfter(kFleet, kCoalesceMs);
  }

  fleet(sensor: string): SignatureFleet | undefined {
    return this.#fleets.get(sensor);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.controller.queue.add(kFleet);
    await this.controller.run(signal);
    for (const end of this.#unsubscribe) end();
  }

  async #reconcile(signal: AbortSignal): Promise<Outcome> {
    const { sensors, nodes, readings, bus, meters } = this.#options;
    if (!bus.ready) return { againAfterMs: kBusAwayMs };
    const rows = rowsOf({
      ...{ sensors: sensors.values(), nodes: [...nodes.values()], readings, wishes: bus.wishes },
      figures: (key) => meters.figures(key),
    });
    const views: SetView[] = [];
    let failed: unknown;
    for (const set of await this.#sets(signal)) {
      try {
        views.push(await this.#decided(set, rows, signal));
      } catch (error) {
        // One set that cannot be written must not hold up the others: its nodes keep what they have.
        failed ??= error;
        this.#known.delete(set.metadata.name);
        views.push(this.#kept(set, rows));
      }
    }
    const waiting = await this.#tell(rows, views);
    this.#count(rows, views);
    if (failed !== undefined) throw failed;
    await this.#removeUnused(views);
    const moving = views.some(({ state }) => state.rollout !== undefined);
    return { againAfterMs: moving || waiting ? kRolloutTickMs : kIdleMs };
  }

  /** All sets, by priority; each at least as new as this term's last word on it. */
  async #sets(signal: AbortSignal): Promise<SignatureSet[]> {
    const { sets, client } = this.#options;
    const found: SignatureSet[] = [];
    for (const copy of sets.values()) {
      const { name } = copy.metadata;
      let set = this.#known.get(name);
      if (set === undefined) set = await client.get<SignatureSet>(SIGNATURE_SETS, { name }, signal);
      else if (isNewer(copy, set)) set = copy;
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) continue;
      this.#known.set(name, set);
      found.push(set);
    }
    for (const name of this.#known.keys()) {
      if (sets.get(name) !== undefined) continue;
      this.#known.delete(name);
      this.#options.sweep.soon();
    }
    return found.sort((a, b) => {
      const first = b.spec.priority - a.spec.priority;
      return first !== 0 ? first : a.metadata.name < b.metadata.name ? -1 : 1;
    });
  }

  async #decided(set: SignatureSet, rows: Rows, signal: AbortSignal): Promise<SetView> {
    const { maker, wallNow } = this.#options;
    const { name } = set.metadata;
    const nodes = this.#nodesOf(set, rows);
    const before = stateOf(set.status);
    const result = maker.result(name);
    const latest = result?.made?.revision ?? set.status?.latest;
    const known = result?.made === undefined ? before : withRevision(before, result.made);
    const { rollout } = known;
    const wave = rollout?.soakStartedAt && `${rollout.revision} ${rollout.step}`;
    const state = trimmed(
      advance(known, {
        ...{ spec: set.spec, latest, nodes, now: wallNow() },
        alertsPerMinute: meanAlerts(nodes),
        heldMs: this.#held.heldMs(name, wave),
      }),
      ...([set.spec.historyLimit, set.spec.pinnedRevision] as const),
    );
    const conflicts = this.#conflicts.get(name);
    const input = { set, state, latest, result, nodes, conflicts, now: wallNow() };
    const written = await this.#write(set, setStatus(input), signal);
    this.#announce(written, before, state);
    const left = new Set(state.history.map(({ revision }) => revision));
    if (before.history.some(({ revision }) => !left.has(revision))) this.#options.sweep.soon();
    return { set: written, nodes, state, told: placements(state, set.spec, nodes) };
  }

  #kept(set: SignatureSet, rows: Rows): SetView {
    const nodes = this.#nodesOf(set, rows);
    const told = new Map(nodes.map(({ key, assigned }) => [key, assigned]));
    return { set, nodes, state: stateOf(set.status), told };
  }

  #nodesOf({ metadata, spec }: SignatureSet, rows: Rows): NodeFacts[] {
    const { sensors } = this.#options;
    const { name } = metadata;
    const facts: NodeFacts[] = [];
    for (const [sensor, own] of rows) {
      if (!matchesLabels(spec.sensorSelector, sensors.get(sensor)?.metadata.labels)) continue;
      for (const row of own) {
        const digest = row.wish?.signatures?.digest ?? '';
        const watched = this.#told.watch(row.key, digest, row.reporting);
        facts.push(factsOf(name, row, this.#rank(name, row.key), watched));
      }
    }
    return inTurn(facts);
  }

  #rank(set: string, key: string): string {
    const ranks = this.#ranks.get(key) ?? new Map<string, string>();
    this.#ranks.set(key, ranks);
    const rank = ranks.get(set) ?? rankOf(set, key);
    ranks.set(set, rank);
    return rank;
  }

  async #write(
    set: SignatureSet,
    status: SignatureSetStatus,
    signal: AbortSignal,
  ): Promise<SignatureSet> {
    if (sameStatus(set.status, status)) return set;
    const { name, resourceVersion = '' } = set.metadata;
    const written = { metadata: { name, resourceVersion }, status };
    const { client } = this.#options;
    try {
      const options = { subresource: 'status', signal } as const;
      const answer = await client.apply<SignatureSet>(SIGNATURE_SETS, written, options);
      this.#known.set(name, answer);
      return answer;
    } catch (error) {
      if (hasStatus(error, 404)) this.#known.delete(name);
      throw error;
    }
  }

  /** True where a node waits for a bundle that is being made. */
  async #tell(rows: Rows, views: readonly SetView[]): Promise<boolean> {
    const { bus, bundles, sensors, meters, onFleet, onTold, log } = this.#options;
    const changes = new Map<string, Desired | undefined>();
    let waiting = false;
    this.#conflicts.clear();
    for (const [sensor, own] of rows) {
      const found = sensors.get(sensor);
      if (found === undefined) continue;
      const generation = found.metadata.generation ?? 0;
      const context = { generation, live: liveWish(found.spec), bundles };
      for (const row of own) {
        const wish = wishFor(row, views, context);
        if (wish === undefined) {
          waiting = true;
          continue;
        }
        for (const { loser } of wish.merged?.conflicts ?? []) {
          const count = wish.merged?.conflicts.filter((each) => each.loser === loser).length ?? 0;
          this.#conflicts.set(loser, Math.max(this.#conflicts.get(loser) ?? 0, count));
        }
        if (JSON.stringify(wish.desired) !== JSON.stringify(row.wish)) {
          changes.set(row.key, wish.desired);
        }
      }
    }
    const keys = new Set([...rows.values()].flat().map(({ key }) => key));
    this.#told.keepOnly(keys);
    for (const key of this.#ranks.keys()) if (!keys.has(key)) this.#ranks.delete(key);
    for (const key of bus.wishes.keys()) if (!keys.has(key)) changes.set(key, undefined);
    if (changes.size === 0) return waiting;
    await bus.tell(changes);
    log.info({ nodes: changes.size }, 'Nodes were told');
    const told = [...rows.values()].flat().filter(({ key }) => changes.has(key));
    for (const { key, sensor, node } of told) {
      meters.mark(key);
      onTold(sensor, node);
    }
    for (const sensor of new Set(told.map((row) => row.sensor))) onFleet(sensor);
    return waiting;
  }

  /** What no history, node or combination refers to goes from the store, whoever put it there. */
  async #removeUnused(views: readonly SetView[]): Promise<void> {
    const { bus, bundles, maker, sweep } = this.#options;
    if (!sweep.due) return;
    const histories = views.flatMap(({ set }) => set.status?.history ?? []);
    const made = views.flatMap(({ set }) => maker.result(set.metadata.name)?.made ?? []);
    const told = [...bus.wishes.values()].flatMap(({ signatures }) => signatures?.digest ?? []);
    const kept = [...histories, ...made];
    const digests = new Set([...kept.map(({ digest }) => digest), ...told]);
    const revisions = new Set(kept.map(({ revision }) => revision));
    const merges = bundles.inUse((digest) => digests.has(digest));
    await bus.gate.remove(() => sweep.sweep({ revisions, digests, merges }));
  }

  #count(rows: Rows, views: readonly SetView[]): void {
    const { bus, sensors, onFleet } = this.#options;
    for (const sensor of this.#fleets.keys()) if (!rows.has(sensor)) this.#fleets.delete(sensor);
    for (const [sensor, own] of rows) {
      const labels = sensors.get(sensor)?.metadata.labels;
      const chosen = views.filter(({ set }) => matchesLabels(set.spec.sensorSelector, labels));
      const isCurrent = ({ key, reporting, wish, loaded }: Row): boolean => {
        const newest = bus.wishes.get(key);
        if (JSON.stringify(newest) !== JSON.stringify(wish)) return false;
        const targets = chosen.every(({ set, state }) => {
          return newest?.sets?.[set.metadata.name] === targetOf(state);
        });
        return targets && reporting && loaded;
      };
      const fleet: SignatureFleet = {
        sets: chosen.map(({ set }) => set.metadata.name),
        nodes: own.length,
        current: own.filter(isCurrent).length,
        failedNodes: own.filter(({ failure }) => failure !== undefined).map(({ node }) => node),
      };
      if (JSON.stringify(this.#fleets.get(sensor)) === JSON.stringify(fleet)) continue;
      this.#fleets.set(sensor, fleet);
      onFleet(sensor);
    }
  }

  #announce(set: SignatureSet, before: SetState, after: SetState): void {
    const { events, log } = this.#options;
    const { name, generation } = set.metadata;
    const tell = (type: 'Normal' | 'Warning', reason: string, note: string): void => {
      log.info({ set: name, generation, reason, note }, 'Roll-out');
      events.tell(SIGNATURE_SETS, set, { type, reason, action: 'RollOut', note });
    };
    const { rollout, breach, current } = after;
    if (rollout !== undefined && rollout.revision !== before.rollout?.revision) {
      tell('Normal', 'RolloutStarted', `${rollout.from ?? 'none'} → ${rollout.revision}`);
    }
    if (breach !== undefined && JSON.stringify(breach) !== JSON.stringify(before.breach)) {
      const verb = rollout?.phase === 'RollingBack' ? 'RolledBack' : 'RolloutStopped';
      tell('Warning', verb, `${breach.gate} on ${breach.node}: ${breach.figure}`);
    }
    if (current !== undefined && current !== before.current) {
      tell('Normal', 'RolloutComplete', `All nodes should have ${current}`);
    }
  }
}

type Rows = ReadonlyMap<string, readonly Row[]>;

/** What of a sensor decides which sets it has, and on which nodes. */
function placeOf(sensor: NetmothSensor | undefined): string {
  if (sensor === undefined) return '';
  const { labels, generation, deletionTimestamp } = sensor.metadata;
  return JSON.stringify([labels, generation, deletionTimestamp]);
}

/** resourceVersions are numbers that grow (Kubernetes 1.35 promises it; etcd's revisions always were). */
function isNewer(copy: SignatureSet, known: SignatureSet): boolean {
  const version = ({ metadata }: SignatureSet): bigint => BigInt(metadata.resourceVersion ?? '0');
  return version(copy) > version(known);
}

function meanAlerts(nodes: readonly NodeFacts[]): number | undefined {
  const rates = nodes.flatMap(({ figures }) => figures.alertsPerMinute ?? []);
  if (rates.length === 0) return undefined;
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

function sameStatus(live: SignatureSetStatus | undefined, wanted: SignatureSetStatus): boolean {
  return live !== undefined && contains(live, wanted) && contains(wanted, live);
}
