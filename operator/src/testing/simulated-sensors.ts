// Sensors at the NATS protocol alone, without pods: each reports at its rate, watches its wish, takes the
// bundle where the object store has it, and reports what it has. What every key was told is written down.
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  BUCKET_DESIRED,
  BUCKET_REPORTED,
  type Desired,
  desiredSchema,
  nodeKey,
  REPORTED_TTL_MS,
  type Reported,
  toToken,
} from '#contracts/nats.ts';
import { OBJECT_STORE_SIGNATURES } from '#contracts/signature-store.ts';
import { sampleReport } from './sample-report.ts';

export interface Told {
  readonly key: string;
  readonly wish: Desired | undefined;
  readonly atMs: number;
}

type Failure = NonNullable<NonNullable<Reported['signatures']>['failure']>;

interface Simulated {
  readonly sensor: string;
  readonly node: string;
  digest: string | undefined;
  revision: string | undefined;
  wanted: string | undefined;
  failure: Failure | undefined;
  change: (report: Reported) => Reported | undefined;
  /** Which bundle it cannot load. */
  refuses: (wish: Desired) => boolean;
}

const kSlices = 10;

export class SimulatedSensors implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #natsUrl: string;
  readonly #everyMs: number;
  readonly #sensors = new Map<string, Simulated>();
  #connection: NatsConnection | undefined;
  #reported: KV | undefined;
  #objects: ObjectStore | undefined;
  #timer: NodeJS.Timeout | undefined;
  #slice = 0;
  #packets = 1_000;
  #stopped = false;

  constructor(natsUrl: string, everyMs: number) {
    this.#natsUrl = natsUrl;
    this.#everyMs = everyMs;
  }

  add(sensor: string, node: string): void {
    this.#sensors.set(nodeKey(sensor, toToken(node)), {
      ...{ sensor, node, digest: undefined, revision: undefined, wanted: undefined },
      ...{ failure: undefined, change: (report) => report, refuses: () => false },
    });
  }

  /** What it says from now on; undefined: nothing at all. */
  change(key: string, change: Simulated['change']): void {
    this.#at(key).change = change;
  }

  refuse(key: string, refuses: Simulated['refuses']): void {
    this.#at(key).refuses = refuses;
  }

  digest(key: string): string | undefined {
    return this.#at(key).digest;
  }

  async start(): Promise<void> {
    await this.#connect();
    this.#timer = setInterval(() => void this.#report(), this.#everyMs / kSlices);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#connection?.close();
  }

  #at(key: string): Simulated {
    const found = this.#sensors.get(key);
    if (found === undefined) throw new Error(`no sensor ${key}`);
    return found;
  }

  async #connect(): Promise<void> {
    this.#connection = await connect({ servers: this.#natsUrl, reconnect: false, timeout: 2_000 });
    const stream = jetstream(this.#connection);
    this.#reported = await new Kvm(stream).create(BUCKET_REPORTED, {
      ...{ history: 1, ttl: REPORTED_TTL_MS, replicas: 1, storage: StorageType.Memory },
    });
    const desired = await new Kvm(stream).create(BUCKET_DESIRED, {
      ...{ history: 1, replicas: 1, storage: StorageType.File },
    });
    this.#objects = await new Objm(stream).create(OBJECT_STORE_SIGNATURES, {
      ...{ replicas: 1, storage: StorageType.File },
    });
    void this.#obey(desired);
    void this.#connection.closed().then(() => void this.#again());
  }

  async #again(): Promise<void> {
    while (!this.#stopped) {
      const there = await this.#connect().then(
        () => true,
        () => false,
      );
      if (there) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async #obey(desired: KV): Promise<void> {
    for await (const entry of await desired.watch()) {
      const simulated = this.#sensors.get(entry.key);
      if (simulated === undefined) continue;
      const wish = entry.operation === 'PUT' ? desiredSchema.parse(entry.json()) : undefined;
      this.told.push({ key: entry.key, wish, atMs: performance.now() });
      await this.#load(simulated, wish).catch(() => undefined);
      await this.#reportOne(simulated).catch(() => undefined);
    }
  }

  async #load(simulated: Simulated, wish: Desired | undefined): Promise<void> {
    const { digest, revision } = wish?.signatures ?? {};
    simulated.wanted = digest;
    simulated.failure = undefined;
    if (digest === undefined) {
      simulated.digest = undefined;
      return;
    }
    const there = await this.#objects?.info(digest);
    if (there !== null && there !== undefined && wish !== undefined && !simulated.refuses(wish)) {
      simulated.digest = digest;
      simulated.revision = revision;
      return;
    }
    simulated.failure = {
      ...{ digest, code: 'NM_BUNDLE_INVALID', reason: 'BUNDLE_CORRUPT' },
      ...{ message: 'a record of the bundle is broken', since: new Date().toISOString() },
    };
  }

  async #report(): Promise<void> {
    this.#slice = (this.#slice + 1) % kSlices;
    this.#packets += 1_000;
    const mine = [...this.#sensors.values()].filter(
      (_sensor, place) => place % kSlices === this.#slice,
    );
    await Promise.all(mine.map((each) => this.#reportOne(each).catch(() => undefined)));
  }

  async #reportOne(simulated: Simulated): Promise<void> {
    const { sensor, node, digest, revision, failure, wanted } = simulated;
    const plain = sampleReport(sensor, node, this.#packets);
    const signatures: NonNullable<Reported['signatures']> = {
      state: failure !== undefined ? 'failed' : digest === undefined ? 'none' : 'active',
      ...(digest === undefined ? {} : { digest, rulesLoaded: 1 }),
      ...(revision === undefined ? {} : { revision }),
      ...(failure === undefined ? {} : { failure }),
      ...(wanted === undefined || wanted === digest ? {} : { wanted }),
    };
    const report = simulated.change({ ...plain, signatures });
    if (report === undefined) return;
    await this.#reported?.put(nodeKey(report.sensor, report.node), JSON.stringify(report));
  }
}
