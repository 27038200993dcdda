// Conditions, ledger and wishes.
import { expect, test } from 'vitest';
import { engineConfigSchema } from '#contracts/engine-config.ts';
import type { EngineStats } from '#contracts/native.ts';
import { conditionSchema, countersSchema } from '#contracts/nats.ts';
import { unappliedKeys } from './desired.ts';
import { Health, judgeBus, judgeSpool } from './health.ts';
import { countersOf, noStats, type Readings } from './ledger.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 20, 14, 32, seconds, 7));

test('since changes with the status only, and ready needs every condition True', () => {
  let now = at(0);
  const health = new Health(() => now);
  expect(health.ready).toBe(false);
  const good = { status: 'True', reason: 'Good', message: 'well' } as const;
  for (const type of ['Capturing', 'BusConnected', 'SpoolHealthy'] as const) health.set(type, good);
  expect(health.ready).toBe(true);
  now = at(5);
  health.set('Capturing', { ...good, reason: 'Other' });
  health.set('BusConnected', { ...good, status: 'False' });
  const since = health.conditions().map((each) => conditionSchema.parse(each).since);
  expect(since).toEqual([at(0), at(5), at(0)].map((each) => each.toISOString()));
  expect(health.ready).toBe(false);
});

test('the bus is bad when away or when nothing is acknowledged', () => {
  const bus = { up: true, reason: 'Connected', message: 'm', faultsInRow: 0 };
  expect(judgeBus(bus).status).toBe('True');
  expect(judgeBus({ ...bus, faultsInRow: 3 })).toMatchObject({
    status: 'False',
    reason: 'NotAcknowledging',
  });
  expect(judgeBus({ ...bus, up: false, reason: 'Disconnected' }).reason).toBe('Disconnected');
});

test('the spool is bad when the disk refuses or events are lost', () => {
  const spool = {
    ...{ fault: undefined, path: '/s', diskBytes: 1, capacityBytes: 2, newlyLostEvents: 0 },
  };
  expect(judgeSpool(spool).status).toBe('True');
  expect(judgeSpool({ ...spool, newlyLostEvents: 4 }).reason).toBe('Losing');
  const full = judgeSpool({ ...spool, fault: { code: 'ENOSPC', message: 'no space' } });
  expect(full).toMatchObject({ status: 'False', reason: 'DiskFull' });
  expect(judgeSpool({ ...spool, fault: { code: 'EIO', message: 'x' } }).reason).toBe('DiskFault');
});

const engine: EngineStats = {
  ...noStats,
  ...{ kernelPackets: 100, kernelDrops: 3, decodedPackets: 97, decodedBytes: 9_000 },
  ...{ invalidPackets: 1, flowsTotal: 8, flowsActive: 4, flowsEvicted: 2, fragments: 5 },
  ...{ reassemblyGaps: 6, reassemblyDrops: 7, eventsMade: 50, eventsDropped: 9 },
  eventsByType: { flow: 50 },
};
const none = { batches: 0, events: 0 };
const lostNothing = { full: none, memory: none, damaged: none, refused: none, shutdown: none };
const readings: Readings = {
  engine,
  intake: { batches: 0, bytes: 0, blockedBatches: 0, droppedEvents: 1, tooLargeEvents: 2 },
  outbox: {
    ...{ diskBytes: 0, capacityBytes: 1, memoryBytes: 0, batches: 0 },
    held: { alert: none, protocol: none, flow: none, stats: none },
    lost: {
      alert: lostNothing,
      protocol: lostNothing,
      flow: { ...lostNothing, full: { batches: 1, events: 10 } },
      stats: { ...lostNothing, damaged: { batches: 1, events: 1 } },
    },
    ...{ spooledEvents: 20, acknowledgedEvents: 30 },
  },
  publisher: {
    ...{ inFlight: 0, inFlightBytes: 0, publishedEvents: 31, publishedBytes: 1 },
    ...{ acknowledgedBatches: 1, duplicates: 0, faults: 0, faultsInRow: 0 },
  },
};

test('the ledger adds up every place of loss', () => {
  const counters = countersSchema.parse(countersOf(readings));
  expect(counters).toMatchObject({
    ...{ eventsMade: 50, eventsDroppedQueue: 12, eventsDroppedSpool: 11 },
    ...{ eventsSpooled: 20, eventsPublished: 31, eventsAcknowledged: 30, kernelDrops: 3 },
  });
});

test('a wish names what the running engine cannot take over', () => {
  const running = engineConfigSchema.parse({});
  const wish = {
    generation: 3,
    engine: { maxFlows: 500, midstream: false, statsIntervalSeconds: 77 },
  };
  // The interval of stats is taken over while the engine runs.
  expect(unappliedKeys(wish, running)).toEqual(['engine.maxFlows']);
  // Signatures are exchanged without a restart.
  const signatures = { digest: `sha256:${'d'.repeat(64)}` };
  expect(unappliedKeys({ generation: 4, signatures }, running)).toEqual([]);
});
