// What is told of signatures that fired: exactly once, whatever transactions meet.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IngestBed } from './testing/ingest-bed.ts';
import { line, SAMPLES, sample } from './testing/sample-events.ts';

let bed: IngestBed;
const kBatches = 12;
const kAlerts = 300;
const kSids = 80;

function alert(n: number) {
  const minute = String(n % 60).padStart(2, '0');
  const hour = n % 2 === 0 ? '09' : '10';
  return sample('alert', {
    timestamp: `2026-11-20T${hour}:${minute}:15.123456+0000`,
    alert: {
      ...SAMPLES.alert.alert,
      gid: n % 7 === 0 ? 3 : 1,
      signature_id: 1 + (n % kSids),
      rev: n,
      signature: `rule ${n}`,
    },
  });
}

beforeAll(async () => {
  bed = await IngestBed.start();
  // Several replicas, small groups and few keys a transaction: rows are added to by many, some folded.
  await bed.startReplica({ groupEvents: 500, maxRollupKeys: 100 });
  await bed.startReplica({ groupEvents: 500, maxRollupKeys: 100 });
  for (let batch = 0; batch < kBatches; batch++) {
    const lines = Array.from({ length: kAlerts }, (_, at) => line(alert(batch * kAlerts + at)));
    await bed.publish(lines, { node: `n${batch % 2}` });
  }
  await bed.untilDrained();
});
afterAll(async () => bed[Symbol.asyncDispose]());

describe.each(['minute', 'hour'])('hits by %s', (step) => {
  it('add up to the alerts, those folded included', async () => {
    const [sum] = await bed.rows(`SELECT sum(alerts) AS alerts FROM rollup_signature_${step}`);
    expect(sum).toEqual({ alerts: kBatches * kAlerts });
    const rollup = await bed.rows(
      `SELECT bucket, sum(alerts) AS alerts FROM rollup_signature_${step} GROUP BY 1 ORDER BY 1`,
    );
    const raw = await bed.rows(
      'SELECT date_trunc($1, time) AS bucket, count(*) AS alerts FROM alerts GROUP BY 1 ORDER BY 1',
      [step],
    );
    expect(rollup).toEqual(raw);
  });

  it('are those of their signature where nothing was folded away', async () => {
    const over = await bed.rows(
      `SELECT r.sid FROM (SELECT gid, sid, sum(alerts) AS alerts FROM rollup_signature_${step}
         WHERE sid <> 0 GROUP BY 1, 2) r
       LEFT JOIN (SELECT gid, signature_id AS sid, count(*) AS alerts FROM alerts GROUP BY 1, 2) a
         USING (gid, sid)
       WHERE r.alerts > coalesce(a.alerts, 0)`,
    );
    expect(over).toEqual([]);
  });
});

it('each signature is seen once, with its first and last time and the newest name', async () => {
  const seen = await bed.rows(
    'SELECT gid, sid, first_seen, last_seen FROM signatures_seen ORDER BY gid, sid',
  );
  const raw = await bed.rows(
    `SELECT gid, signature_id AS sid, min(time) AS first_seen, max(time) AS last_seen
     FROM alerts GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  expect(seen.length).toBeGreaterThan(kSids);
  expect(seen).toEqual(raw);
  const strays = await bed.rows(
    `SELECT s.sid FROM signatures_seen s WHERE NOT EXISTS (SELECT FROM alerts a
       WHERE a.gid = s.gid AND a.signature_id = s.sid AND a.time = s.last_seen
         AND a.signature = s.signature AND a.rev = s.rev)`,
  );
  expect(strays).toEqual([]);
});

it('an older alert that comes late changes neither the name nor the last time', async () => {
  const late = sample('alert', {
    timestamp: '2026-11-19T00:00:00.000001+0000',
    alert: { ...SAMPLES.alert.alert, gid: 1, signature_id: 5, signature: 'old name' },
  });
  const of = () => bed.rows('SELECT * FROM signatures_seen WHERE gid = 1 AND sid = 5');
  const [before] = await of();
  await bed.publish([line(late)]);
  await bed.untilDrained();
  expect(await of()).toEqual([{ ...before, first_seen: '2026-11-19T00:00:00.000001Z' }]);
});
