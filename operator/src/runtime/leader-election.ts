/**
 * Which replica of the operator acts: a Lease, as all of Kubernetes' own controllers use it.
 *
 * Invariants: whoever leads knows until when, by the monotonic clock counted from before its request was
 * sent; no write is begun, and none may still be under way, once that time is over, while others take
 * over only after having watched the lease unchanged for its whole duration by their own clock. So two
 * never write at once, whatever their wall clocks say and however long one of them was stopped.
 * Source: client-go/tools/leaderelection, whose renewDeadline is `writeBudgetMs` here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ApiClient } from './api-client.ts';
import { hasStatus } from './api-error.ts';
import { type KubeObject, LEASES } from './resource.ts';

export interface ElectionOptions {
  /** Not guarded by this election. */
  readonly client: ApiClient;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly durationMs: number;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** For the times in the Lease, which are for people. */
  readonly wallNow: () => Date;
  readonly random: () => number;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

/** Between two tries, as a share of the duration. */
const kRenewShare = 1 / 5;
/** The holder stops writing so much earlier than others may take over. */
const kSafetyShare = 1 / 4;

export class LeaderElection {
  readonly #options: ElectionOptions;
  #lease: Lease | undefined;
  /** When the lease was first seen as it is. */
  #seenMs = 0;
  #leadingUntilMs = Number.NEGATIVE_INFINITY;
  #transitions = 0;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** Milliseconds for which this replica may still write; 0 for one that does not lead. */
  readonly writeBudgetMs = (): number => Math.max(0, this.#leadingUntilMs - this.#options.now());

  get leading(): boolean {
    return this.writeBudgetMs() > 0;
  }

  /** How often the leader changed, as the Lease says. */
  get transitions(): number {
    return this.#transitions;
  }

  /**
   * Waits to be elected, then runs `lead` until the signal or until the lead is lost, then waits again.
   * `lead` ends when its signal does. Never rejects.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#tryOnce(signal);
      if (this.leading) await this.#serve(lead, signal);
      else await this.#pause(signal);
    }
    await this.#giveUp();
  }

  async #serve(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const { log, identity } = this.#options;
    log.info({ identity }, 'Leading');
    const term = new AbortController();
    const both = AbortSignal.any([signal, term.signal]);
    const led = lead(both);
    while (!both.aborted) {
      await this.#pause(both);
      if (both.aborted) break;
      await this.#tryOnce(both);
      if (!this.leading) term.abort();
    }
    await led;
    if (!signal.aborted) log.warn({ identity }, 'Lead was lost');
  }

  /** Renews or takes the lease where that is allowed; what was not possible is seen at the next try. */
  async #tryOnce(signal: AbortSignal): Promise<void> {
    const { client, namespace, name, durationMs, now, log } = this.#options;
    const startedMs = now();
    // One try must not outlast what it is to renew.
    const limit = AbortSignal.any([
      signal,
      AbortSignal.timeout(Math.round(durationMs * kRenewShare * 2)),
    ]);
    try {
      const found = await client.get<Lease>(LEASES, { namespace, name }, limit);
      this.#observe(found);
      if (!this.#mayTake(found)) {
        this.#leadingUntilMs = Number.NEGATIVE_INFINITY;
        return;
      }
      const wanted = this.#claim(found);
      this.#lease =
        found === undefined
          ? await client.create<Lease>(LEASES, wanted, limit)
          : await client.replace<Lease>(LEASES, wanted, limit);
      this.#seenMs = startedMs;
      this.#leadingUntilMs = startedMs + durationMs * (1 - kSafetyShare);
    } catch (error) {
      if (signal.aborted) return;
      if (hasStatus(error, 409)) this.#leadingUntilMs = Number.NEGATIVE_INFINITY;
      else log.warn({ err: error, lease: name }, 'Lease could not be renewed or taken');
    }
  }

  #observe(found: Lease | undefined): void {
    const { resourceVersion } = found?.metadata ?? {};
    if (found !== undefined && resourceVersion === this.#lease?.metadata.resourceVersion) return;
    this.#lease = found;
    this.#seenMs = this.#options.now();
    this.#transitions = found?.spec?.leaseTransitions ?? 0;
  }

  #mayTake(found: Lease | undefined): boolean {
    const holder = found?.spec?.holderIdentity;
    if (found === undefined || holder === undefined || holder === '') return true;
    if (holder === this.#options.identity) return true;
    const heldMs = (found.spec?.leaseDurationSeconds ?? 0) * 1_000;
    return this.#options.now() - this.#seenMs >= Math.max(heldMs, this.#options.durationMs);
  }

  #claim(found: Lease | undefined): Lease {
    const { namespace, name, identity, durationMs, wallNow } = this.#options;
    // Lease times have microseconds.
    const time = wallNow().toISOString().replace('Z', '000Z');
    const mine = found?.spec?.holderIdentity === identity;
    const transitions = found?.spec?.leaseTransitions ?? 0;
    const { resourceVersion } = found?.metadata ?? {};
    return {
      metadata: { namespace, name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(durationMs / 1_000),
        acquireTime: mine ? (found?.spec?.acquireTime ?? time) : time,
        renewTime: time,
        leaseTransitions: mine || found === undefined ? transitions : transitions + 1,
      },
    };
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { durationMs, random } = this.#options;
    const pauseMs = durationMs * kRenewShare * (0.8 + 0.4 * random());
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }

  /** An orderly end gives the lease back, so that the next replica need not wait. */
  async #giveUp(): Promise<void> {
    if (!this.leading || this.#lease === undefined) return;
    this.#leadingUntilMs = Number.NEGATIVE_INFINITY;
    const { client, log, durationMs } = this.#options;
    const released = { ...this.#lease, spec: { ...this.#lease.spec, holderIdentity: '' } };
    const limit = AbortSignal.timeout(Math.round(durationMs));
    await client.replace(LEASES, released, limit).catch((error: unknown) => {
      log.warn({ err: error }, 'Lease could not be given back');
    });
  }
}
