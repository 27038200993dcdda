/**
 * How many events a second one manager stores, and whether stored = published = distinct.
 *
 *     node bench/ingest/main.ts [--events 1000000] [--batch 1000] [--duplicates 5]
 *
 * All batches lie in the stream before the manager starts, so the figure is that of manager and PostgreSQL
 * alone, on the cores that both (and nats-server) share. --duplicates publishes that percentage of the
 * batches a second time under the same id, beyond the stream's own window for duplicates.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { constants, zstdCompressSync } from 'node:zlib';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, nanos } from '@nats-io/transport-node';
import pg from 'pg';
import { EVENT_SCHEMA_VERSION } from '#contracts/eve.ts';
import {
  ENCODING_ZSTD,
  EVENTS_STREAM,
  EVENTS_SUBJECT_ALL,
  eventsSubject,
  HEADER_COUNT,
  HEADER_ENCODING,
  HEADER_MSG_ID,
  HEADER_SCHEMA,
} from '#contracts/nats.ts';
import { type Bed, cpuSeconds, startBed } from '../servers.ts';
import { countStored, differences, type Published, storedSoFar } from '../stored.ts';
import { eveLines } from './events.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '1000' },
    duplicates: { type: 'string', default: '5' },
  },
});
const kEvents = Number(values.events);
const kBatch = Number(values.batch);
const kDuplicates = Number(values.duplicates) / 100;
const kDuplicateWindowMs = 100;
const kPollMs = 100;
const kShown = 10;

await using bed = await startBed();
const published = await publish(bed);
console.log(`published  ${published.events} events in ${published.messages} messages`);
const client = new pg.Client({ connectionString: bed.postgres.url('postgres') });
await client.connect();
const manager = bed.startManager();
const { seconds, managerCpu, postgresCpu } = await untilStored(client, published.events);
const rate = Math.round(published.events / seconds);
const stored = await countStored(client);
await client.end();
console.log(`stored     ${stored.stored} events in ${stored.batches.size} batches`);
console.log(`rate       ${rate} events/s (${seconds.toFixed(1)} s)`);
console.log(
  `CPU        ${perEvent(managerCpu)} µs an event in the manager, ${perEvent(postgresCpu)} in PostgreSQL`,
);
const wrong = differences(published.batches, stored);
for (const each of wrong.slice(0, kShown)) console.log(`WRONG      ${each}`);
console.log(wrong.length === 0 ? 'exact      stored = published = distinct' : 'NOT EXACT');
process.exitCode = wrong.length === 0 ? 0 : 1;

async function publish({ nats }: Bed): Promise<Published> {
  const connection = await connect({ servers: nats.url });
  const admin = await jetstreamManager(connection);
  await admin.streams.add({
    name: EVENTS_STREAM,
    subjects: [EVENTS_SUBJECT_ALL],
    duplicate_window: nanos(kDuplicateWindowMs),
  });
  const js = jetstream(connection);
  const lines = eveLines(7, Date.now() - 600_000);
  const again: (() => Promise<unknown>)[] = [];
  const batches = new Map<string, number>();
  let messages = 0;
  let pending: Promise<unknown>[] = [];
  for (let events = 0; events < kEvents; events += kBatch) {
    const size = Math.min(kBatch, kEvents - events);
    const text = `${Array.from({ length: size }, () => lines.next()).join('\n')}\n`;
    const body = zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    const id = randomUUID();
    batches.set(id, size);
    const send = (): Promise<unknown> => {
      const about = headers();
      about.set(HEADER_MSG_ID, id);
      about.set(HEADER_SCHEMA, String(EVENT_SCHEMA_VERSION));
      about.set(HEADER_COUNT, String(size));
      about.set(HEADER_ENCODING, ENCODING_ZSTD);
      messages += 1;
      return js.publish(eventsSubject('bench', 'node', 'protocol'), body, { headers: about });
    };
    pending.push(send());
    if (messages % 20 < 20 * kDuplicates) again.push(send);
    if (pending.length >= 64) {
      await Promise.all(pending);
      pending = [];
    }
  }
  await Promise.all(pending);
  await sleep(kDuplicateWindowMs * 10);
  for (const send of again) await send();
  await connection.close();
  return { events: kEvents, messages, batches };
}

/** From the first stored event to the last, so that the manager's start does not count. */
async function untilStored(client: pg.Client, events: number) {
  let startMs = 0;
  for (;;) {
    const stored = await storedSoFar(client).catch(() => 0);
    if (stored > 0 && startMs === 0) startMs = performance.now();
    if (stored >= events) {
      const seconds = (performance.now() - startMs) / 1000;
      return {
        seconds,
        managerCpu: cpuSeconds(manager.pid ?? 0),
        postgresCpu: cpuSeconds(bed.postgres.pid),
      };
    }
    if (manager.exitCode !== null) throw new Error('the manager ended');
    await sleep(kPollMs);
  }
}

function perEvent(cpu: number): string {
  return ((cpu * 1e6) / published.events).toFixed(1);
}
