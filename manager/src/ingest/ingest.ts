/**
 * The way of the events from the bus into PostgreSQL: groups of batches, one transaction each.
 *
 * Invariants: a message is acknowledged only after the commit that holds it (or its refusal) and refused
 * only because of what is in it, never because of a store that is away or at fault; no message holds up
 * the others for ever: one that the store refuses kMaxRefusals times is set aside whole; while one group is being stored the next is
 * being encoded, and no third is begun, so memory is bounded by three groups and the inbox.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import type { Logger } from 'pino';
import { DomainNames } from '#manager/analysis/domain-parts.ts';
import type { AddressBook } from '#manager/enrich/address-book.ts';
import { DomainCache } from '#manager/enrich/domain-cache.ts';
import type { IdentityBook } from '#manager/enrich/identity-book.ts';
import type { VendorBook } from '#manager/enrich/vendor-book.ts';
import type { PartitionKeeper } from '#manager/store/partition-keeper.ts';
import { isTransient, type StorePool } from '#manager/store/pool.ts';
import { type BadLines, badLines } from './bad-lines.ts';
import { ACK_WAIT_MS } from './bus-source.ts';
import { type DecodedBatch, decodeBatch } from './decode-batch.ts';
import { newDeviceMemory, remember } from './device-sightings.ts';
import { rememberEvidence } from './evidence-sightings.ts';
import {
  type EncodedGroup,
  GroupEncoder,
  newEnrichMemory,
  type Rejection,
} from './group-encoder.ts';
import type { Inbox } from './inbox.ts';
import type { IngestMetrics } from './metrics.ts';
import { isDataFault, isMissingPartition } from './store-faults.ts';
import { batchNumbers, insertRejected, seenBatches, storeGroup } from './store-group.ts';

export interface IngestOptions {
  readonly pool: StorePool;
  readonly keeper: PartitionKeeper;
  readonly inbox: Inbox<JsMsg>;
  readonly addresses: AddressBook;
  readonly identities?: IdentityBook | undefined;
  readonly vendors?: VendorBook | undefined;
  readonly log: Logger;
  readonly metrics: IngestMetrics;
  /** Events of one transaction, about: a group takes no further batch beyond it. */
  readonly groupEvents: number;
  readonly groupBytes: number;
  readonly maxRollupKeys: number;
  /** Condense the events for the analysis too. */
  readonly analyse?: boolean;
}

/** A batch and the messages that brought it: more than one where it was published twice. */
interface Delivery {
  readonly batch: DecodedBatch;
  readonly messages: JsMsg[];
}

interface Group {
  readonly deliveries: readonly Delivery[];
  readonly encoded: EncodedGroup;
}

const kFirstRetryMs = 100;
const kMaxRetryMs = 5_000;
/** A single batch that is refused this often, with pauses between, is set aside. */
const kMaxRefusals = 6;
const kSampleBytes = 2048;
const kTermReasonChars = 200;
/** Alerts first, then what names flows, then the flows themselves. */
const CLASS_ORDER = { alert: 0, protocol: 1, flow: 2, stats: 3 } as const;

export class Ingest {
  readonly #options: IngestOptions;
  readonly #domains = new DomainCache();
  readonly #devices = newDeviceMemory();
  readonly #names = new DomainNames();
  readonly #memory = newEnrichMemory();
  readonly #inHand = new Set<JsMsg>();
  #lastError: string | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** Why nothing is being stored at the moment; undefined when all is well. */
  get trouble(): string | undefined {
    return this.#lastError;
  }

  /** Works until the signal; then the transaction in hand is finished and acknowledged. */
  async run(signal: AbortSignal): Promise<void> {
    const { inbox } = this.#options;
    // What nobody has begun with goes to another replica at once.
    const close = (): void => {
      for (const message of inbox.close()) quietly(() => message.nak());
    };
    signal.addEventListener('abort', close, { once: true });
    const keepAlive = setInterval(() => {
      for (const message of [...this.#inHand, ...inbox.items()]) quietly(() => message.working());
    }, ACK_WAIT_MS / 3);
    try {
      let storing: Promise<void> = Promise.resolve();
      for (;;) {
        const deliveries = await this.#gather(signal);
        if (deliveries === undefined) break;
        const group = await this.#retrying(() => this.#prepare(deliveries), signal);
        await storing;
        if (group === undefined) break;
        storing = this.#store(group, signal);
        // Awaited before the next group is stored; a rejection must not go unhandled until then.
        storing.catch(() => undefined);
      }
      await storing;
    } finally {
      clearInterval(keepAlive);
      signal.removeEventListener('abort', close);
    }
  }

  /** The batches of the next group: what is there, at least one, up to the bounds. */
  async #gather(signal: AbortSignal): Promise<readonly Delivery[] | undefined> {
    const { inbox, groupEvents, groupBytes } = this.#options;
    const deliveries = new Map<string, Delivery>();
    let events = 0;
    let bytes = 0;
    let message = await inbox.take();
    while (message !== undefined) {
      this.#inHand.add(message);
      const decoded = await decodeBatch(message);
      if (!decoded.ok) {
        await this.#refuse(message, decoded.reason, signal);
      } else {
        const { batch } = decoded;
        const same = deliveries.get(batch.msgId);
        if (same === undefined) deliveries.set(batch.msgId, { batch, messages: [message] });
        else same.messages.push(message);
        events += batch.count;
        bytes += batch.text.length;
      }
      const full = events >= groupEvents || bytes >= groupBytes;
      message = full ? undefined : inbox.takeNow();
      // Refused messages alone make no group.
      if (message === undefined && deliveries.size === 0) message = await inbox.take();
    }
    return deliveries.size === 0 ? undefined : inClassOrder([...deliveries.values()]);
  }

  /** Encodes what is not stored yet; what is stored already is acknowledged. */
  async #prepare(deliveries: readonly Delivery[]): Promise<Group> {
    const { pool, keeper, metrics } = this.#options;
    const seen = await seenBatches(
      pool,
      deliveries.map(({ batch }) => batch.msgId),
    );
    const fresh: Delivery[] = [];
    for (const delivery of deliveries) {
      if (seen.has(delivery.batch.msgId)) this.#acknowledge(delivery, 'duplicate');
      else fresh.push(delivery);
    }
    const numbers = await batchNumbers(pool, fresh.length);
    const storedOn = keeper.today();
    await keeper.ensureDay(storedOn);
    const numbered = fresh.map(({ batch, messages }, index) => ({
      batch: { ...batch, seq: numbers[index] ?? 0 },
      messages,
    }));
    const ended = metrics.encodeSeconds.startTimer();
    const encoder = this.#encoder(storedOn);
    for (const { batch } of numbered) await encoder.add(batch);
    const encoded = encoder.finish();
    ended();
    return { deliveries: numbered, encoded };
  }

  #encoder(storedOn: string): GroupEncoder {
    const { addresses, identities, vendors, maxRollupKeys, analyse } = this.#options;
    const analysis = { names: this.#names, nowSeconds: Date.now() / 1_000 };
    return new GroupEncoder({
      ...(analyse === true ? { analysis } : {}),
      ...{ addresses, identities, vendors, memory: this.#memory },
      domains: this.#domains,
      devices: this.#devices,
      maxRollupKeys,
      storedOn,
    });
  }

  /** Stores a group, come what may; returns early only on the signal, with nothing acknowledged. */
  async #store(group: Group, signal: AbortSignal): Promise<void> {
    let current: Group | undefined = group;
    let refusals = 0;
    while (current !== undefined && current.deliveries.length > 0) {
      const attempt: Group = current;
      const outcome = await this.#retrying(() => this.#storeOnce(attempt), signal);
      if (outcome === 'stored' || outcome === undefined) return;
      this.#options.metrics.retries.inc({ reason: outcome });
      const [only, ...others] = attempt.deliveries;
      if (outcome === 'duplicate' || only === undefined) {
        current = await this.#retrying(() => this.#prepare(attempt.deliveries), signal);
      } else if (others.length > 0) {
        await this.#storeEach(attempt.deliveries, signal);
        return;
      } else {
        refusals += 1;
        current = await this.#mended({ delivery: only, refusals }, signal);
      }
    }
  }

  async #storeEach(deliveries: readonly Delivery[], signal: AbortSignal): Promise<void> {
    for (const delivery of deliveries) {
      const single = await this.#retrying(() => this.#prepare([delivery]), signal);
      if (single === undefined) return;
      await this.#store(single, signal);
    }
  }

  /**
   * What to store instead of a batch that the store refused: the batch without its bad lines, or after a
   * pause the same again where no line is to blame; nothing more when it was set aside or the signal came.
   */
  async #mended(
    { delivery, refusals }: { readonly delivery: Delivery; readonly refusals: number },
    signal: AbortSignal,
  ): Promise<Group | undefined> {
    const bad = await this.#retrying(() => this.#badLines(delivery), signal);
    if (bad === undefined) return undefined;
    const reason = bad.found ? 'refused again without its bad lines' : bad.reason;
    if (refusals >= kMaxRefusals) {
      await this.#setAside(delivery, reason, signal);
      return undefined;
    }
    if (!bad.found || refusals > 1) {
      this.#lastError = `the store refuses batch ${delivery.batch.msgId}: ${reason}`;
      this.#options.log.error({ batch: delivery.batch.msgId, reason, refusals }, 'batch refused');
      const waitMs = Math.min(kFirstRetryMs * 2 ** refusals, kMaxRetryMs);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
    }
    if (!bad.found) return this.#retrying(() => this.#prepare([delivery]), signal);
    return this.#retrying(() => this.#without(delivery, bad.lines), signal);
  }

  async #storeOnce(group: Group): Promise<'stored' | 'duplicate' | 'bisect'> {
    const { pool, keeper, metrics } = this.#options;
    const batches = group.deliveries.map(({ batch }) => batch);
    const ended = metrics.transactionSeconds.startTimer();
    try {
      if (!(await storeGroup(pool, batches, group.encoded))) return 'duplicate';
    } catch (error) {
      if (isMissingPartition(error)) keeper.forget();
      if (isDataFault(error)) {
        this.#options.log.error({ err: error }, 'the store refuses some event, looking for it');
        return 'bisect';
      }
      throw error;
    } finally {
      ended();
    }
    this.#stored(group);
    return 'stored';
  }

  #stored({ deliveries, encoded }: Group): void {
    const { metrics, log } = this.#options;
    remember(this.#devices, encoded.devices);
    rememberEvidence(this.#memory.evidence, encoded.evidence);
    metrics.devicesRefused.inc(encoded.devicesRefused);
    metrics.evidenceDropped.inc(encoded.evidenceDropped);
    metrics.noticesBeyond.inc(encoded.noticesBeyond);
    let total = 0;
    for (const [type, count] of encoded.events) {
      metrics.events.inc({ type }, count);
      total += count;
    }
    metrics.groupEvents.observe(total);
    metrics.factsBeyond.inc(encoded.factsBeyond);
    const promised = deliveries.reduce((sum, { batch }) => sum + batch.count, 0);
    if (promised !== total + encoded.rejected) {
      metrics.countMismatches.inc();
      log.warn({ promised, stored: total, rejected: encoded.rejected }, 'batches of another size');
    }
    if (encoded.rejected > 0) {
      metrics.rejected.inc(encoded.rejected);
      const { subject, reason } = encoded.rejections[0] ?? {};
      log.warn({ rejected: encoded.rejected, subject, reason }, 'lines rejected');
    }
    for (const delivery of deliveries) this.#acknowledge(delivery, 'stored');
  }

  #badLines({ batch }: Delivery): Promise<BadLines> {
    const { pool, keeper } = this.#options;
    return badLines(pool, batch, () => this.#encoder(keeper.today()));
  }

  /** The group of one batch without the lines that the store refuses. */
  async #without(delivery: Delivery, bad: ReadonlyMap<number, Rejection>): Promise<Group> {
    const encoder = this.#encoder(this.#options.keeper.today());
    await encoder.add(delivery.batch, (line) => !bad.has(line));
    for (const rejection of bad.values()) encoder.reject(rejection);
    return { deliveries: [delivery], encoded: encoder.finish() };
  }

  /** A batch that the store refuses whole: kept in `rejected`, its events counted, never delivered again. */
  async #setAside({ batch, messages }: Delivery, why: string, signal: AbortSignal): Promise<void> {
    const { pool, log, metrics } = this.#options;
    const { subject, msgId, count, text } = batch;
    const reason = `store: ${why}; the batch of ${count} events is set aside`;
    log.error({ subject, batch: msgId, count, reason }, 'a batch was set aside whole');
    const sample = Buffer.from(text.slice(0, kSampleBytes)).subarray(0, kSampleBytes);
    await this.#retrying(async () => {
      await pool.withClient((client) =>
        insertRejected(client, [{ subject, msgId, line: null, reason, sample }]),
      );
      for (const message of messages) this.#terminate(message, reason);
      metrics.batches.inc({ outcome: 'refused' });
      metrics.rejected.inc(count);
    }, signal);
  }

  /** A message that is no batch: kept in `rejected`, counted, never delivered again. */
  async #refuse(message: JsMsg, reason: string, signal: AbortSignal): Promise<void> {
    const { pool, log, metrics } = this.#options;
    log.error({ subject: message.subject, reason }, 'a message of the bus is no batch');
    const rejection: Rejection = {
      subject: message.subject,
      msgId: message.headers?.get('Nats-Msg-Id') || null,
      line: null,
      reason,
      sample: Buffer.from(message.data.subarray(0, kSampleBytes)),
    };
    await this.#retrying(async () => {
      await pool.withClient((client) => insertRejected(client, [rejection]));
      this.#terminate(message, reason);
      metrics.batches.inc({ outcome: 'refused' });
    }, signal);
  }

  #terminate(message: JsMsg, reason: string): void {
    quietly(() => message.term(reason.slice(0, kTermReasonChars)));
    this.#inHand.delete(message);
  }

  #acknowledge({ messages }: Delivery, outcome: 'stored' | 'duplicate'): void {
    this.#options.metrics.batches.inc({ outcome });
    for (const message of messages) {
      quietly(() => message.ack());
      this.#inHand.delete(message);
    }
  }

  /** Repeats `work` until it succeeds; undefined when the signal came first. */
  async #retrying<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    const { log, metrics } = this.#options;
    for (let waitMs = kFirstRetryMs; ; waitMs = Math.min(waitMs * 2, kMaxRetryMs)) {
      try {
        const result = await work();
        if (this.#lastError !== undefined) log.info('the store takes events again');
        this.#lastError = undefined;
        return result;
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        // What is not transient may be mended by a person; until then nothing is given up.
        if (words !== this.#lastError) {
          log.error({ err: error, transient: isTransient(error) }, 'storing failed, retrying');
        }
        this.#lastError = words;
        metrics.retries.inc({ reason: 'transient' });
      }
      if (signal.aborted) return undefined;
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** On a closed connection an acknowledgement throws; the message comes again and is known by its id. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Nothing to do: see above.
  }
}

function inClassOrder(deliveries: Delivery[]): readonly Delivery[] {
  return deliveries.sort(
    (a, b) => CLASS_ORDER[a.batch.eventClass] - CLASS_ORDER[b.batch.eventClass],
  );
}
