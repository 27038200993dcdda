// Streams a list as CSV or NDJSON. Invariants: at most FETCH_ROWS rows are in memory; the database
// is asked for more only when the client took the last; an export that a client leaves standing ends
// after STALL_MS, because its transaction holds back the removal of old partitions.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type pg from 'pg';
import type { StorePool } from '../store/pool.ts';
import type { Row } from '../store/queries/lists-of-rows.ts';
import type { Statement } from '../store/queries/statement.ts';
import { csvRecord } from './csv.ts';
import { RateLimitError } from './error-answers.ts';

const FETCH_ROWS = 1_000;
const STALL_MS = 60_000;
const MAX_EXPORTS = 3;
export const TRUNCATED_TRAILER = 'Netmoth-Truncated';

export interface ExportRequest {
  /** Selects one row more than `limit`, to know whether there are more. */
  readonly statement: Statement;
  readonly limit: number;
  readonly format: 'csv' | 'ndjson';
  readonly columns: readonly string[];
  readonly name: string;
  /** Adds what the statement leaves out to the rows of one fetch, in the export's own transaction. */
  readonly complete?: (client: pg.ClientBase, rows: readonly Row[]) => Promise<readonly Row[]>;
}

/** At most MAX_EXPORTS at once: each holds a connection for as long as its client reads. */
export class Exporter {
  readonly #pool: StorePool;
  readonly #stallMs: number;
  #running = 0;

  constructor(pool: StorePool, stallMs = STALL_MS) {
    this.#pool = pool;
    this.#stallMs = stallMs;
  }

  async send(reply: FastifyReply, request: ExportRequest): Promise<FastifyReply> {
    if (this.#running >= MAX_EXPORTS) {
      throw new RateLimitError(`${MAX_EXPORTS} exports are running already; try again later`, 10);
    }
    this.#running++;
    const state = { truncated: false };
    const source = exportRows(this.#pool, request, state);
    let first: IteratorResult<string>;
    try {
      // The first piece comes before the status line, so that a wrong query still gets its error.
      first = await source.next();
    } catch (error) {
      this.#running--;
      throw error;
    }
    const stall = new Stall(this.#stallMs, () =>
      stream.destroy(new Error('the client stopped reading')),
    );
    const stream = Readable.from(startingWith(first, source, stall), { objectMode: false });
    stream.once('close', () => this.#running--);
    const csv = request.format === 'csv';
    reply.trailer(TRUNCATED_TRAILER, async () => String(state.truncated));
    return reply
      .header(
        'content-type',
        csv ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson',
      )
      .header(
        'content-disposition',
        `attachment; filename="netmoth-${request.name}.${request.format}"`,
      )
      .header('cache-control', 'no-store')
      .send(stream);
  }
}

/** Ends a stream whose reader takes nothing for `limitMs`. */
class Stall {
  readonly #limitMs: number;
  readonly #onStall: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, onStall: () => void) {
    this.#limitMs = limitMs;
    this.#onStall = onStall;
  }

  arm(): void {
    this.#timer = setTimeout(this.#onStall, this.#limitMs);
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }
}

async function* startingWith(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
  stall: Stall,
): AsyncGenerator<string> {
  try {
    for (let piece = first; piece.done !== true; piece = await rest.next()) {
      stall.arm();
      yield piece.value;
      stall.disarm();
    }
  } finally {
    stall.disarm();
    await rest.return(undefined);
  }
}

/** Texts of up to FETCH_ROWS rows each, out of one server-side cursor. */
async function* exportRows(
  pool: StorePool,
  request: ExportRequest,
  state: { truncated: boolean },
): AsyncGenerator<string> {
  const { columns, complete = async (_client, rows) => rows, format, limit } = request;
  const record =
    format === 'csv'
      ? (row: Row) => csvRecord(columns.map((column) => row[column]))
      : (row: Row) => `${JSON.stringify(row)}\n`;
  const loan = await borrow(pool);
  try {
    const { client } = loan;
    await client.query('BEGIN READ ONLY');
    const { text, values } = request.statement;
    await client.query(`DECLARE export NO SCROLL CURSOR FOR ${text}`, [...values]);
    let head = format === 'csv' ? csvRecord(columns) : '';
    for (let sent = 0; ; ) {
      const { rows } = await client.query<Row>(`FETCH FORWARD ${FETCH_ROWS} FROM export`);
      const kept = rows.slice(0, limit - sent);
      sent += kept.length;
      state.truncated = kept.length < rows.length;
      const piece = head + (await complete(client, kept)).map(record).join('');
      head = '';
      if (piece !== '') yield piece;
      if (rows.length < FETCH_ROWS || state.truncated) return;
    }
  } finally {
    await loan.giveBack();
  }
}

interface Loan {
  readonly client: pg.PoolClient;
  giveBack(): Promise<void>;
}

/** A connection for as long as the caller likes; giving it back ends its transaction. */
async function borrow(pool: StorePool): Promise<Loan> {
  const { promise: done, resolve: release } = Promise.withResolvers<void>();
  const { promise: client, resolve, reject } = Promise.withResolvers<pg.PoolClient>();
  const use = pool.withClient(async (lent) => {
    resolve(lent);
    await done;
    await lent.query('ROLLBACK');
  });
  use.catch(reject);
  return {
    client: await client,
    giveBack: async () => {
      release();
      await use;
    },
  };
}
