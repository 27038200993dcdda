// Brings events from the bus to the WebSocket clients of this replica. Invariants: the stream is read
// only while somebody has subscribed to more than findings, by an ordered consumer of our own that starts with what comes
// next, so every replica shows all events and none takes any from ingest; what cannot be read, by the
// reader that ingest has, is left to ingest to reject and is only counted here.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsumerMessages, DeliverPolicy, type JsMsg, jetstream } from '@nats-io/jetstream';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { eventTypeSchema } from '#contracts/eve.ts';
import { EVENTS_STREAM, EVENTS_SUBJECT_ALL, FINDINGS_SUBJECT } from '#contracts/nats.ts';
import { decodeBatch } from '../../ingest/decode-batch.ts';
import type { LiveClient, LiveEvent } from './live-client.ts';

const RETRY_MS = 2_000;
/** Batches asked of the bus ahead. */
const MAX_MESSAGES = 16;

export interface LiveFeedOptions {
  readonly nats: NatsConnection;
  readonly logger: Logger;
  readonly onUnreadable: () => void;
}

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #clients = new Set<LiveClient>();
  #stop: AbortController | undefined;
  #running: Promise<void> | undefined;
  #findings: Subscription | undefined;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  add(client: LiveClient): void {
    this.#clients.add(client);
    const { nats } = this.#options;
    // What the managers' analysis finds comes beside the stream, and is in no stream.
    if (this.#findings !== undefined || nats.isClosed()) return;
    this.#findings = nats.subscribe(FINDINGS_SUBJECT, {
      callback: (error, message) => {
        if (error === null) this.#offerLine(message.string(), this.#interested());
      },
    });
  }

  remove(client: LiveClient): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#leaveFindings();
    this.changed();
  }

  /** A client wants other events than before. */
  changed(): void {
    const wanted = [...this.#clients].some((client) => client.wantsStream);
    if (wanted === (this.#stop !== undefined)) return;
    if (wanted) this.#begin();
    else this.#end();
  }

  #begin(): void {
    const stop = new AbortController();
    this.#stop = stop;
    const before = this.#running;
    this.#running = (async () => {
      await before;
      await this.#run(stop.signal);
    })();
  }

  #leaveFindings(): void {
    this.#findings?.unsubscribe();
    this.#findings = undefined;
  }

  async stop(): Promise<void> {
    this.#clients.clear();
    this.#leaveFindings();
    this.#end();
    await this.#running;
  }

  #end(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#read(signal);
      } catch (error) {
        this.#options.logger.debug({ err: error }, 'the live feed cannot read the bus yet');
      }
      if (!signal.aborted) await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const js = jetstream(this.#options.nats);
    const { state } = await (await js.jetstreamManager(false)).streams.info(EVENTS_STREAM);
    // By sequence and not DeliverPolicy.New: an ordered consumer that is made anew after the bus was
    // away starts at the sequence it knows, and one that never had a message at the oldest.
    const consumer = await js.consumers.get(EVENTS_STREAM, {
      filter_subjects: EVENTS_SUBJECT_ALL,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: state.last_seq + 1,
    });
    const messages: ConsumerMessages = await consumer.consume({ max_messages: MAX_MESSAGES });
    const onAbort = (): void => messages.stop();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) messages.stop();
    try {
      for await (const message of messages) {
        if (signal.aborted) break;
        await this.#take(message);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      await messages.close();
      // The server forgets it by itself where it cannot be told.
      await consumer.delete().catch(() => false);
    }
  }

  async #take(message: JsMsg): Promise<void> {
    const interested = this.#interested();
    if (interested.length === 0) return;
    const decoded = await decodeBatch(message);
    if (!decoded.ok) {
      this.#options.onUnreadable();
      return;
    }
    for (const line of decoded.batch.text.split('\n')) {
      if (line !== '') this.#offerLine(line, interested);
    }
  }

  #interested(): LiveClient[] {
    return [...this.#clients].filter((client) => client.wantsEvents);
  }

  #offerLine(line: string, interested: readonly LiveClient[]): void {
    const event = eventOf(line);
    if (event === undefined) this.#options.onUnreadable();
    else
      offer(
        line,
        interested.filter((client) => client.wants(event)),
      );
  }
}

function offer(line: string, clients: readonly LiveClient[]): void {
  if (clients.length === 0) return;
  // A copy: a piece of the batch's text would keep all of the batch in memory while it waits.
  const own = Buffer.from(line).toString();
  for (const client of clients) client.offer(own);
}

/** Undefined where the line is no event. */
function eventOf(line: string): LiveEvent | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const event = parsed as Record<string, unknown>;
  const { event_type, timestamp, src_ip, dest_ip } = event;
  const type = eventTypeSchema.safeParse(event_type);
  if (!type.success || typeof timestamp !== 'string') return undefined;
  return {
    type: type.data,
    sourceIp: typeof src_ip === 'string' ? src_ip : undefined,
    destinationIp: typeof dest_ip === 'string' ? dest_ip : undefined,
    score: scoreOf(event),
  };
}

/** Of what analysis found (analysis/finding-event.ts). */
function scoreOf({ anomaly, netmoth }: Record<string, unknown>): number | undefined {
  if (typeof anomaly !== 'object' || typeof netmoth !== 'object' || netmoth === null) return;
  const score = 'score' in netmoth ? netmoth.score : undefined;
  return typeof score === 'number' ? score : undefined;
}
