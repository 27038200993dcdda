// kill -9 of the sensor's process in the middle: what its spool had taken is stored once, by it or by
// the process after it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestNats } from '#testkit/nats.ts';
import { temporaryDirectory } from '#testkit/temporary.ts';
import { startPipeline } from '../test/pipeline.ts';
import { storedBatches, storedNumbers, until } from '../test/stored.ts';

/** Of feeder.ts. */
const kBatchEvents = 25;
const kFeeder = join(import.meta.dirname, '../test/feeder.ts');

interface Feeder {
  /** Events the spool has taken, counted from 0 over all runs. */
  taken(): number;
  kill(): Promise<void>;
}

function startFeeder(url: string, directory: string, first: number): Feeder {
  const child = spawn(process.execPath, [kFeeder, url, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString('latin1');
  });
  return {
    taken: () => Number(printed.split('\n').at(-2) ?? first),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

test('what the spool had taken is stored exactly once, killed with the bus there and away', async () => {
  await using nats = await startTestNats();
  using directory = temporaryDirectory('netmoth-spool');
  let taken = 0;
  for (const busAway of [false, true, false]) {
    if (busAway) await nats.kill();
    const feeder = startFeeder(nats.url, directory.path, taken);
    const goal = taken + 1_000;
    await until('batches taken', () => feeder.taken() > goal);
    await feeder.kill();
    taken = feeder.taken();
    if (busAway) await nats.start();
  }
  const last = await startPipeline({ url: nats.url, directory: directory.path });
  await until('the rest acknowledged', () => last.bus.up && last.outbox.state().batches === 0);
  const stored = new Set(await storedNumbers(nats.url));
  const missing = Array.from({ length: taken }, (_, n) => n).filter((n) => !stored.has(n));
  expect(missing).toEqual([]);
  const ids = (await storedBatches(nats.url)).map(({ msgId }) => msgId);
  expect(new Set(ids).size).toBe(ids.length);
  // The batch that was being written when the last process was killed had not been taken: its torn file
  // is found and counted.
  expect([0, kBatchEvents]).toContain(last.lost());
  await last.stop();
});
