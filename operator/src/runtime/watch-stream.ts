/**
 * Reads the lines of a watch: one JSON event a line, until the server or the reader ends it.
 *
 * Invariants: a line above kMaxLineBytes ends the watch instead of growing for ever; a watch on which
 * nothing comes for idleMs is dead (bookmarks come every minute on a living one) and ends with an error.
 */
import type { IncomingMessage } from 'node:http';
import { ApiError, answerOf } from './api-error.ts';

const kMaxLineBytes = 16 * 1024 * 1024;

export interface WatchEvent<T> {
  /** A bookmark's object has a resourceVersion and nothing else. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/** An ERROR event is thrown as the ApiError it carries. */
export async function* readWatch<T>(
  response: IncomingMessage,
  idleMs: number,
): AsyncGenerator<WatchEvent<T>> {
  let timer: NodeJS.Timeout | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      response.destroy(new Error(`nothing came on the watch for ${idleMs} ms`));
    }, idleMs);
  };
  let rest: Buffer = Buffer.alloc(0);
  try {
    alive();
    for await (const chunk of response as AsyncIterable<Buffer>) {
      alive();
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, start)) {
        if (end > start) yield eventOf<T>(data.toString('utf8', start, end));
        start = end + 1;
      }
      rest = data.subarray(start);
      if (rest.length > kMaxLineBytes) {
        throw new Error(`an event of more than ${kMaxLineBytes} bytes`);
      }
    }
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

function eventOf<T>(line: string): WatchEvent<T> {
  const event = JSON.parse(line) as { type: string; object: unknown };
  if (event.type === 'ERROR') {
    const { code = 500 } = event.object as { code?: number };
    throw new ApiError('watch', answerOf(code, JSON.stringify(event.object)));
  }
  return event as WatchEvent<T>;
}
