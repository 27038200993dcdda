/**
 * Tells the cluster how this node is (bucket netmoth-reported) and hears what is wanted of it
 * (bucket netmoth-desired).
 *
 * Invariant: reads and writes its own key only. A wish is checked before anyone acts on it; one that
 * does not parse is logged and leaves the last good one standing.
 */
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import {
  BUCKET_DESIRED,
  BUCKET_REPORTED,
  type Desired,
  desiredSchema,
  nodeKey,
  REPORTED_TTL_MS,
  type Reported,
} from '#contracts/nats.ts';
import type { Bus } from './bus.ts';
import { WishWatch } from './wish-watch.ts';

export interface ReporterOptions {
  readonly bus: Bus;
  readonly sensor: string;
  readonly node: string;
  readonly replicas: number;
  readonly log: Logger;
  readonly report: () => Reported;
  readonly onDesired: (desired: Desired) => void;
  /** The key was deleted: nothing is wanted any more. */
  readonly onWithdrawn: () => void;
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #key: string;
  #reported: { connection: NatsConnection; bucket: KV } | undefined;
  #watched: { readonly connection: NatsConnection; readonly watch: WishWatch } | undefined;
  #failing = false;
  #busy = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#key = nodeKey(options.sensor, options.node);
  }

  /** One report; also begins to watch for wishes where that is not so yet. Never rejects. */
  async tick(): Promise<void> {
    const connection = this.#options.bus.connection;
    if (connection === undefined || this.#busy) return;
    this.#busy = true;
    try {
      await this.#put(connection);
      if (this.#failing) this.#options.log.info('Reporting works again');
      this.#failing = false;
      void this.#watch(connection);
    } catch (error) {
      this.#reported = undefined;
      if (!this.#failing) this.#options.log.warn({ err: error }, 'Report could not be written');
      this.#failing = true;
    } finally {
      this.#busy = false;
    }
  }

  async #put(connection: NatsConnection): Promise<void> {
    if (this.#reported?.connection !== connection) {
      this.#reported = { connection, bucket: await this.#openReported(connection) };
    }
    await this.#reported.bucket.put(this.#key, JSON.stringify(this.#options.report()));
  }

  /** Makes the bucket where it is missing; credentials that may not look need only write to it. */
  async #openReported(connection: NatsConnection): Promise<KV> {
    const kvm = new Kvm(jetstream(connection, { checkAPI: false }));
    const { replicas, log } = this.#options;
    try {
      return await kvm.create(BUCKET_REPORTED, {
        ...{ history: 1, ttl: REPORTED_TTL_MS, replicas, storage: StorageType.Memory },
      });
    } catch (error) {
      log.info({ err: error, bucket: BUCKET_REPORTED }, 'Bucket could not be checked or made');
      return kvm.open(BUCKET_REPORTED);
    }
  }

  /** The bucket is the operator's to make: while it is missing there is nothing wanted. */
  #watch(connection: NatsConnection): Promise<void> {
    const { log, onWithdrawn } = this.#options;
    if (this.#watched?.connection !== connection) {
      const watch = new WishWatch({
        ...{ connection, key: this.#key },
        onWish: (text) => (text === undefined ? onWithdrawn() : this.#hear(text)),
        onFault: (err) => log.debug({ err, bucket: BUCKET_DESIRED }, 'Nothing to watch yet'),
      });
      this.#watched = { connection, watch };
    }
    return this.#watched.watch.look();
  }

  #hear(text: string): void {
    const { log, onDesired } = this.#options;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      log.warn({ err: error }, 'Desired state is no JSON');
      return;
    }
    const desired = desiredSchema.safeParse(value);
    if (desired.success) onDesired(desired.data);
    else log.warn({ faults: desired.error.issues }, 'Desired state is not valid');
  }
}
