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
/** While it stores, and then while it judges; 20 in all. */
const kKills = { storing: 16, judging: 4 } as const;
const kPollMs = 25;
/** When the bus delivers again what a killed manager had in hand: soon, so that the test need not wait long. */
const kAckWaitMs = 3_000;
/** As long as ten deliveries of the same batch, each to a manager that is killed with it in hand. */
const kHoldbackSeconds = 30;

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

const countOf = async (sql: string): Promise<number> =>
  Number((await bed.rows<{ many: string }>(`SELECT ${sql} AS many`))[0]?.many);
const storedBatches = (): Promise<number> => countOf('(SELECT count(*) FROM batches)');
/** Grows with every shard that a manager takes. */
const shardsTaken = (): Promise<number> => countOf('(SELECT sum(epoch) FROM analysis_shards)');

/** However slow the machine is: until this manager has done something. */
async function untilMore(figure: () => Promise<number>, before: number): Promise<void> {
  while ((await figure()) <= before) await sleep(kPollMs);
}

async function findings(): Promise<Record<string, unknown>[]> {
  return bed.rows(
    `SELECT kind, host(subject) AS subject, about, score, repeats FROM findings
     WHERE confirmed ORDER BY subject, kind, about, time`,
  );
}

/** In small batches. */
async function publishAll(hours: readonly (readonly Event[])[]): Promise<void> {
  for (const events of hours) {
    for (let at = 0; at < events.length; at += 20)
      await bed.publish(events.slice(at, at + 20).map((each) => JSON.stringify(each)));
  }
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
  await bed.makeConsumer(kAckWaitMs);
  let manager = startManager();
  let takenBefore = 0;
  const killAndStart = async (): Promise<void> => {
    manager.kill('SIGKILL');
    await once(manager, 'exit');
    takenBefore = await shardsTaken();
    manager = startManager();
  };
  for (let life = 0; life < kKills.storing; life++) {
    const before = await storedBatches();
    const share = kHours / kKills.storing;
    const own = hours.slice(Math.floor(life * share), Math.floor((life + 1) * share));
    const published = publishAll(own);
    await untilMore(storedBatches, before);
    // Often between a commit and what follows it, sometimes later.
    await sleep(random.chance(0.5) ? random.whole(100) : random.whole(1_500));
    await killAndStart();
    await published;
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
  for (let life = 0; life < kKills.judging; life++) {
    await untilMore(shardsTaken, takenBefore);
    await sleep(random.whole(1_500));
    await killAndStart();
  }
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
