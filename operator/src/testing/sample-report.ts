// What a healthy sensor reports, with as many packets as asked for.
import { type Reported, toToken } from '#contracts/nats.ts';

const kAppliedAll = 1_000_000;
const kStartedAt = new Date().toISOString();

export function sampleReport(sensor: string, node: string, packets: number): Reported {
  const now = new Date().toISOString();
  const fine = (type: 'Capturing' | 'BusConnected' | 'SpoolHealthy') =>
    ({ type, status: 'True', reason: 'Fine', message: `At ${now}.`, since: now }) as const;
  return {
    sensor,
    node: toToken(node),
    version: '0.1.0',
    startedAt: kStartedAt,
    reportedAt: now,
    // Whatever the spec says by now, it has applied it.
    observedGeneration: kAppliedAll,
    interfaces: [{ name: 'eth0', strategy: 'afPacket', up: true, workers: 1 }],
    counters: {
      ...{ kernelPackets: packets, kernelDrops: 0, decodedPackets: packets, decodedBytes: packets },
      ...{ invalidPackets: 0, flowsTotal: 1, flowsActive: 1, flowsEvicted: 0 },
      ...{ reassemblyGaps: 0, reassemblyDrops: 0, eventsMade: packets, eventsDroppedQueue: 0 },
      ...{ eventsSpooled: 0, eventsDroppedSpool: 0, eventsPublished: 0, eventsAcknowledged: 0 },
    },
    spool: { bytes: 0, capacityBytes: 1, batches: 0 },
    rssBytes: 1,
    cpuSeconds: 1,
    conditions: [fine('Capturing'), fine('BusConnected'), fine('SpoolHealthy')],
  };
}
