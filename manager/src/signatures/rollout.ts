/**
 * Carries out an activation: the bundle into the object store, what is wanted into each sensor's key.
 *
 * Invariants: the bundle lies in the store before any sensor is told of it; a round that changes nothing
 * writes nothing, so every replica may do them; what else stands in a sensor's key stays. A sensor that
 * appears later is told in the round after its first report.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { type ObjectStore, Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { BUCKET_DESIRED, type Desired, desiredSchema, nodeKey } from '#contracts/nats.ts';
import type { SensorRow } from '#contracts/rest.ts';
import {
  bundleDigestSchema,
  OBJECT_STORE_SIGNATURES,
  OPERATOR_OBJECT_PREFIX,
  publishBundle,
  signatureStoreOptions,
} from '#contracts/signature-store.ts';
import type { Activation, Activations, ActiveVersion } from './activation.ts';

const kRoundMs = 5_000;

export interface RolloutOptions {
  readonly nats: NatsConnection;
  readonly activations: Activations;
  /** Those that have reported lately. */
  readonly sensors: () => readonly SensorRow[];
  readonly logger: Logger;
  /** Of bucket and object store, where they are made. */
  readonly replicas: number;
}

export class SignatureRollout {
  readonly #options: RolloutOptions;
  readonly #stop = new AbortController();
  #woken = new AbortController();
  #running: Promise<void> | undefined;
  /** By key, the generation last seen in it or written to it. */
  #told = new Map<string, number>();

  constructor(options: RolloutOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something was activated: the next round begins now. */
  wake(): void {
    this.#woken.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#woken = new AbortController();
      try {
        await this.round();
      } catch (error) {
        if (!signal.aborted) {
          this.#options.logger.warn(
            { err: error },
            'signatures could not be rolled out, next round',
          );
        }
      }
      const pause = AbortSignal.any([signal, this.#woken.signal]);
      await sleep(kRoundMs, undefined, { signal: pause }).catch(() => undefined);
    }
  }

  /** One round; public for tests. */
  async round(): Promise<void> {
    const { nats, activations, sensors, replicas, logger } = this.#options;
    const newest = await activations.newest();
    // Never was anything active here: what stands in the keys is somebody else's.
    if (newest === null) return;
    const client = jetstream(nats);
    if (newest.active !== null) await this.#publish(client, newest.active);
    const behind = sensors().filter((row) => this.#isBehind(row, newest));
    if (behind.length === 0) return;
    const bucket = await new Kvm(client).create(BUCKET_DESIRED, { history: 1, replicas });
    for (const { report } of behind) {
      const key = nodeKey(report.sensor, report.node);
      if (await tell(bucket, key, newest)) {
        const digest = newest.active?.digest ?? null;
        logger.info({ key, digest, generation: newest.generation }, 'sensor told of signatures');
      }
      this.#told.set(key, newest.generation);
    }
  }

  async #publish(client: ReturnType<typeof jetstream>, { digest }: ActiveVersion): Promise<void> {
    const { activations, replicas, logger } = this.#options;
    const store = await new Objm(client).create(
      OBJECT_STORE_SIGNATURES,
      signatureStoreOptions({ replicas }),
    );
    const there = await store.info(digest);
    if (there !== null && !there.deleted) return;
    const bundle = await activations.bundle(digest);
    if (bundle === undefined) throw new Error(`no version has the active bundle ${digest}`);
    await publishBundle(store, digest, bundle);
    logger.info({ digest, sizeBytes: bundle.length }, 'bundle published');
    await this.#clear(store);
  }

  /** Bundles of versions that are kept no more. */
  async #clear(store: ObjectStore): Promise<void> {
    const names = (await store.list()).map(({ name }) => name);
    // Bundles that no version here has are an operator's, where there is one.
    if (names.some((name) => name.startsWith(OPERATOR_OBJECT_PREFIX))) return;
    const ours = names.filter((name) => bundleDigestSchema.safeParse(name).success);
    const known = await this.#options.activations.known(ours);
    for (const name of ours) if (!known.has(name)) await store.delete(name);
  }

  /** What was told and is loaded need not be looked at again. */
  #isBehind({ report }: SensorRow, { generation, active }: Activation): boolean {
    const told = this.#told.get(nodeKey(report.sensor, report.node));
    return told !== generation || (active !== null && report.signatures?.digest !== active.digest);
  }
}

/** True where the key was written. */
async function tell(bucket: KV, key: string, { generation, active }: Activation): Promise<boolean> {
  const entry = await bucket.get(key);
  const { signatures: before, ...others } = desiredOf(
    entry?.operation === 'PUT' ? entry.string() : '',
  );
  const signatures =
    active === null
      ? undefined
      : { digest: active.digest, revision: `${active.set} ${active.version}` };
  // An operator told it: SignatureSets go before what is activated here.
  if (others.sets !== undefined) return false;
  const same = before?.digest === signatures?.digest && before?.revision === signatures?.revision;
  if (same && others.generation >= generation) return false;
  const wanted: Desired = {
    ...others,
    generation: Math.max(generation, others.generation + (same ? 0 : 1)),
    ...(signatures === undefined ? {} : { signatures }),
  };
  await bucket.put(key, JSON.stringify(wanted));
  return true;
}

function desiredOf(text: string): Desired {
  try {
    return desiredSchema.parse(JSON.parse(text));
  } catch {
    return { generation: 0 };
  }
}
