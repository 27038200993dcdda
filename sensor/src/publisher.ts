/**
 * Sends what the outbox holds to JetStream and waits for each acknowledgement.
 *
 * Invariant: a batch leaves the outbox only when the stream acknowledged it, or refuses it for good; a
 * retry carries the same message id, so the stream keeps it once. In flight at most `maxInFlight`
 * batches and `maxInFlightBytes` bytes. After a fault nothing new is sent until the back-off is over.
 */
import { JetStreamApiError, type JetStreamClient, type PubAck } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import {
  ENCODING_ZSTD,
  eventsSubject,
  HEADER_COUNT,
  HEADER_ENCODING,
  HEADER_SCHEMA,
} from '#contracts/nats.ts';
import { backoffMs } from './backoff.ts';
import type { Bus } from './bus.ts';
import type { Entry, Outbox } from './outbox.ts';

/** API error: the stream's max_msg_size or the server's max_payload is smaller than the message. */
const kMessageTooLarge = 10_054;

export interface PublisherOptions {
  readonly bus: Bus;
  readonly outbox: Pick<Outbox, 'take' | 'bodyOf' | 'acknowledge' | 'giveBack' | 'discard'>;
  readonly sensor: string;
  readonly node: string;
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
  readonly ackTimeoutMs: number;
  readonly log: Logger;
  readonly random: () => number;
}

export interface PublisherState {
  readonly inFlight: number;
  readonly inFlightBytes: number;
  readonly publishedEvents: number;
  readonly publishedBytes: number;
  readonly acknowledgedBatches: number;
  /** Acknowledged as already there: a retry of a batch whose acknowledgement was lost. */
  readonly duplicates: number;
  readonly faults: number;
  /** Faults since the last acknowledgement. */
  readonly faultsInRow: number;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #sending = new Set<Promise<void>>();
  /** Ends the wait of each batch in flight when the connection is lost. */
  readonly #giveUp = new Set<() => void>();
  #inFlightBytes = 0;
  #publishedEvents = 0;
  #publishedBytes = 0;
  #acknowledgedBatches = 0;
  #duplicates = 0;
  #faults = 0;
  #faultsInRow = 0;
  #pause: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** False while a new batch would have to wait. */
  get accepting(): boolean {
    const { bus, maxInFlight, maxInFlightBytes } = this.#options;
    return (
      bus.up &&
      !this.#stopped &&
      this.#pause === undefined &&
      this.#sending.size < maxInFlight &&
      this.#inFlightBytes < maxInFlightBytes
    );
  }

  /** Sends as much as may be in flight; call it whenever there may be something to send. */
  pump(): void {
    while (this.accepting) {
      const client = this.#options.bus.jetstream;
      const entry = client && this.#options.outbox.take();
      if (client === undefined || entry === undefined) return;
      this.#inFlightBytes += entry.bodyBytes;
      const sending = this.#send(client, entry).finally(() => {
        this.#sending.delete(sending);
        this.#inFlightBytes -= entry.bodyBytes;
        this.pump();
      });
      this.#sending.add(sending);
    }
  }

  /** The connection came or went. */
  busChanged(): void {
    if (!this.#options.bus.up) for (const giveUp of this.#giveUp) giveUp();
    this.pump();
  }

  /** Sends nothing more; what is in flight goes back to the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#pause);
    for (const giveUp of this.#giveUp) giveUp();
    await Promise.all(this.#sending);
  }

  state(): PublisherState {
    return {
      inFlight: this.#sending.size,
      inFlightBytes: this.#inFlightBytes,
      publishedEvents: this.#publishedEvents,
      publishedBytes: this.#publishedBytes,
      acknowledgedBatches: this.#acknowledgedBatches,
      duplicates: this.#duplicates,
      faults: this.#faults,
      faultsInRow: this.#faultsInRow,
    };
  }

  async #send(client: JetStreamClient, entry: Entry): Promise<void> {
    const { outbox } = this.#options;
    try {
      const body = await outbox.bodyOf(entry);
      if (body === undefined) {
        this.#options.log.error({ batch: entry.msgId }, 'Spooled batch is damaged');
        return;
      }
      this.#countPublished(entry);
      const ack = await this.#unlessLost(this.#publish(client, entry, body));
      this.#faultsInRow = 0;
      this.#acknowledgedBatches += 1;
      if (ack.duplicate) this.#duplicates += 1;
      outbox.acknowledge(entry);
    } catch (error) {
      this.#failed(entry, error);
    }
  }

  /** Rejects when the connection is lost, at once instead of after the acknowledgement's time. */
  async #unlessLost(published: Promise<PubAck>): Promise<PubAck> {
    const { promise, reject } = Promise.withResolvers<never>();
    const giveUp = () => reject(new ConnectionLost());
    this.#giveUp.add(giveUp);
    try {
      return await Promise.race([published, promise]);
    } finally {
      this.#giveUp.delete(giveUp);
    }
  }

  #publish(client: JetStreamClient, entry: Entry, body: Uint8Array): Promise<PubAck> {
    const { sensor, node, ackTimeoutMs } = this.#options;
    const about = headers();
    about.set(HEADER_SCHEMA, String(entry.schema));
    about.set(HEADER_COUNT, String(entry.count));
    about.set(HEADER_ENCODING, ENCODING_ZSTD);
    return client.publish(eventsSubject(sensor, node, entry.eventClass), body, {
      msgID: entry.msgId,
      headers: about,
      timeout: ackTimeoutMs,
    });
  }

  #countPublished(entry: Entry): void {
    if (entry.sent) return;
    entry.sent = true;
    this.#publishedEvents += entry.count;
    this.#publishedBytes += entry.bodyBytes;
  }

  #failed(entry: Entry, error: unknown): void {
    const { outbox, log } = this.#options;
    this.#faults += 1;
    if (refusedForGood(error)) {
      outbox.discard(entry, 'refused');
      log.error({ err: error, batch: entry.msgId, bytes: entry.bodyBytes }, 'Bus refused a batch');
      return;
    }
    outbox.giveBack(entry);
    if (this.#stopped || error instanceof ConnectionLost) return;
    this.#backOff(error);
  }

  #backOff(error: unknown): void {
    if (this.#pause !== undefined) return;
    const { bus, log, random } = this.#options;
    const delayMs = Math.round(backoffMs(this.#faultsInRow, random()));
    if (this.#faultsInRow === 0) log.warn({ err: error, delayMs }, 'Publishing failed');
    this.#faultsInRow += 1;
    this.#pause = setTimeout(async () => {
      // No stream (any more), or no leader yet: both are "no responders".
      if (error instanceof Error && error.name === 'JetStreamNotEnabled') await bus.ensureStream();
      this.#pause = undefined;
      this.pump();
    }, delayMs);
  }
}

class ConnectionLost extends Error {}

/** Everything else passes: elections, time-outs, a full or missing stream, withdrawn permissions. */
function refusedForGood(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.code === kMessageTooLarge;
  return error instanceof Error && error.name === 'InvalidArgumentError';
}
