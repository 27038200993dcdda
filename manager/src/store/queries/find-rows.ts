// Runs a list's statement by the plan that suits how rare its rows are.
//
// A value that is everywhere is found fastest by walking the time index from its newest end; one that
// is nearly nowhere by its own index. The planner cannot know which (addresses and names are not
// spread evenly over time), and guesses wrong by a factor of ten to two hundred. So: the walk gets
// patienceMs, which is ample for a frequent value; where it is not enough, the value is rare, and the
// same statement runs again with plans by bitmap only. Invariant: both plans give the same rows.
import type pg from 'pg';
import type { StorePool } from '../pool.ts';
import type { Statement } from './statement.ts';

const kPatienceMs = 200;
/** query_canceled: the statement ran into its timeout. */
const QUERY_CANCELED = '57014';
const BITMAPS_ONLY = 'SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = off';

export interface FindOptions {
  /** The statement looks for a value that may be rare and has an index of its own. */
  readonly mayBeRare: boolean;
  readonly patienceMs?: number;
}

export async function findRows<R extends pg.QueryResultRow>(
  pool: StorePool,
  { text, values }: Statement,
  { mayBeRare, patienceMs = kPatienceMs }: FindOptions,
): Promise<R[]> {
  const run = async (settings: string): Promise<R[]> =>
    pool.withTransaction(async (client) => {
      await client.query(settings);
      return (await client.query<R>(text, [...values])).rows;
    });
  if (!mayBeRare) return (await pool.query<R>(text, values)).rows;
  try {
    return await run(`SET LOCAL statement_timeout = ${Math.ceil(patienceMs)}`);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === QUERY_CANCELED)) throw error;
    return run(BITMAPS_ONLY);
  }
}
