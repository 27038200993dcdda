import { startTestNats } from '#testkit/nats.ts';
import { writeUdpCapture } from './test/capture-file.ts';
import { startSensor } from './test/sensor-process.ts';
import { storedBatches } from './test/stored.ts';

const nats = await startTestNats();
const flows = Number(process.argv[2]);
writeUdpCapture('/tmp/probe.pcap', { flows, net: 1, gapMicros: 10 });
const t = performance.now();
const s = startSensor([
  '--nats',
  nats.url,
  '--data-dir',
  '/tmp/probe-data',
  '--pcap',
  '/tmp/probe.pcap',
  '--speed',
  'max',
  '--exit-when-done',
  ...process.argv.slice(3),
]);
console.log('exit', await s.ended(), s.stderr(), (performance.now() - t) / 1000);
for (const l of s.log) console.log(JSON.stringify(l).slice(0, 300));
const b = await storedBatches(nats.url);
console.log(
  'batches',
  b.length,
  'events',
  b.reduce((a, x) => a + x.count, 0),
);
for (const x of b) if (x.subject.endsWith('stats')) console.log(x.lines.at(-1));
await nats.stop();
