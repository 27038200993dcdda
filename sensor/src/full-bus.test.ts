// A stream too small for what is published while no manager is there: the bus refuses, the spool takes it,
// and the real manager, started later, stores everything once.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import type { EventBatch } from '#contracts/native.ts';
import { EVENTS_STREAM } from '#contracts/nats.ts';
import { startTestNats } from '#testkit/nats.ts';
import { startTestPostgres } from '#testkit/postgres.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { startPipeline } from '../test/pipeline.ts';
import { until } from '../test/stored.ts';

const MANAGER = join(import.meta.dirname, '../../manager/src/main.ts');
const kEvents = 20_000;
const kBatch = 100;
const kStreamBytes = 64 * 1024;

test('a full stream refuses, the spool grows, and a manager that comes later stores all of it once', async () => {
  const nats = await startTestNats();
  onTestFinished(() => nats.stop());
  const postgres = await startTestPostgres();
  onTestFinished(() => postgres.stop());
  const directory = temporaryDirectory('netmoth-spool');
  onTestFinished(() => directory.remove());
  const line = await startPipeline({
    url: nats.url,
    directory: directory.path,
    streamMaxBytes: kStreamBytes,
  });
  onTestFinished(() => line.stop());

  for (let n = 0; n < kEvents; n += kBatch) line.intake.push(anomalies(n));
  await until('a refusal', () => line.publisher.state().faults > 0);
  await line.intake.idle();
  await sleep(1_000);
  const refused = line.outbox.state();
  expect(refused.batches).toBeGreaterThan(0);
  expect(refused.diskBytes).toBeGreaterThan(0);
  expect(line.lost()).toBe(0);
  expect(await lastSequence(nats.url)).toBe(kEvents / kBatch - refused.batches);

  const url = await postgres.createDatabase();
  const manager = startManager(url, nats.url);
  onTestFinished(async () => {
    manager.kill('SIGTERM');
    await once(manager, 'exit');
  });
  await until('all acknowledged', () => line.outbox.state().batches === 0);
  expect(await lastSequence(nats.url)).toBe(kEvents / kBatch);
  const counted = await untilStored(url);
  expect(counted).toEqual({ stored: kEvents, distinct: kEvents });
  expect(line.lost()).toBe(0);
});

function anomalies(first: number): EventBatch {
  const lines = Array.from({ length: kBatch }, (_, at) =>
    JSON.stringify({
      timestamp: '2026-11-20T14:32:15.123456+0000',
      event_type: 'anomaly',
      flow_id: first + at,
      // Hardly compressible, so that a batch has some size.
      anomaly: { type: 'decode', event: crypto.randomUUID() },
    }),
  );
  return { eventClass: 'protocol', count: kBatch, bytes: Buffer.from(`${lines.join('\n')}\n`) };
}

function startManager(storeUrl: string, natsUrl: string): ChildProcess {
  return spawn(process.execPath, [MANAGER, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      NETMOTH_MANAGER_STORE_URL: storeUrl,
      NETMOTH_MANAGER_NATS_SERVERS: natsUrl,
      NETMOTH_MANAGER_LOG_LEVEL: 'silent',
    },
  });
}

async function lastSequence(url: string): Promise<number> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    return (await manager.streams.info(EVENTS_STREAM)).state.last_seq;
  } finally {
    await connection.close();
  }
}

/** The rows once they are as many as were made, and how many different events they are. */
async function untilStored(url: string): Promise<{ stored: number; distinct: number }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client.query<{ stored: number; distinct: number }>(
        'SELECT count(*)::int AS stored, count(DISTINCT flow_id)::int AS distinct FROM anomalies',
      );
      const [row] = rows;
      if (row !== undefined && row.stored >= kEvents) return row;
      await sleep(50);
    }
  } finally {
    await client.end();
  }
}
