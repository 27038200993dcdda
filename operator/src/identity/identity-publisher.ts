/**
 * Pods, services and nodes → the bucket netmoth-identity.
 *
 * Invariants: of each object only its names and addresses are kept; one write for an address that changed, and none
 * for what the bucket says already, also after a fail-over and when NATS was away; what changes meanwhile is
 * caught up with. Runs in the leading replica alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { type Holder, holdersSchema, identityAddress, identityKey } from '#contracts/identity.ts';
import { BUCKET_IDENTITY } from '#contracts/nats.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { type BusAccess, runBusSessions } from '../runtime/bus-sessions.ts';
import { Informer } from '../runtime/informer.ts';
import { NamePool } from '../runtime/name-pool.ts';
import { type KubeObject, NODES, PODS, type ResourceKind, SERVICES } from '../runtime/resource.ts';
import { AddressLedger } from './address-ledger.ts';
import {
  type AddressedNode,
  type Held,
  heldByNode,
  heldByPod,
  heldByService,
  type Pod,
  type Service,
  sameHolder,
} from './holders.ts';

const kFlushMs = 500;
const kSweepMs = 60_000;
/** How long it takes to notice that somebody emptied the bucket. */
const kLookMs = 10_000;
const kInFlight = 64;
const kBatch = 2_000;

export interface IdentityPublisherOptions extends BusAccess {
  readonly replicas: number;
  readonly client: ApiClient;
  readonly log: Logger;
  readonly random: () => number;
  readonly wallNow: () => Date;
  readonly writeBudgetMs: () => number;
}

export class IdentityPublisher {
  readonly ledger = new AddressLedger();
  readonly #options: IdentityPublisherOptions;
  readonly #informers: readonly Informer<KubeObject, Held>[];
  #synced = false;
  writes = 0;

  constructor(options: IdentityPublisherOptions) {
    this.#options = options;
    const { client, log, random } = options;
    const names = new NamePool();
    const one = names.one.bind(names);
    const watched = (kind: ResourceKind, project: (object: KubeObject) => Held) => {
      const informer = new Informer<KubeObject, Held>({ client, log, random, kind, project });
      informer.onChange(({ before, after }) => this.#changed(before, after));
      return informer;
    };
    this.#informers = [
      watched(PODS, (pod) => heldByPod(pod as Pod, one)),
      watched(SERVICES, (service) => heldByService(service as Service, one)),
      watched(NODES, (node) => heldByNode(node as AddressedNode, one)),
    ];
  }

  /** Runs until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, random } = this.#options;
    const watching: Promise<void>[] = [];
    await runBusSessions(
      {
        ...{ access: this.#options, name: 'netmoth-operator-identity', log, random },
        outage: 'Identities cannot be written',
        session: async (connection, up) => {
          const bucket = await this.#bucket(connection);
          // What the bucket says is known before the first object is, so that only differences are written.
          if (watching.length === 0) {
            for await (const [address, holders] of this.#inBucket(bucket)) {
              this.ledger.remember(address, holders);
            }
            watching.push(...this.#informers.map((informer) => informer.run(signal)));
            void this.#endUnclaimed(signal);
          } else await this.#compare(bucket);
          up();
          await this.#flushUntilClosed(connection, bucket, signal);
        },
      },
      signal,
    );
    await Promise.all(watching);
  }

  #changed(before: Held | undefined, after: Held | undefined): void {
    const now = this.#options.wallNow();
    for (const address of before?.addresses ?? []) {
      const stays =
        after?.addresses.includes(address) === true &&
        before !== undefined &&
        sameHolder(before.holder, after.holder);
      if (!stays && before !== undefined) this.ledger.end(address, before.holder, now);
    }
    for (const address of after?.addresses ?? []) {
      if (after !== undefined) this.ledger.begin(address, after.holder);
    }
  }

  async #endUnclaimed(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#informers.map(({ synced }) => synced));
    if (signal.aborted) return;
    const claims = new Map<string, Holder[]>();
    for (const informer of this.#informers) {
      for (const { addresses, holder } of informer.values()) {
        for (const address of addresses) {
          claims.set(address, [...(claims.get(address) ?? []), holder]);
        }
      }
    }
    this.ledger.endUnclaimed((address, holder) => {
      return claims.get(address)?.some((each) => sameHolder(each, holder)) === true;
    }, this.#options.wallNow());
    this.#synced = true;
    this.#options.log.info({ addresses: this.ledger.size }, 'Identities are known');
  }

  #bucket(connection: NatsConnection): Promise<KV> {
    const { replicas } = this.#options;
    return new Kvm(jetstream(connection)).create(BUCKET_IDENTITY, {
      ...{ history: 1, replicas, storage: StorageType.File },
    });
  }

  async *#inBucket(bucket: KV): AsyncGenerator<readonly [string, readonly Holder[]]> {
    for await (const entry of await bucket.history({ key: '>' })) {
      if (entry.operation !== 'PUT') continue;
      let value: unknown;
      try {
        value = entry.json();
      } catch {
        continue;
      }
      const { data } = holdersSchema.safeParse(value);
      if (data !== undefined) yield [identityAddress(entry.key), data];
    }
  }

  /** The bucket may be a new one, and what was on its way when NATS went may have arrived or not. */
  async #compare(bucket: KV): Promise<void> {
    const missing = new Set(this.ledger.addresses());
    const differing: string[] = [];
    for await (const [address, holders] of this.#inBucket(bucket)) {
      missing.delete(address);
      // As read: the order of their members is that of the schema.
      const { data: known } = holdersSchema.safeParse(this.ledger.get(address));
      if (JSON.stringify(known) !== JSON.stringify(holders)) differing.push(address);
      else this.ledger.isWritten(address);
    }
    this.ledger.putBack([...missing, ...differing]);
  }

  async #flushUntilClosed(
    connection: NatsConnection,
    bucket: KV,
    signal: AbortSignal,
  ): Promise<void> {
    let sweptMs = performance.now();
    let lookedMs = sweptMs;
    while (!connection.isClosed() && !signal.aborted) {
      await this.#flush(bucket);
      if (performance.now() - lookedMs > kLookMs) {
        await this.#mustHoldAll(bucket);
        lookedMs = performance.now();
      }
      if (this.#synced && performance.now() - sweptMs > kSweepMs) {
        this.ledger.sweep(this.#options.wallNow());
        sweptMs = performance.now();
      }
      await sleep(kFlushMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Nobody writes there but us: fewer entries than addresses is a bucket that was lost, and a session that is over. */
  async #mustHoldAll(bucket: KV): Promise<void> {
    // Deleted keys are entries too.
    const { values } = await bucket.status();
    const wanted = this.ledger.size - this.ledger.waiting;
    if (values < wanted) throw new Error(`the bucket has ${values} of ${wanted} addresses`);
  }

  async #flush(bucket: KV): Promise<void> {
    while (this.ledger.waiting > 0 && this.#options.writeBudgetMs() > 0) {
      const taken = this.ledger.take(kBatch);
      const left = taken.values();
      const work = async (): Promise<void> => {
        for (const address of left) {
          const holders = this.ledger.get(address);
          const key = identityKey(address);
          if (holders === undefined) await bucket.delete(key);
          else await bucket.put(key, JSON.stringify(holders));
          this.writes += 1;
        }
      };
      try {
        await Promise.all(Array.from({ length: kInFlight }, work));
      } catch (error) {
        this.ledger.putBack(taken);
        throw error;
      }
    }
  }
}
