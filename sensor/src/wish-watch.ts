/**
 * Hears what is wanted of this node: the last message of its key in the bucket netmoth-desired.
 *
 * Invariants: keeps no consumer at the server, so credentials that allow this allow to make none (a consumer
 * could deliver to a subject of others). A wish is what the bucket HOLDS: a message on the subject only says
 * that it is worth a look, because subscribers also hear what the bucket then refuses (a deposed operator's).
 * Looked at as well at every tick, so a lost message costs one interval. Each wish is handed over once; a
 * replica of the bucket that lags behind is not believed.
 */
import { type DirectStreamAPI, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { BUCKET_DESIRED } from '#contracts/nats.ts';

const kStream = `KV_${BUCKET_DESIRED}`;
/** A message is heard before it is stored everywhere. */
const kAgainMs = [20, 100, 500] as const;

export interface WishWatchOptions {
  readonly connection: NatsConnection;
  readonly key: string;
  /** The wish as it was written; undefined: it was withdrawn. */
  readonly onWish: (text: string | undefined) => void;
  readonly onFault: (error: unknown) => void;
}

/** Which message of the bucket; a bucket made anew counts from the start. */
interface Seen {
  readonly sequence: number;
  readonly time: string;
  /** When the bucket was made. */
  readonly bucket: string;
}

export class WishWatch {
  readonly #options: WishWatchOptions;
  readonly #subject: string;
  #seen: Seen | undefined;
  #looking: Promise<void> | undefined;
  #heard = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WishWatchOptions) {
    this.#options = options;
    this.#subject = `$KV.${BUCKET_DESIRED}.${options.key}`;
    options.connection.subscribe(this.#subject, {
      // Refused where credentials are older than this way: then the ticks find it.
      callback: (error) => (error === null ? this.#again(0) : undefined),
    });
  }

  /** Never rejects: a bucket that is not there yet wants nothing. */
  look(): Promise<void> {
    this.#heard = true;
    this.#looking ??= this.#lookWhileHeard().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookWhileHeard(): Promise<void> {
    while (this.#heard) {
      this.#heard = false;
      try {
        await this.#lookOnce();
      } catch (error) {
        this.#options.onFault(error);
      }
    }
  }

  /** Until there is something new, or as often as kAgainMs says. */
  #again(attempt: number): void {
    clearTimeout(this.#timer);
    const delayMs = kAgainMs[attempt];
    if (delayMs === undefined || this.#options.connection.isClosed()) return;
    const before = this.#seen;
    const then = async (): Promise<void> => {
      await this.look();
      if (this.#seen === before) this.#again(attempt + 1);
    };
    if (attempt === 0) void then();
    else {
      this.#timer = setTimeout(() => void then(), delayMs);
      this.#timer.unref();
    }
  }

  async #lookOnce(): Promise<void> {
    const { connection, onWish } = this.#options;
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const direct: DirectStreamAPI = manager.direct;
    const message = await direct.getMessage(kStream, { last_by_subj: this.#subject });
    if (message === null) return;
    const { seq: sequence, timestamp: time } = message;
    const seen = this.#seen;
    if (seen?.sequence === sequence && seen.time === time) return;
    let bucket = seen?.bucket;
    if (seen === undefined || sequence <= seen.sequence) {
      bucket = String((await manager.streams.info(kStream)).created);
      if (seen !== undefined && bucket === seen.bucket) return;
    }
    this.#seen = { sequence, time, bucket: bucket ?? '' };
    const withdrawn = message.header.get('KV-Operation') !== '';
    onWish(withdrawn ? undefined : message.string());
  }
}
