// The spool's bounds, its order of eviction, its counters, and what it makes of damaged files.
import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { EventClass } from '#contracts/eve.ts';
import { type TemporaryDirectory, temporaryDirectory } from '#testkit/temporary.ts';
import { mountSmallDisk } from '../test/small-disk.ts';
import type { Batch } from './batch.ts';
import { type Entry, Outbox } from './outbox.ts';
import { SpoolDirectory } from './spool-directory.ts';

const kBlock = 4096;
const kCount = 10;

let temporary: TemporaryDirectory;
const opened: Outbox[] = [];

beforeEach(() => {
  temporary = temporaryDirectory('netmoth-spool');
});
afterEach(async () => {
  for (const outbox of opened.splice(0)) await outbox.close();
  temporary.remove();
});

async function openOutbox(
  bounds: { capacityBytes?: number; memoryBytes?: number; path?: string } = {},
) {
  const path = bounds.path ?? temporary.path;
  const directory = await SpoolDirectory.open(path, { fsync: true });
  const outbox = new Outbox({
    directory,
    capacityBytes: bounds.capacityBytes ?? 1024 * kBlock,
    memoryBytes: bounds.memoryBytes ?? 1024 * kBlock,
    onWork: () => undefined,
    accepting: () => true,
  });
  opened.push(outbox);
  return { outbox, directory };
}

const forget = (outbox: Outbox) => opened.splice(opened.indexOf(outbox), 1);

function batch(eventClass: EventClass, bytes = 1_000): Batch {
  const body = randomBytes(bytes);
  return { msgId: randomUUID(), eventClass, count: kCount, schema: 1, body };
}

function takeAll(outbox: Outbox): Entry[] {
  const taken: Entry[] = [];
  for (let entry = outbox.take(); entry !== undefined; entry = outbox.take()) taken.push(entry);
  return taken;
}

test('hands out the most valuable class first, then the oldest, and forgets what is acknowledged', async () => {
  const { outbox } = await openOutbox();
  for (const each of ['stats', 'flow', 'alert', 'flow', 'protocol'] as const) {
    await outbox.add(batch(each));
  }
  const taken = takeAll(outbox);
  expect(taken.map(({ eventClass, seq }) => `${eventClass} ${seq}`)).toEqual([
    'alert 3',
    'protocol 5',
    'flow 2',
    'flow 4',
    'stats 1',
  ]);
  for (const entry of taken) outbox.acknowledge(entry);
  expect(outbox.state()).toMatchObject({
    batches: 0,
    diskBytes: 0,
    memoryBytes: 0,
    acknowledgedEvents: 5 * kCount,
  });
});

test('what is given back comes again at its old place', async () => {
  const { outbox } = await openOutbox();
  for (let n = 0; n < 200; n += 1) await outbox.add(batch('flow', 10));
  const taken = [outbox.take(), outbox.take(), outbox.take()];
  for (const entry of taken) if (entry !== undefined) outbox.giveBack(entry);
  const seqs = takeAll(outbox).map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
});

test('over its bound the oldest of the least valuable class goes first, and is counted', async () => {
  const { outbox } = await openOutbox({ capacityBytes: 8 * kBlock });
  for (const each of ['alert', 'protocol', 'flow', 'stats'] as const) {
    await outbox.add(batch(each));
    await outbox.add(batch(each));
  }
  expect(outbox.state().diskBytes).toBe(8 * kBlock);
  // Five more alerts push out both stats, both flows, then the older protocol batch.
  for (let n = 0; n < 5; n += 1) expect(await outbox.add(batch('alert'))).toBe(true);
  const { held, lost } = outbox.state();
  expect(lost.stats.full).toEqual({ batches: 2, events: 2 * kCount });
  expect(lost.flow.full).toEqual({ batches: 2, events: 2 * kCount });
  expect(lost.protocol.full).toEqual({ batches: 1, events: kCount });
  expect(lost.alert.full).toEqual({ batches: 0, events: 0 });
  expect(held.alert.batches).toBe(7);
  // A flow finds only more valuable batches: it is the one that is lost.
  await outbox.add(batch('protocol'));
  expect(await outbox.add(batch('flow'))).toBe(false);
  expect(outbox.state().lost.flow.full.batches).toBe(3);
  expect(takeAll(outbox).map(({ seq }) => seq)).toEqual([1, 2, 9, 10, 11, 12, 13, 14]);
});

test('a batch in flight is not evicted', async () => {
  const { outbox } = await openOutbox({ capacityBytes: 2 * kBlock });
  await outbox.add(batch('stats'));
  const inFlight = outbox.take();
  await outbox.add(batch('flow'));
  await outbox.add(batch('alert'));
  expect(outbox.state().lost.stats.full.batches).toBe(0);
  expect(outbox.state().lost.flow.full.batches).toBe(1);
  expect(inFlight && (await outbox.bodyOf(inFlight))?.length).toBe(1_000);
});

test('memory keeps no more than its bound; the rest is read back from disk unchanged', async () => {
  const { outbox } = await openOutbox({ memoryBytes: 4_000 });
  const made = Array.from({ length: 50 }, () => batch('flow'));
  for (const each of made) expect(await outbox.add(each)).toBe(true);
  expect(outbox.state().memoryBytes).toBeLessThanOrEqual(4_000);
  for (const [at, entry] of takeAll(outbox).entries()) {
    expect(
      Buffer.from((await outbox.bodyOf(entry)) ?? []).equals(made[at]?.body ?? Buffer.of()),
    ).toBe(true);
    expect(entry.msgId).toBe(made[at]?.msgId);
  }
});

test('a restart finds every batch again, with its id and in its order', async () => {
  const first = await openOutbox();
  const made = [batch('flow'), batch('alert'), batch('flow')];
  for (const each of made) await first.outbox.add(each);
  const sent = first.outbox.take();
  if (sent !== undefined) first.outbox.acknowledge(sent);
  forget(first.outbox);
  await first.outbox.close();

  const { outbox } = await openOutbox();
  await outbox.add(batch('flow'));
  const taken = takeAll(outbox);
  expect(taken.map(({ seq }) => seq)).toEqual([1, 3, 4]);
  expect(taken.slice(0, 2).map(({ msgId }) => msgId)).toEqual([made[0]?.msgId, made[2]?.msgId]);
  expect(outbox.state().spooledEvents).toBe(2 * kCount);
});

test('a cut-off file and a damaged one are counted as lost; the rest is used', async () => {
  const first = await openOutbox();
  for (let n = 0; n < 3; n += 1) await first.outbox.add(batch('flow'));
  forget(first.outbox);
  await first.outbox.close();
  const [cut, damaged] = readdirSync(temporary.path).toSorted();
  truncateSync(`${temporary.path}/${cut}`, 500);
  const bytes = readFileSync(`${temporary.path}/${damaged}`);
  bytes.writeUInt8(bytes.readUInt8(700) ^ 1, 700);
  writeFileSync(`${temporary.path}/${damaged}`, bytes);
  writeFileSync(`${temporary.path}/note.txt`, 'not ours');

  const { outbox } = await openOutbox();
  expect(outbox.state().lost.flow.damaged).toEqual({ batches: 1, events: kCount });
  const bodies = await Promise.all(takeAll(outbox).map((entry) => outbox.bodyOf(entry)));
  expect(bodies.map((body) => body?.length)).toEqual([undefined, 1_000]);
  expect(outbox.state().lost.flow.damaged).toEqual({ batches: 2, events: 2 * kCount });
  expect(outbox.state().batches).toBe(1);
  forget(outbox);
  await outbox.close();
  expect(
    readdirSync(temporary.path)
      .toSorted()
      .map((name) => name.slice(0, 12)),
  ).toEqual(['000000000003', 'note.txt']);
});

test('a second sensor may not use the same spool', async () => {
  await openOutbox();
  await expect(SpoolDirectory.open(temporary.path, { fsync: false })).rejects.toMatchObject({
    code: 'NM_DATA_DIR_LOCKED',
  });
});

const disk = mountSmallDisk();
afterAll(() => disk?.unmount());
test.skipIf(disk === undefined)(
  'a full disk: held in memory, counted, whole again when there is room',
  async () => {
    const path = disk?.path ?? '';
    disk?.fill();
    const { outbox, directory } = await openOutbox({ path, memoryBytes: 40_000 });
    const big = Array.from({ length: 8 }, () => batch('protocol', 9_000));
    for (const each of big) await outbox.add(each);
    expect(directory.fault?.code).toBe('ENOSPC');
    expect(directory.writeErrors).toBeGreaterThan(0);
    const { lost, held } = outbox.state();
    expect(held.protocol.batches + lost.protocol.memory.batches).toBe(big.length);
    expect(lost.protocol.memory.batches).toBeGreaterThan(0);
    // The oldest of those only memory had was lost; what is held is whole.
    for (const entry of takeAll(outbox)) {
      const want = big.find(({ msgId }) => msgId === entry.msgId);
      expect(
        Buffer.from((await outbox.bodyOf(entry)) ?? []).equals(want?.body ?? Buffer.of()),
      ).toBe(true);
      outbox.acknowledge(entry);
    }
    rmSync(`${path}/ballast`);
    expect(await outbox.add(batch('alert'))).toBe(true);
    expect(directory.fault).toBeUndefined();
    forget(outbox);
    await outbox.close();
  },
);
