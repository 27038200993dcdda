// Between engine and spool: nothing is lost when the engine is faster than the packing.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { makeBatch } from '../test/pipeline.ts';
import { Intake } from './intake.ts';
import { Outbox } from './outbox.ts';
import { SpoolDirectory } from './spool-directory.ts';

test('a full intake packs in the caller instead of dropping; what cannot be sent is counted', async () => {
  using temporary = temporaryDirectory('netmoth-spool');
  const directory = await SpoolDirectory.open(temporary.path, { fsync: false });
  const outbox = new Outbox({
    directory,
    capacityBytes: 64 * 1024 ** 2,
    memoryBytes: 1024 ** 2,
    onWork: () => undefined,
    accepting: () => true,
  });
  const faults: unknown[] = [];
  const intake = new Intake({
    outbox,
    encode: () => ({ maxBodyBytes: 100_000, newId: randomUUID }),
    capacityBytes: 100_000,
    onFault: (error) => faults.push(error),
  });
  for (let n = 0; n < 10_000; n += 100) intake.push(makeBatch(n, 100));
  intake.push({
    eventClass: 'flow',
    count: 1,
    bytes: Buffer.from(`${randomUUID().repeat(9_000)}\n`),
  });
  expect(intake.state().blockedBatches).toBeGreaterThan(0);
  await intake.idle();
  const { held } = outbox.state();
  const events = held.alert.events + held.protocol.events + held.flow.events + held.stats.events;
  expect(events + intake.state().tooLargeEvents).toBe(10_001);
  expect(intake.state()).toMatchObject({ batches: 0, bytes: 0, droppedEvents: 0 });
  expect(faults).toEqual([]);
  await outbox.close();
});
