// Managers killed with SIGKILL in the middle of everything: what is found is what is found without, and once.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IngestBed } from '../ingest/testing/ingest-bed.ts';
import { type Event, flowEvent } from './simulation/events.ts';
import { LocalAnalysis } from './simulation/local-analysis.ts';
import { Random } from './simulation/random.ts';

const kManager = join(import.meta.dirname, '../main.ts');
const kStartMs = Date.UTC(2026, 9, 7);
const kHourMs = 3_600_000;
const kHours = 30;
const kKills = 20;
/** Longer than the bus takes to deliver again what a killed manager had in hand. */
const kHoldbackSeconds = 20;

let bed: IngestBed;

beforeAll(async () => {
  bed = await IngestBed.start();
});
afterAll(() => bed[Symbol.asyncDispose]());

/** Scans of three kinds, a beacon and plain traffic, by hour. */
function traffic(random: Random): Event[][] {
  const scanner = 1 + random.whole(20);
  return Array.from({ length: kHours }, (_, hour) => {
    const startMs = kStartMs + hour * kHourMs;
    const events: Event[] = [];
    for (let n = 0; n < 60; n++) {
      const src = `10.0.1.${1 + random.whole(20)}`;
      events.push(
        flowEvent({
          src,
          dest: `93.1.2.${random.whole(250)}`,
          port: 443,
          startMs: startMs + random.whole(kHourMs - 9_000),
          app: 'tls',
        }),
      );
    }
    for (let n = 0; n < 60; n++) {
      events.push(
        flowEvent({
          src: '10.0.2.1',
          dest: '93.9.9.9',
          port: 8_443,
          startMs: startMs + n * 60_000,
          out: 700,
        }),
      );
    }
    events.push(
      flowEvent({
        src: '10.0.2.2',
        dest: `10.0.7.${hour}`,
        port: 22,
        startMs: startMs + 100_000,
        how: 'syn',
      }),
    );
    if (hour % 5 === 1) {
      for (let n = 0; n < 40; n++) {
        events.push(
          flowEvent({
            src: `10.0.1.${scanner}`,
            dest: `192.0.2.${hour}`,
            port: 1 + n,
            startMs: startMs + n * 500,
            how: 'syn',
          }),
        );
      }
    }
    return events;
  });
}

function startManager(): ChildProcess {
  return spawn(process.execPath, [kManager, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      NETMOTH_MANAGER_STORE_URL: bed.url,
      NETMOTH_MANAGER_NATS_SERVERS: bed.nats.url,
      NETMOTH_MANAGER_LOG_LEVEL: 'silent',
      NETMOTH_MANAGER_ANALYSIS_HOLDBACK_SECONDS: String(kHoldbackSeconds),
    },
  });
}

async function findings(): Promise<Record<string, unknown>[]> {
  return bed.rows(
    `SELECT kind, host(subject) AS subject, about, score, repeats FROM findings
     WHERE confirmed ORDER BY subject, kind, about, time`,
  );
}

test('killed 20 times, the same is found as without, and nothing twice', {
  timeout: 900_000,
}, async () => {
  const seed = Date.now() % 1e9;
  console.log(`kill: seed ${seed}`);
  const random = new Random(seed);
  const hours = traffic(random);
  const local = new LocalAnalysis();
  for (const events of hours) {
    for (const event of events) local.add(event);
    local.judge();
  }
  let manager = startManager();
  const killed = (async () => {
    for (let kills = 0; kills < kKills; kills++) {
      await sleep(1_500 + random.whole(2_500));
      manager.kill('SIGKILL');
      await once(manager, 'exit');
      manager = startManager();
    }
  })();
  for (const events of hours) {
    // In small batches and out of order within the hour, over the time in which managers die.
    for (let at = 0; at < events.length; at += 20)
      await bed.publish(events.slice(at, at + 20).map((each) => JSON.stringify(each)));
    await sleep(1_500);
  }
  await bed.publish([
    JSON.stringify(
      flowEvent({
        src: '10.9.9.9',
        dest: '192.0.2.1',
        port: 443,
        startMs: kStartMs + (kHours + 2) * kHourMs,
      }),
    ),
  ]);
  await killed;
  await bed.untilDrained();
  // All is judged but the hour of the last event, which is the only one of its shard.
  const shardsLeft = async (): Promise<number> => {
    const [row] = await bed.rows<{ shards: number }>(
      'SELECT count(DISTINCT shard) AS shards FROM analysis_facts',
    );
    return Number(row?.shards);
  };
  while ((await shardsLeft()) > 1) await sleep(500);
  manager.kill('SIGTERM');
  await once(manager, 'exit');
  const told = await findings();
  const expected = local.findings
    .map(({ kind, subject, about }) => `${subject} ${kind} ${about}`)
    .sort();
  expect(told.map(({ kind, subject, about }) => `${subject} ${kind} ${about}`).sort()).toEqual(
    expected,
  );
  expect(expected.length).toBeGreaterThanOrEqual(8);
});
