// Both plans of a search give the same rows, and the second comes where the first takes too long.
import { expect, test, vi } from 'vitest';
import { startTestPostgres } from '#testkit/postgres.ts';
import { migrate } from '../migrate.ts';
import { StorePool } from '../pool.ts';
import { findRows } from './find-rows.ts';
import { selectList } from './lists.ts';

const NOW_MS = Date.parse('2026-11-20T15:00:00Z');
const RANGE = { sinceMs: NOW_MS - 3_600_000, untilMs: NOW_MS };
const ROWS = 60_000;

test('a rare value is found by its own index after the walk by time was given up', async () => {
  await using postgres = await startTestPostgres({ settings: { log_statement: 'all' } });
  const pool = new StorePool({ url: await postgres.createDatabase() });
  try {
    await migrate(pool);
    await pool.query(
      "CREATE TABLE flows_test PARTITION OF flows FOR VALUES FROM ('2026-11-20') TO ('2026-11-21')",
    );
    await pool.query(
      `INSERT INTO flows (id, time, stored_on, flow_id, src_ip, dest_ip, sensor, node, "end",
         pkts_toserver, pkts_toclient, bytes_toserver, bytes_toclient, alerted, state, reason, domain)
       SELECT n, to_timestamp($1::float8 / 1000) - n * interval '50 ms', '2026-11-20', n,
         '10.0.0.0'::inet + n / 1000, '93.184.216.34', 'lab', 'node1', now(), 1, 1, 1, 1, false,
         'closed', 'timeout', 'host' || n % 3000 || '.example.org'
       FROM generate_series(1, ${ROWS}) AS n`,
      [NOW_MS],
    );
    await pool.query('VACUUM ANALYZE flows_test');
    const bitmapRuns = (): number =>
      postgres.lines.filter((line) => line.includes('enable_indexscan = off')).length;
    for (const [filters, found] of [
      [{ device: '10.0.0.7' }, 1000],
      [{ device: '93.184.216.34' }, 2000],
      [{ device: '10.9.9.9' }, 0],
      [{ flow_id: 777 }, 1],
      [{ domain: 'host7.example.org' }, ROWS / 3000],
    ] as const) {
      const statement = selectList('flows', { ...RANGE, filters, limit: 2000 });
      const before = bitmapRuns();
      const direct = await findRows(pool, statement, { mayBeRare: false });
      expect([filters, direct.length, bitmapRuns() - before]).toEqual([filters, found, 0]);
      const patient = await findRows(pool, statement, { mayBeRare: true, patienceMs: 60_000 });
      expect([patient, bitmapRuns() - before]).toEqual([direct, 0]);
    }
    // A millisecond is too short for a walk past all rows.
    const rare = selectList('flows', {
      ...RANGE,
      filters: { device: '10.9.9.9', port: 1 },
      limit: 10,
    });
    const before = bitmapRuns();
    expect(await findRows(pool, rare, { mayBeRare: true, patienceMs: 1 })).toEqual([]);
    const seventh = selectList('flows', { ...RANGE, filters: { device: '10.0.0.7' }, limit: 2000 });
    const byBitmap = await findRows(pool, seventh, { mayBeRare: true, patienceMs: 1 });
    expect(byBitmap).toEqual(await findRows(pool, seventh, { mayBeRare: false }));
    // The server's log reaches us a little later than its answers.
    await vi.waitFor(() => expect(bitmapRuns() - before).toBeGreaterThan(0), 10_000);
    // The settings end with their transaction.
    const { rows } = await pool.query<{ enable_indexscan: string }>('SHOW enable_indexscan');
    expect(rows[0]?.enable_indexscan).toBe('on');
  } finally {
    await pool.end();
  }
});
