/**
 * Writes findings and beacons, within the transaction of who judged.
 *
 * Invariants: a finding that is there already (same kind, subject and matter, within MERGE_HOURS) is extended, never
 * doubled; what was told early and is not confirmed by its finished hour is taken back, so what remains does not
 * depend on when anybody looked.
 */
import type pg from 'pg';
import { type Finding, MAX_ABOUT_CHARS, MERGE_HOURS } from './finding.ts';
import type { BeaconCandidate } from './judge.ts';

const SAME = `SELECT id FROM findings
  WHERE subject = $1::inet AND kind = $2 AND about = $3
    AND last_time >= to_timestamp($4) - make_interval(hours => ${MERGE_HOURS})
    AND time <= to_timestamp($5) + make_interval(hours => ${MERGE_HOURS})
  ORDER BY last_time DESC, id LIMIT 1`;

const INSERT = `INSERT INTO findings
    (id, subject, kind, about, time, last_time, score, peer, port, proto, summary, parts, hour, confirmed)
  VALUES (nextval('batch_seq') * 1048576, $1::inet, $2, $3, to_timestamp($4), to_timestamp($5), $6,
    $7::inet, $8, $9, $10, $11::jsonb, $12, $13) RETURNING id`;

const EXTEND = `UPDATE findings SET
    time = least(time, to_timestamp($2)), last_time = greatest(last_time, to_timestamp($3)),
    summary = CASE WHEN $4 >= score OR NOT confirmed THEN $5 ELSE summary END,
    parts = CASE WHEN $4 >= score OR NOT confirmed THEN $6::jsonb ELSE parts END,
    score = CASE WHEN confirmed THEN greatest(score, $4) ELSE $4 END,
    repeats = repeats + CASE WHEN hour <> $7 THEN 1 ELSE 0 END, hour = $7, confirmed = true
  WHERE id = $1`;

/** Once for each channel that wants such findings. */
const NOTIFY = `INSERT INTO notifications (channel, finding)
  SELECT name, $1 FROM notification_channels
  WHERE min_score <= $2 AND (kinds = '{}' OR $3 = ANY(kinds)) ON CONFLICT DO NOTHING`;

const TAKE_BACK = `DELETE FROM findings
  WHERE subject = $1::inet AND hour = $2 AND NOT confirmed`;

/** Told while the hour goes on: only what nobody has told yet. Returns whether it was new. */
export async function tellEarly(
  client: pg.ClientBase,
  finding: Finding,
  hour: number,
): Promise<boolean> {
  if ((await sameAs(client, finding)) !== undefined) return false;
  await insert(client, finding, { hour, confirmed: false });
  return true;
}

/** The findings of one finished hour. Returns those that are new. */
export async function tellFinal(
  client: pg.ClientBase,
  { subject, hour }: { readonly subject: string; readonly hour: number },
  findings: readonly Finding[],
): Promise<readonly Finding[]> {
  const fresh: Finding[] = [];
  for (const finding of findings) {
    const id = await sameAs(client, finding);
    if (id === undefined) {
      await insert(client, finding, { hour, confirmed: true });
      fresh.push(finding);
      continue;
    }
    const { firstSeconds, lastSeconds, score, summary, parts } = finding;
    const values = [id, firstSeconds, lastSeconds, score, summary, JSON.stringify(parts), hour];
    await client.query({ name: 'extend-finding', text: EXTEND, values });
    await notify(client, id, finding);
  }
  await client.query({ name: 'take-back-findings', text: TAKE_BACK, values: [subject, hour] });
  return fresh;
}

async function sameAs(client: pg.ClientBase, finding: Finding): Promise<number | undefined> {
  const { subject, kind, about, firstSeconds, lastSeconds } = finding;
  const values = [subject, kind, about, firstSeconds, lastSeconds];
  const { rows } = await client.query<{ id: number }>({
    ...{ name: 'same-finding', text: SAME, values },
  });
  return rows[0]?.id;
}

async function insert(
  client: pg.ClientBase,
  finding: Finding,
  { hour, confirmed }: { readonly hour: number; readonly confirmed: boolean },
): Promise<void> {
  const { subject, kind, about, firstSeconds, lastSeconds, score } = finding;
  const { peer, port, proto, summary, parts } = finding;
  const { rows } = await client.query<{ id: number }>({
    name: 'insert-finding',
    text: INSERT,
    values: [
      ...[subject, kind, about, firstSeconds, lastSeconds, score],
      ...[peer, port, proto, summary, JSON.stringify(parts), hour, confirmed],
    ],
  });
  for (const { id } of rows) await notify(client, id, finding);
}

async function notify(client: pg.ClientBase, id: number, { score, kind }: Finding): Promise<void> {
  await client.query({ name: 'notify', text: NOTIFY, values: [id, score, kind] });
}

const PREVALENCE = `SELECT target, count(*) AS devices FROM beacons
  WHERE target = ANY($1::text[]) AND score >= 0.5 GROUP BY target`;

/** How many devices each target is a beacon's of. */
export async function devicesOfTargets(
  client: pg.ClientBase,
  targets: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (targets.length === 0) return new Map();
  const values = [targets];
  const { rows } = await client.query<{ target: string; devices: number }>({
    ...{ name: 'beacon-prevalence', text: PREVALENCE, values },
  });
  return new Map(rows.map(({ target, devices }) => [target, Number(devices)]));
}

const UPSERT_BEACON = `INSERT INTO beacons (device, target, score, interval_score, size_score,
    histogram_score, duration_score, prevalence, period_seconds, jitter, connections, first_seen, last_seen)
  VALUES ($1::inet, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, to_timestamp($12), to_timestamp($13))
  ON CONFLICT (device, target) DO UPDATE SET score = excluded.score,
    interval_score = excluded.interval_score, size_score = excluded.size_score,
    histogram_score = excluded.histogram_score, duration_score = excluded.duration_score,
    prevalence = excluded.prevalence, period_seconds = excluded.period_seconds,
    jitter = excluded.jitter, connections = excluded.connections,
    first_seen = least(beacons.first_seen, excluded.first_seen),
    last_seen = greatest(beacons.last_seen, excluded.last_seen), updated_at = now()`;

export async function keepBeacon(
  client: pg.ClientBase,
  device: string,
  candidate: BeaconCandidate,
  { score, prevalence }: { readonly score: number; readonly prevalence: number },
): Promise<void> {
  const { target, scores, count, firstMs, lastMs } = candidate;
  const { interval, size, histogram, duration, periodSeconds, jitter } = scores;
  await client.query({
    name: 'upsert-beacon',
    text: UPSERT_BEACON,
    values: [
      ...[device, target.slice(0, MAX_ABOUT_CHARS), score, interval, size, histogram, duration],
      ...[prevalence, periodSeconds, jitter, count, firstMs / 1_000, lastMs / 1_000],
    ],
  });
}
