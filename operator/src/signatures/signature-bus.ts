/**
 * What the leading operator holds in NATS: the wish of every node, and bundles by digest.
 *
 * Invariants: a term begins with a write of the key kFenceKey, and the server takes every wish only while
 * that write is the newest of its key; so once another replica leads, nothing of this one arrives, however
 * late it is sent. What is told here of wishes is what NATS has acknowledged. `ready` is false whenever
 * that is not known; then nothing is written, and everything is read anew (the server may be a new one).
 */
import { type JetStreamClient, jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { NetmothError } from '#contracts/errors.ts';
import { BUCKET_DESIRED, type Desired, desiredSchema } from '#contracts/nats.ts';
import {
  OBJECT_STORE_SIGNATURES,
  publishBundle,
  signatureStoreOptions,
} from '#contracts/signature-store.ts';
import { signed } from '#signatures/bundle/signature.ts';
import { type BusAccess, runBusSessions } from '../runtime/bus-sessions.ts';
import type { SigningKey } from './signing-key.ts';
import { StoreGate } from './store-gate.ts';
import { bundleDescription, markOf, type StoreMark } from './store-names.ts';

/** No sensor has a key without a dot. */
const kFenceKey = 'operator';
const kPutTimeoutMs = 60_000;
/** Wishes on their way to the server at the same time. */
const kInFlight = 256;

export interface SignatureBusOptions extends BusAccess {
  readonly replicas: number;
  readonly identity: string;
  /** Of bundles; undefined: they are not signed. */
  readonly signing?: SigningKey | undefined;
  readonly log: Logger;
  readonly random: () => number;
  /** Milliseconds this replica may still write; 0 where it does not lead. */
  readonly writeBudgetMs: () => number;
  /** Wishes can be read and written, or no longer. */
  readonly onReady: (ready: boolean) => void;
}

interface Session {
  readonly connection: NatsConnection;
  readonly stream: JetStreamClient;
  readonly desired: KV;
  readonly objects: ObjectStore;
  /** Of the write that begins this term. */
  readonly fence: number;
}

/** An object that an operator put into the store. */
export interface StoredObject {
  readonly name: string;
  readonly mark: StoreMark;
  /** False: a bundle that is not signed as it should be now. */
  readonly current: boolean;
  readonly modified: Date;
}

export class SignatureBus {
  /** Between those who put into the store and the one who removes from it. */
  readonly gate = new StoreGate();
  readonly #options: SignatureBusOptions;
  #wishes = new Map<string, Desired>();
  #session: Session | undefined;
  writes = 0;

  constructor(options: SignatureBusOptions) {
    this.#options = options;
  }

  get ready(): boolean {
    return this.#session !== undefined;
  }

  /** What each node was told last, by its key. */
  get wishes(): ReadonlyMap<string, Desired> {
    return this.#wishes;
  }

  /** Runs until the signal; never rejects. */
  run(signal: AbortSignal): Promise<void> {
    const { log, random } = this.#options;
    return runBusSessions(
      {
        ...{ access: this.#options, name: 'netmoth-operator-signatures', log, random },
        outage: 'Wishes cannot be written',
        session: (connection, up) => this.#hold(connection, up, signal),
      },
      signal,
    );
  }

  /** Tells nodes; undefined: nothing is wanted of the node any more. */
  async tell(changes: ReadonlyMap<string, Desired | undefined>): Promise<void> {
    const session = this.#sessionNow();
    const left = changes.entries();
    const work = async (): Promise<void> => {
      for (const [key, wish] of left) await this.#tellOne(session, key, wish);
    };
    try {
      await Promise.all(Array.from({ length: Math.min(kInFlight, changes.size) }, work));
    } catch (cause) {
      // Another term has begun, or nobody knows what arrived: begin anew.
      this.#end(session);
      throw new NetmothError('NM_BUS_UNAVAILABLE', 'a wish was not taken by NATS', {
        cause,
        retryable: true,
      });
    }
  }

  /** Signed where there is a key; a signature that is there already is replaced. */
  publish(digest: string, bundle: Uint8Array): Promise<boolean> {
    const { signing } = this.#options;
    const bytes = signing === undefined ? bundle : signed(bundle, signing.privateKey);
    const description = bundleDescription(signing?.id);
    return this.#inStore((store) => publishBundle(store, digest, bytes, description));
  }

  put(name: string, bytes: Uint8Array): Promise<unknown> {
    return this.#inStore((store) => store.putBlob({ name }, bytes, { timeout: kPutTimeoutMs }));
  }

  /** Undefined where there is no such object. */
  get(name: string): Promise<Uint8Array | undefined> {
    return this.#inStore(async (store) => (await store.getBlob(name)) ?? undefined);
  }

  async has(name: string): Promise<boolean> {
    const info = await this.#inStore((store) => store.info(name));
    return info !== null && !info.deleted;
  }

  /** What there is, with what it is to an operator. */
  list(): Promise<readonly StoredObject[]> {
    const { signing } = this.#options;
    return this.#inStore(async (store) =>
      (await store.list()).flatMap(({ name, description, mtime }) => {
        const mark = markOf(name, description);
        const current = mark !== 'bundle' || description === bundleDescription(signing?.id);
        return mark === undefined ? [] : { name, mark, current, modified: new Date(mtime) };
      }),
    );
  }

  async remove(name: string): Promise<void> {
    // One that is gone already is fine.
    if (await this.has(name)) await this.#inStore((store) => store.delete(name));
  }

  async #inStore<T>(work: (store: ObjectStore) => Promise<T>): Promise<T> {
    try {
      return await work(this.#sessionNow().objects);
    } catch (cause) {
      if (cause instanceof NetmothError) throw cause;
      const text = 'the object store of signatures does not answer';
      throw new NetmothError('NM_BUS_UNAVAILABLE', text, { cause, retryable: true });
    }
  }

  #sessionNow(): Session {
    if (this.#session !== undefined) return this.#session;
    throw new NetmothError('NM_BUS_UNAVAILABLE', 'NATS is away', { retryable: true });
  }

  async #tellOne(session: Session, key: string, wish: Desired | undefined): Promise<void> {
    if (this.#options.writeBudgetMs() <= 0) {
      throw new NetmothError('NM_NOT_LEADER', 'the lead is in doubt', { retryable: true });
    }
    const options = {
      expect: {
        lastSubjectSequence: session.fence,
        lastSubjectSequenceSubject: subjectOf(kFenceKey),
      },
    };
    if (wish === undefined) {
      const deletion = headers();
      deletion.set('KV-Operation', 'DEL');
      await session.stream.publish(subjectOf(key), '', { ...options, headers: deletion });
      this.#wishes.delete(key);
    } else {
      await session.stream.publish(subjectOf(key), JSON.stringify(wish), options);
      this.#wishes.set(key, wish);
    }
    this.writes += 1;
  }

  async #hold(connection: NatsConnection, onUp: () => void, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    try {
      const session = await this.#begin(connection);
      if (signal.aborted) return;
      this.#session = session;
      log.info({ fence: session.fence, wishes: this.#wishes.size }, 'Wishes can be written');
      onUp();
      this.#options.onReady(true);
      await connection.closed();
    } finally {
      this.#session = undefined;
      this.#options.onReady(false);
    }
  }

  async #begin(connection: NatsConnection): Promise<Session> {
    const { replicas, identity, writeBudgetMs } = this.#options;
    const stream = jetstream(connection);
    const desired = await new Kvm(stream).create(BUCKET_DESIRED, {
      ...{ history: 1, replicas, storage: StorageType.File },
    });
    const { storage: _file, ...store } = signatureStoreOptions({ replicas });
    const objects = await new Objm(stream).create(OBJECT_STORE_SIGNATURES, {
      ...{ ...store, storage: StorageType.File },
    });
    if (writeBudgetMs() <= 0) {
      throw new NetmothError('NM_NOT_LEADER', 'the lead is in doubt', { retryable: true });
    }
    const fence = await desired.put(kFenceKey, identity);
    await this.#readWishes(desired);
    return { connection, stream, desired, objects, fence };
  }

  async #readWishes(desired: KV): Promise<void> {
    const found = new Map<string, Desired>();
    for await (const entry of await desired.history({ key: '>' })) {
      if (entry.operation !== 'PUT' || entry.key === kFenceKey) continue;
      const wish = desiredSchema.safeParse(parsed(entry.string()));
      if (wish.success) found.set(entry.key, wish.data);
    }
    this.#wishes = found;
  }

  #end({ connection }: Session): void {
    if (this.#session?.connection !== connection) return;
    this.#session = undefined;
    this.#options.onReady(false);
    void connection.close();
  }
}

function subjectOf(key: string): string {
  return `$KV.${BUCKET_DESIRED}.${key}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
