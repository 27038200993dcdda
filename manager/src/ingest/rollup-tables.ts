/**
 * The rollups: their tables, their keys and their sums, and the statements that add to them.
 *
 * Invariants: keys are written in the order of `sortKey`, the same in every replica, so two transactions
 * that meet wait for each other and never in a circle; the hours are made of the same rows as the
 * minutes, in the same transaction.
 */

export type KeyType = 'inet' | 'text' | 'int8';

export interface RollupTable {
  /** Tables rollup_<name>_minute and rollup_<name>_hour. */
  readonly name: string;
  readonly keys: readonly { readonly column: string; readonly type: KeyType }[];
  readonly sums: readonly string[];
}

const device = { column: 'device', type: 'inet' } as const;
const sensor = { column: 'sensor', type: 'text' } as const;
const node = { column: 'node', type: 'text' } as const;

export const ROLLUPS = {
  total: {
    name: 'total',
    keys: [sensor, node],
    sums: ['bytes_toserver', 'bytes_toclient', 'packets', 'flows'],
  },
  events: {
    name: 'events',
    keys: [{ column: 'event_type', type: 'text' }, sensor, node],
    sums: ['events'],
  },
  device: {
    name: 'device',
    keys: [device],
    // unnamed_bytes: with networks of the Internet that no database names
    sums: ['bytes_sent', 'bytes_received', 'packets', 'flows', 'unnamed_bytes'],
  },
  domain: {
    name: 'domain',
    keys: [device, { column: 'domain', type: 'text' }],
    sums: ['bytes', 'flows'],
  },
  application: {
    name: 'application',
    keys: [device, { column: 'application', type: 'text' }],
    sums: ['bytes', 'flows'],
  },
  country: {
    name: 'country',
    keys: [device, { column: 'country', type: 'text' }],
    sums: ['bytes', 'flows'],
  },
  pair: {
    name: 'pair',
    keys: [
      { column: 'src_ip', type: 'inet' },
      { column: 'dest_ip', type: 'inet' },
    ],
    sums: ['bytes_toserver', 'bytes_toclient', 'flows'],
  },
  signature: {
    name: 'signature',
    keys: [
      { column: 'gid', type: 'int8' },
      { column: 'sid', type: 'int8' },
    ],
    sums: ['alerts'],
  },
} as const satisfies Record<string, RollupTable>;

export type RollupName = keyof typeof ROLLUPS;
export const ROLLUP_NAMES = Object.keys(ROLLUPS) as RollupName[];

export const OIDS = { int8: 20, text: 25, inet: 869, timestamptz: 1184 } as const;

/**
 * Adds rows given as one array per column: bucket, then the keys, then the sums; the last parameter is
 * stored_on.
 */
export function upsertSql(rollup: RollupTable, step: 'minute' | 'hour'): string {
  const table = `rollup_${rollup.name}_${step}`;
  const keys = rollup.keys.map((key) => key.column);
  const types = [
    'timestamptz[]',
    ...rollup.keys.map((key) => `${key.type}[]`),
    ...rollup.sums.map(() => 'int8[]'),
  ];
  const columns = ['bucket', ...keys, ...rollup.sums];
  const parameters = types.map((type, index) => `$${index + 1}::${type}`);
  return `
    INSERT INTO ${table} AS kept (${columns.join(', ')}, stored_on)
    SELECT ${columns.join(', ')}, $${types.length + 1}::date
    FROM unnest(${parameters.join(', ')}) AS fresh (${columns.join(', ')})
    ON CONFLICT (bucket, ${keys.join(', ')}, stored_on) DO UPDATE
    SET ${rollup.sums.map((sum) => `${sum} = kept.${sum} + excluded.${sum}`).join(', ')}`;
}
