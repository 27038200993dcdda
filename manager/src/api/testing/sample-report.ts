// What a healthy sensor reports. Invariant: whole by the contract, so a test names only what it is about.
import { type Reported, reportedSchema } from '#contracts/nats.ts';

export function sampleReport(more: Partial<Reported>): Reported {
  const now = new Date().toISOString();
  const counters = [
    ...['kernelPackets', 'kernelDrops', 'decodedPackets', 'decodedBytes', 'invalidPackets'],
    ...['flowsTotal', 'flowsActive', 'flowsEvicted', 'reassemblyGaps', 'reassemblyDrops'],
    ...['eventsMade', 'eventsSpooled', 'eventsDroppedSpool', 'eventsPublished'],
    ...['eventsAcknowledged'],
  ];
  return reportedSchema.parse({
    sensor: 'lab',
    node: 'node1',
    version: '0.0.0-test',
    startedAt: now,
    reportedAt: now,
    observedGeneration: 1,
    interfaces: [],
    counters: Object.fromEntries(counters.map((name) => [name, 1])),
    spool: { bytes: 0, capacityBytes: 1, batches: 0 },
    rssBytes: 1,
    cpuSeconds: 1,
    conditions: [],
    ...more,
  });
}
