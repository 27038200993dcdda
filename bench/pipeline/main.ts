/**
 * The whole way at full speed: a capture → sensor → NATS → manager → PostgreSQL, and whether
 * stored = published = distinct, also after kill -9 of each part in the middle.
 *
 *     node bench/pipeline/main.ts --pcap FILE [--kill manager,postgres,nats,sensor]
 *
 * Without --kill it prints the rate. With it each named part is killed once by SIGKILL, one after the other
 * while events flow, and started again; the capture is replayed as often as that takes. Published is what the stream holds, each batch id once; a killed
 * sensor replays its capture from the beginning, so more is published then than the capture holds.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { type Bed, startBed } from '../servers.ts';
import {
  countPublished,
  countStored,
  differences,
  isDrained,
  storedSoFar,
  streamMessages,
} from '../stored.ts';

const PARTS = ['manager', 'postgres', 'nats', 'sensor'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: { pcap: { type: 'string' }, kill: { type: 'string', default: '' } },
});
const pcap = values.pcap;
if (pcap === undefined) throw new Error('--pcap FILE is needed');
const kills = values.kill
  .split(',')
  .filter((name) => name !== '')
  .map((name): Part => {
    const part = PARTS.find((each) => each === name);
    if (part === undefined) throw new Error(`--kill takes ${PARTS.join(', ')}`);
    return part;
  });
/** Stored events between two kills. */
const kEventsBetween = 20_000;
const kPollMs = 100;
const kShown = 10;

await using bed = await startBed();
let manager = bed.startManager();
await untilMigrated(bed);
const startMs = performance.now();
let sensor = bed.startSensor(pcap);
let killedAt = 0;
let sentBefore: number | undefined;
for (const part of kills) {
  killedAt += kEventsBetween;
  const stored = await untilStored(bed, killedAt);
  console.log(`kill -9    ${part} at ${stored} events stored`);
  killedAt = Math.max(killedAt, stored);
  await killAndRestart(part);
}
while (sensor.exitCode === null) await once(sensor, 'exit');
if (sensor.exitCode !== 0) throw new Error(`the sensor ended with status ${sensor.exitCode}`);
while (!(await isDrained(bed.nats.url).catch(() => false))) await sleep(kPollMs);
const seconds = (performance.now() - startMs) / 1000;

const published = await countPublished(bed.nats.url);
const stored = await withDatabase(bed, countStored);
console.log(`published  ${published.events} events in ${published.messages} messages`);
console.log(
  `stored     ${stored.stored} events in ${stored.batches.size} batches, ${stored.rejected} rejected`,
);
console.log(
  `rate       ${Math.round(stored.stored / seconds)} events/s over ${seconds.toFixed(1)} s, start of the sensor to the last commit`,
);
const wrong = differences(published.batches, stored);
for (const each of wrong.slice(0, kShown)) console.log(`WRONG      ${each}`);
console.log(wrong.length === 0 ? 'exact      stored = published = distinct' : 'NOT EXACT');
process.exitCode = wrong.length === 0 && stored.stored > 0 ? 0 : 1;

async function killAndRestart(part: Part): Promise<void> {
  switch (part) {
    case 'manager':
      await kill(manager);
      manager = bed.startManager();
      return;
    case 'sensor':
      replayAgain();
      // Killed while it is at work, not while it starts.
      while (!(await isPublishing())) await sleep(kPollMs / 10);
      await kill(sensor);
      sensor = bed.startSensor(pcap ?? '');
      return;
    case 'nats':
      await bed.nats.kill();
      await bed.startNats();
      return;
    case 'postgres':
      await bed.postgres.kill();
      await bed.startPostgres();
      return;
  }
}

/** A capture that is through before all parts were killed is replayed once more. */
function replayAgain(): void {
  if (sensor.exitCode === null) return;
  if (sensor.exitCode !== 0) throw new Error(`the sensor ended with status ${sensor.exitCode}`);
  sensor = bed.startSensor(pcap ?? '');
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** True once this sensor has brought something to the bus since it was asked first. */
async function isPublishing(): Promise<boolean> {
  const messages = await streamMessages(bed.nats.url).catch(() => undefined);
  sentBefore ??= messages;
  return messages !== undefined && sentBefore !== undefined && messages > sentBefore;
}

async function withDatabase<T>(from: Bed, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: from.postgres.url('postgres') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function untilStored(from: Bed, events: number): Promise<number> {
  for (;;) {
    const stored = await withDatabase(from, storedSoFar).catch(() => 0);
    if (stored >= events) return stored;
    replayAgain();
    await sleep(kPollMs);
  }
}

async function untilMigrated(from: Bed): Promise<void> {
  for (;;) {
    const there = await withDatabase(from, storedSoFar).catch(() => undefined);
    if (there !== undefined) return;
    if (manager.exitCode !== null) throw new Error('the manager ended');
    await sleep(kPollMs);
  }
}
