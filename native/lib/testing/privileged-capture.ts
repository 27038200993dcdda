/**
 * Captures for a moment and says what came of it: started by tests under other privileges.
 *
 * node privileged-capture.ts STRATEGY INTERFACE MILLISECONDS
 *
 * Invariant: one line of JSON on standard output, exit code 0, whether it captured or not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { captureConfigSchema } from '#contracts/engine-config.ts';
import { engineConfigFrom, startLive } from '../index.ts';

const [strategy = '', name = '', milliseconds = ''] = process.argv.slice(2);
try {
  const engine = startLive({
    source: {
      capture: captureConfigSchema.parse({ strategy, interface: name, ringSizeMiB: 4 }),
    },
    engine: engineConfigFrom(),
    ...{ alertMaxMs: 100, batchMaxMs: 200, batchMaxBytes: 65_536, queueBatches: 64 },
    onBatch: () => undefined,
    onEnd: () => undefined,
  });
  process.stderr.write('ready\n');
  await sleep(Number(milliseconds));
  const status = engine.captureStatus();
  await engine.stop();
  const { decodedPackets: packets, kernelDrops: drops } = engine.stats();
  process.stdout.write(`${JSON.stringify({ ...status, packets, drops })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ refused: String(error) })}\n`);
}
