import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eveLines } from '../../../bench/ingest/events.ts';
import { IngestBed } from './testing/ingest-bed.ts';
import { line, SAMPLES, sample } from './testing/sample-events.ts';

let bed: IngestBed;
beforeAll(async () => {
  bed = await IngestBed.start();
  // Several replicas and small groups, so that many transactions add to the same rows at once; few keys
  // a transaction, so that some are folded into "all the rest".
  await bed.startReplica({ groupEvents: 700, maxRollupKeys: 150 });
  await bed.startReplica({ groupEvents: 700, maxRollupKeys: 150 });
  const lines = eveLines(3, Date.parse('2026-11-21T09:59:30Z'));
  for (let batch = 0; batch < 24; batch++) {
    const text = Array.from({ length: 500 }, () => lines.next());
    await bed.publish(text, { node: `n${batch % 2}` });
  }
  const local = sample('flow', { dest_ip: '192.168.1.60' });
  const multicast = sample('flow', { src_ip: '0.0.0.0', dest_ip: '0.0.0.0' });
  await bed.publish([line(local), line(multicast), line(SAMPLES.stats)]);
  await bed.untilDrained();
});
afterAll(async () => bed[Symbol.asyncDispose]());

const kFlows = 24 * 250 + 2;

describe.each(['minute', 'hour'])('rollups by %s equal the sums over the events', (step) => {
  it('total, by source and bucket', async () => {
    const raw = await bed.rows(
      `SELECT date_trunc($1, "end") AS bucket, sensor, node, sum(bytes_toserver) AS bytes_toserver,
         sum(bytes_toclient) AS bytes_toclient, sum(pkts_toserver + pkts_toclient) AS packets, count(*) AS flows
       FROM flows GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      [step],
    );
    const rollup = await bed.rows(
      `SELECT bucket, sensor, node, bytes_toserver, bytes_toclient, packets, flows
       FROM rollup_total_${step} ORDER BY 1, 2, 3`,
    );
    expect(raw.reduce((sum, row) => sum + Number(row['flows']), 0)).toBe(kFlows);
    expect(rollup).toEqual(raw);
  });

  it('events, by type', async () => {
    const rollup = await bed.rows(
      `SELECT event_type, sum(events) AS events FROM rollup_events_${step} GROUP BY 1 ORDER BY 1`,
    );
    expect(rollup).toEqual([
      { event_type: 'dns', events: 3_600 },
      { event_type: 'flow', events: kFlows },
      { event_type: 'http', events: 1_200 },
      { event_type: 'stats', events: 1 },
      { event_type: 'tls', events: 1_200 },
    ]);
  });

  it.each([
    ['pair', 'flows, bytes_toserver + bytes_toclient AS bytes', 'true'],
    ['application', 'flows, bytes', "src_ip <> '0.0.0.0'"],
    ['domain', 'flows, bytes', 'domain IS NOT NULL'],
  ])('%s, the folded keys included', async (name, columns, where) => {
    const [rollup] = await bed.rows(
      `SELECT sum(flows) AS flows, sum(bytes) AS bytes FROM (SELECT ${columns} FROM rollup_${name}_${step}) AS r`,
    );
    const [raw] = await bed.rows(
      `SELECT count(*) AS flows, sum(bytes_toserver + bytes_toclient) AS bytes FROM flows WHERE ${where}`,
    );
    expect(rollup).toEqual(raw);
  });

  it('device: both ends where both are ours, what one sends the other receives', async () => {
    const device = (ip: string) =>
      bed.rows(
        `SELECT sum(bytes_sent) AS sent, sum(bytes_received) AS received, sum(flows) AS flows
         FROM rollup_device_${step} WHERE device = $1`,
        [ip],
      );
    const [client] = await device('192.168.1.50');
    const [server] = await device('192.168.1.60');
    expect(client).toEqual({ sent: 1_000, received: 20_000, flows: 1 });
    expect(server).toEqual({ sent: 20_000, received: 1_000, flows: 1 });
    const [sums] = await bed.rows(`SELECT sum(flows) AS flows FROM rollup_device_${step}`);
    // One flow has two devices, one has none.
    expect(sums).toEqual({ flows: kFlows });
  });
});

it('keeps the heavy pairs when it folds', async () => {
  const [rest] = await bed.rows(
    `SELECT sum(flows) > 0 AS folded, max(flows) AS flows FROM rollup_pair_minute
     WHERE src_ip = '0.0.0.0' AND dest_ip = '0.0.0.0'`,
  );
  expect(rest).toMatchObject({ folded: true });
});
