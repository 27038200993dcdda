/**
 * Keeps room in the events stream: removes what every manager is through with, and tells how full it is.
 *
 * Invariants: only messages below the shared consumer's floor of acknowledgements are removed, so what is
 * not stored stays; any number of replicas may do it at once, for removing twice removes nothing more. It
 * begins at half full, so that who else reads the stream (the live feed) is far from its end.
 */
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { EVENTS_STREAM, MANAGER_CONSUMER } from '#contracts/nats.ts';
import type { IngestMetrics } from './metrics.ts';

export interface StreamTenderOptions {
  readonly connection: NatsConnection;
  readonly log: Logger;
  readonly metrics: Pick<IngestMetrics, 'lag' | 'streamUsed' | 'streamMayDiscard' | 'purged'>;
}

const kRoundMs = 1_000;
const kPurgeAbove = 0.5;

export class StreamTender {
  readonly #options: StreamTenderOptions;
  readonly #timer: NodeJS.Timeout;
  #round: Promise<void> | undefined;

  constructor(options: StreamTenderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      // One round at a time, however slowly the bus answers.
      this.#round ??= this.#tend().finally(() => {
        this.#round = undefined;
      });
    }, kRoundMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
  }

  async #tend(): Promise<void> {
    const { connection, metrics, log } = this.#options;
    try {
      const manager = await jetstreamManager(connection, { checkAPI: false });
      const { config, state } = await manager.streams.info(EVENTS_STREAM);
      const used = Math.max(
        share(state.bytes, config.max_bytes),
        share(state.messages, config.max_msgs),
      );
      metrics.streamUsed.set(used);
      // A stream that somebody else made keeps its settings; that it can lose events is told.
      metrics.streamMayDiscard.set(config.discard !== 'new' || (config.max_age ?? 0) > 0 ? 1 : 0);
      const consumer = await manager.consumers.info(EVENTS_STREAM, MANAGER_CONSUMER);
      metrics.lag.set(consumer.num_pending);
      const floor = consumer.ack_floor.stream_seq;
      if (used > kPurgeAbove && floor >= state.first_seq) await this.#purge(manager, floor + 1);
    } catch (error) {
      // The bus is away: reading says so already.
      log.debug({ err: error }, 'the stream cannot be tended');
    }
  }

  async #purge(manager: JetStreamManager, below: number): Promise<void> {
    const { metrics, log } = this.#options;
    const { purged } = await manager.streams.purge(EVENTS_STREAM, { seq: below });
    metrics.purged.inc(purged);
    log.debug({ purged, below }, 'stored messages removed from the stream');
  }
}

/** How much of a bound is used; 0 where there is none. */
function share(used: number, bound: number | undefined): number {
  return bound === undefined || bound <= 0 ? 0 : used / bound;
}
