// Intake, spool and publisher against a real nats-server that goes away in every way there is.
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVENTS_STREAM } from '#contracts/nats.ts';
import { startTestNats, type TestNats } from '#testkit/nats.ts';
import { type TemporaryDirectory, temporaryDirectory } from '#testkit/temporary.ts';
import { makeBatch, startPipeline } from '../test/pipeline.ts';
import { storedBatches, storedNumbers, until } from '../test/stored.ts';

let nats: TestNats;
let directory: TemporaryDirectory;

beforeEach(async () => {
  nats = await startTestNats();
  directory = temporaryDirectory('netmoth-spool');
});
afterEach(async () => {
  await nats.stop();
  directory.remove();
});

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const sorted = (numbers: number[]) => numbers.toSorted((a, b) => a - b);

test('publishes with id, schema, count and encoding, under the subject of the class', async () => {
  const line = await startPipeline({ url: nats.url, directory: directory.path });
  line.intake.push(makeBatch(0, 10, 'alert'));
  line.intake.push(makeBatch(10, 20, 'flow'));
  await until('both acknowledged', () => line.outbox.state().acknowledgedEvents === 30);
  const stored = await storedBatches(nats.url);
  expect(stored.map(({ subject }) => subject).toSorted()).toEqual([
    'netmoth.events.test.node-1.alert',
    'netmoth.events.test.node-1.flow',
  ]);
  expect(stored.every((each) => each.encoding === 'zstd' && each.schema === 1)).toBe(true);
  expect(stored.every((each) => each.count === each.lines.length)).toBe(true);
  expect(line.outbox.state()).toMatchObject({ batches: 0, diskBytes: 0, memoryBytes: 0 });
  expect(line.publisher.state()).toMatchObject({ inFlight: 0, publishedEvents: 30, faults: 0 });
  await line.stop();
});

test('makes the stream with bounds where it is missing and leaves an existing one alone', async () => {
  const line = await startPipeline({ url: nats.url, directory: directory.path });
  await until('the bus', () => line.bus.up);
  const connection = await connect({ servers: nats.url });
  const manager = await jetstreamManager(connection);
  const { config } = await manager.streams.info(EVENTS_STREAM);
  expect(config).toMatchObject({ storage: 'file', discard: 'new', retention: 'limits' });
  expect(config.max_age ?? 0).toBe(0);
  expect(config.max_bytes).toBeGreaterThan(0);
  expect(config.duplicate_window).toBeGreaterThanOrEqual(120e9);
  await line.stop();
  await manager.streams.update(EVENTS_STREAM, { max_msgs: 77 });
  const again = await startPipeline({ url: nats.url, directory: directory.path });
  await until('the bus', () => again.bus.up);
  expect((await manager.streams.info(EVENTS_STREAM)).config.max_msgs).toBe(77);
  await again.stop();
  await connection.close();
});

test('bus away, then back: everything waits on disk and arrives once', async () => {
  await nats.pause();
  const line = await startPipeline({ url: nats.url, directory: directory.path });
  for (let n = 0; n < 2_000; n += 50) line.intake.push(makeBatch(n, 50));
  await line.intake.idle();
  expect(line.outbox.state()).toMatchObject({ batches: 40, spooledEvents: 2_000 });
  expect(line.outbox.state().diskBytes).toBeGreaterThan(0);
  await nats.start();
  await until('all acknowledged', () => line.outbox.state().batches === 0);
  expect(sorted(await storedNumbers(nats.url))).toEqual(upTo(2_000));
  expect(line.lost()).toBe(0);
  await line.stop();
});

test('nats-server killed again and again in the middle: all made is stored, nothing twice', async () => {
  const line = await startPipeline({ url: nats.url, directory: directory.path });
  await until('the bus', () => line.bus.up);
  let made = 0;
  const push = () => {
    line.intake.push(makeBatch(made, 25));
    made += 25;
  };
  const feeding = setInterval(push, 2);
  for (let round = 0; round < 3; round += 1) {
    const before = line.outbox.state().acknowledgedEvents;
    await until('progress', () => line.outbox.state().acknowledgedEvents > before + 500);
    await nats.kill();
    const waiting = line.outbox.state().batches;
    await until('a backlog', () => line.outbox.state().batches > waiting + 20);
    await nats.start();
  }
  clearInterval(feeding);
  await line.intake.idle();
  await until('all acknowledged', () => line.outbox.state().batches === 0);
  expect(sorted(await storedNumbers(nats.url))).toEqual(upTo(made));
  const ids = (await storedBatches(nats.url)).map(({ msgId }) => msgId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(line.outbox.state().acknowledgedEvents).toBe(made);
  await line.stop();
});

test('a stream deleted while running is made anew; nothing not yet acknowledged is lost', async () => {
  const line = await startPipeline({ url: nats.url, directory: directory.path });
  await until('the bus', () => line.bus.up);
  const connection = await connect({ servers: nats.url });
  await (await jetstreamManager(connection)).streams.delete(EVENTS_STREAM);
  line.intake.push(makeBatch(0, 10));
  await until('acknowledged', () => line.outbox.state().acknowledgedEvents === 10);
  expect(await storedNumbers(nats.url)).toEqual(upTo(10));
  expect(line.publisher.state().faults).toBeGreaterThan(0);
  await connection.close();
  await line.stop();
});

test('an end while the bus is away leaves batches in the spool; the next start sends them', async () => {
  await nats.pause();
  const line = await startPipeline({ url: nats.url, directory: directory.path });
  for (let n = 0; n < 500; n += 50) line.intake.push(makeBatch(n, 50));
  await line.stop();
  await nats.start();
  const next = await startPipeline({ url: nats.url, directory: directory.path });
  expect(next.outbox.state()).toMatchObject({ batches: 10, spooledEvents: 500 });
  await until('all acknowledged', () => next.outbox.state().batches === 0);
  expect(sorted(await storedNumbers(nats.url))).toEqual(upTo(500));
  await next.stop();
});
