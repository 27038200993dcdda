/**
 * COPY … FROM STDIN over a `pg` connection: the one query form that `pg` leaves to others.
 *
 * Invariant: all data is at hand when it starts, so it never waits for a producer in the middle of a
 * transaction, and its memory is bounded by the caller's.
 */
import type pg from 'pg';

/** Largest CopyData message; the server reads a message whole before it uses it. */
const kMessageBytes = 1024 * 1024;

/** The part of pg's connection that COPY needs. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
  readonly stream: { cork(): void; uncork(): void };
}

/** What pg.Client.query drives: submitted, then told of each message of the server. */
class CopyIn implements pg.Submittable {
  readonly #text: string;
  readonly #chunks: readonly Uint8Array[];
  readonly #settle: (error: Error | undefined) => void;
  #failed: Error | undefined;

  constructor(
    text: string,
    chunks: readonly Uint8Array[],
    settle: (error: Error | undefined) => void,
  ) {
    this.#text = text;
    this.#chunks = chunks;
    this.#settle = settle;
  }

  submit(connection: pg.Connection): void {
    copying(connection).query(this.#text);
  }

  handleCopyInResponse(connection: pg.Connection): void {
    const wire = copying(connection);
    wire.stream.cork();
    for (const chunk of this.#chunks) {
      for (let at = 0; at < chunk.length; at += kMessageBytes) {
        wire.sendCopyFromChunk(chunk.subarray(at, at + kMessageBytes));
      }
    }
    wire.endCopyFrom();
    wire.stream.uncork();
  }

  handleCommandComplete(): void {
    // The rows are counted by their writer; ReadyForQuery ends it.
  }

  /** After an error of the server ReadyForQuery still follows, but pg no longer routes it here. */
  handleError(error: Error): void {
    if (this.#failed !== undefined) return;
    this.#failed = error;
    this.#settle(error);
  }

  handleReadyForQuery(): void {
    if (this.#failed === undefined) this.#settle(undefined);
  }
}

// pg's types leave out the methods of Connection that its own documentation of Submittable uses.
function copying(connection: unknown): CopyConnection {
  return connection as CopyConnection;
}

export function copyIn(
  client: pg.ClientBase,
  text: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(
      new CopyIn(text, chunks, (error) => (error === undefined ? resolve() : reject(error))),
    );
  });
}
