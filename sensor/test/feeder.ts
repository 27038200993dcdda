// A sensor process without an engine, to be killed: pushes numbered batches and prints, as one line
// each, the number of events the spool has taken. Invariant: a line is printed after the spool has it.
//
//     node feeder.ts URL SPOOL_DIR FIRST_EVENT
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { compressAside, encode } from '../src/batch.ts';
import { makeBatch, startPipeline } from './pipeline.ts';

const kEvents = 25;
const [url = '', directory = '', first = '0'] = process.argv.slice(2);
const line = await startPipeline({ url, directory });
const options = { maxBodyBytes: 1_000_000, newId: randomUUID, compress: compressAside };
for (let n = Number(first); ; n += kEvents) {
  const { batches } = await encode(makeBatch(n, kEvents), options);
  for (const batch of batches) {
    if (await line.outbox.add(batch)) writeSync(1, `${n + kEvents}\n`);
  }
}
