// Which lists of reputation the addresses and the name of a row are on: looked up for the distinct ones of many rows
// at once, by their indexes. Part of the rows' own statement it took a millisecond a row, and what was read past
// counted as well. Invariant: rows keep their order and columns; `lists` is null where there is none.
import type pg from 'pg';

export type Row = Readonly<Record<string, unknown>>;

interface Found {
  readonly kind: 'address' | 'name';
  readonly asked: string;
  readonly lists: readonly string[];
}

/** The planner takes networks for far more than they are, and would compile for longer than the look-up lasts. */
const NO_JIT = 'SET LOCAL jit = off';
const LISTS_OF = `SELECT 'address' AS kind, asked, array_agg(DISTINCT list) AS lists
    FROM unnest($1::text[]) AS asked JOIN reputation_entries ON network >>= asked::inet GROUP BY asked
  UNION ALL SELECT 'name', asked, array_agg(DISTINCT list)
    FROM unnest($2::text[]) AS asked CROSS JOIN unnest(name_and_above(asked)) AS above
      JOIN reputation_entries ON domain = above GROUP BY asked`;

/** Within a transaction of the caller's. The rows have `src_ip`, `dest_ip` and `domain`. */
export async function withLists(client: pg.ClientBase, rows: readonly Row[]): Promise<Row[]> {
  if (rows.length === 0) return [];
  const addresses = distinct(rows.flatMap((row) => [row['src_ip'], row['dest_ip']]));
  const names = distinct(rows.map((row) => row['domain']));
  await client.query(NO_JIT);
  const found = (await client.query<Found>(LISTS_OF, [addresses, names])).rows;
  const of = (wanted: Found['kind']): ReadonlyMap<unknown, readonly string[]> =>
    new Map(found.filter(({ kind }) => kind === wanted).map(({ asked, lists }) => [asked, lists]));
  const [byAddress, byName] = [of('address'), of('name')];
  return rows.map((row) => {
    const lists = distinct([
      ...(byAddress.get(row['src_ip']) ?? []),
      ...(byAddress.get(row['dest_ip']) ?? []),
      ...(byName.get(row['domain']) ?? []),
    ]).sort();
    return { ...row, lists: lists.length === 0 ? null : lists };
  });
}

function distinct(values: readonly unknown[]): string[] {
  return [...new Set(values.filter((value) => typeof value === 'string'))];
}
