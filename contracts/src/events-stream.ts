/**
 * The settings of the events stream, and making it where it is missing: for sensor and manager alike.
 *
 * Invariants: nothing in the stream is ever discarded by the bus. It is bounded by bytes and a full stream
 * refuses what is new, so that the sensors' spools take it (and count what they cannot); the manager removes
 * what is stored. There is no bound by age, because that would take unread events silently. A stream that is
 * there already is never changed: somebody chose its settings.
 */
import { EVENTS_STREAM, EVENTS_SUBJECT_ALL } from './nats.ts';

export interface EventsStreamOptions {
  readonly replicas: number;
  readonly maxBytes: number;
}

/** What is used of a JetStream manager. */
export interface StreamMaker {
  readonly streams: {
    info(name: string): Promise<unknown>;
    add(config: ReturnType<typeof eventsStreamConfig>): Promise<unknown>;
  };
}

/** Longer than any retry of one sensor's life; what comes later the manager's batch table catches. */
const kDuplicateWindowMs = 2 * 60_000;
const kNanosPerMs = 1_000_000;
/** The server reserves max_bytes; where it has not got that much the wish is halved down to this. */
const kMinBytes = 64 * 1024 * 1024;
/** Error codes of the JetStream API. */
const kNoStorage = 10_047;
const kStreamNotFound = 10_059;
const kStreamNameInUse = 10_058;

export function eventsStreamConfig({ replicas, maxBytes }: EventsStreamOptions) {
  return {
    name: EVENTS_STREAM,
    subjects: [EVENTS_SUBJECT_ALL],
    retention: 'limits' as const,
    storage: 'file' as const,
    discard: 'new' as const,
    max_bytes: maxBytes,
    max_age: 0,
    duplicate_window: kDuplicateWindowMs * kNanosPerMs,
    num_replicas: replicas,
  };
}

/** The max_bytes of the stream it made; undefined where there was one. */
export async function ensureEventsStream(
  manager: StreamMaker,
  options: EventsStreamOptions,
): Promise<number | undefined> {
  try {
    await manager.streams.info(EVENTS_STREAM);
    return undefined;
  } catch (error) {
    if (!isApiError(error, kStreamNotFound)) throw error;
  }
  for (let { maxBytes } = options; ; maxBytes = Math.max(kMinBytes, Math.floor(maxBytes / 2))) {
    try {
      await manager.streams.add(eventsStreamConfig({ ...options, maxBytes }));
      return maxBytes;
    } catch (error) {
      if (isApiError(error, kStreamNameInUse)) return undefined;
      if (!isApiError(error, kNoStorage) || maxBytes <= kMinBytes) throw error;
    }
  }
}

/** An error of the JetStream API with this code. */
export function isApiError(error: unknown, code: number): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
