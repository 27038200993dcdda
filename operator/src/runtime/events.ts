/**
 * Events of Kubernetes: what `kubectl describe` shows below an object.
 *
 * Invariants: the same event is not told again within kQuietMs; at most kBurst at once and kPerSecond in
 * the long run, what is above is counted and dropped; telling never fails and never waits.
 */
import type { Logger } from 'pino';
import type { ApiClient } from './api-client.ts';
import { apiVersionOf, EVENTS, type KubeObject, type ResourceKind } from './resource.ts';
import { TokenBucket } from './token-bucket.ts';

const kQuietMs = 10 * 60_000;
const kBurst = 25;
const kPerSecond = 1 / 5;
const kMaxRemembered = 10_000;
const kMaxNoteBytes = 1_000;

export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly log: Logger;
  readonly instance: string;
  /** Cluster-scoped objects have their events in namespace "default". */
  readonly namespace?: string;
  readonly now: () => number;
  readonly wallNow: () => Date;
}

export interface Told {
  readonly type: 'Normal' | 'Warning';
  /** One word, e.g. RolledBack. */
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #bucket: TokenBucket;
  readonly #toldMs = new Map<string, number>();
  #sequence = 0;
  dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket({ perSecond: kPerSecond, burst: kBurst, now: options.now });
  }

  tell(kind: ResourceKind, about: KubeObject, told: Told): void {
    const key = `${about.metadata.uid} ${told.type} ${told.reason} ${told.note}`;
    const nowMs = this.#options.now();
    if (nowMs - (this.#toldMs.get(key) ?? Number.NEGATIVE_INFINITY) < kQuietMs) return;
    if (!this.#bucket.tryTake()) {
      this.dropped += 1;
      return;
    }
    this.#remember(key, nowMs);
    this.#options.client.create(EVENTS, this.#eventOf(kind, about, told)).catch((err: unknown) => {
      this.dropped += 1;
      this.#options.log.debug({ err, reason: told.reason }, 'Event could not be told');
    });
  }

  #remember(key: string, nowMs: number): void {
    this.#toldMs.delete(key);
    this.#toldMs.set(key, nowMs);
    if (this.#toldMs.size <= kMaxRemembered) return;
    const [oldest] = this.#toldMs.keys();
    if (oldest !== undefined) this.#toldMs.delete(oldest);
  }

  #eventOf(kind: ResourceKind, about: KubeObject, told: Told): KubeObject {
    const { instance, wallNow } = this.#options;
    const namespace = this.#options.namespace ?? 'default';
    this.#sequence += 1;
    const suffix = `${wallNow().getTime().toString(16)}${this.#sequence.toString(16)}`;
    const { name, uid } = about.metadata;
    const event = {
      metadata: { namespace, name: `${name}.${suffix}` },
      eventTime: wallNow().toISOString().replace('Z', '000Z'),
      reportingController: 'netmoth.io/operator',
      reportingInstance: instance.slice(0, 128),
      type: told.type,
      reason: told.reason,
      action: told.action,
      note: told.note.slice(0, kMaxNoteBytes),
      regarding: { apiVersion: apiVersionOf(kind), kind: kind.kind, name, uid },
    };
    return event;
  }
}
