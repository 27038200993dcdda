/**
 * The one ledger of the sensor: what was seen, made, sent and lost, from the parts that count it.
 *
 * Invariant: eventsMade = acknowledged + lost + held, up to what is on its way between two parts.
 */
import { EVENT_CLASSES } from '#contracts/eve.ts';
import type { EngineStats, EventLedger } from '#contracts/native.ts';
import type { Counters } from '#contracts/nats.ts';
import type { IntakeState } from './intake.ts';
import { LOSS_REASONS, type OutboxState } from './outbox.ts';
import type { PublisherState } from './publisher.ts';

/** What all parts say at one moment. */
export interface Readings {
  readonly engine: EngineStats;
  readonly intake: IntakeState;
  readonly outbox: OutboxState;
  readonly publisher: PublisherState;
}

export function countersOf(readings: Readings): Counters {
  const { engine, intake, outbox, publisher } = readings;
  return {
    kernelPackets: engine.kernelPackets,
    kernelDrops: engine.kernelDrops,
    filteredPackets: engine.filteredPackets,
    shuntedPackets: engine.shuntedPackets,
    sampledOutPackets: engine.sampledOutPackets,
    nicDrops: engine.nicDrops,
    decodedPackets: engine.decodedPackets,
    decodedBytes: engine.decodedBytes,
    invalidPackets: engine.invalidPackets,
    flowsTotal: engine.flowsTotal,
    flowsActive: engine.flowsActive,
    flowsEvicted: engine.flowsEvicted,
    reassemblyGaps: engine.reassemblyGaps,
    reassemblyDrops: engine.reassemblyDrops,
    eventsMade: engine.eventsMade,
    alertsMade: engine.eventsByType.alert ?? 0,
    eventsDroppedQueue: engine.eventsDropped + intake.droppedEvents + intake.tooLargeEvents,
    eventsSpooled: outbox.spooledEvents,
    eventsDroppedSpool: lostEvents(outbox),
    eventsPublished: publisher.publishedEvents,
    eventsAcknowledged: outbox.acknowledgedEvents,
  };
}

/** For the stats events of the engine. */
/** Of the spool, taken: from here on the engine sheds. */
const kLittleRoom = 0.9;

export function eventLedger({ outbox, publisher }: Omit<Readings, 'engine'>): EventLedger {
  return {
    spooled: outbox.spooledEvents,
    droppedBySpool: lostEvents(outbox),
    published: publisher.publishedEvents,
    acknowledged: outbox.acknowledgedEvents,
    backlog: outbox.diskBytes >= outbox.capacityBytes * kLittleRoom,
  };
}

export function lostEvents(outbox: OutboxState): number {
  let sum = 0;
  for (const eventClass of EVENT_CLASSES) {
    for (const reason of LOSS_REASONS) sum += outbox.lost[eventClass][reason].events;
  }
  return sum;
}

/** Before the engine runs. */
export const noStats: EngineStats = {
  kernelPackets: 0,
  kernelDrops: 0,
  filteredPackets: 0,
  shuntedPackets: 0,
  shuntedBytes: 0,
  shuntedFlows: 0,
  sampledOutPackets: 0,
  payloadsLeft: 0,
  overloadLevel: 0,
  sampledOneIn: 1,
  nicPackets: 0,
  nicDrops: 0,
  interfaceChanges: 0,
  decodedPackets: 0,
  decodedBytes: 0,
  invalidPackets: 0,
  flowsTotal: 0,
  flowsActive: 0,
  flowsEvicted: 0,
  flowsEvictedNew: 0,
  flowsEvictedEstablished: 0,
  flowsEvictedClosed: 0,
  flowEmergencies: 0,
  flowEmergenciesOver: 0,
  fragments: 0,
  datagramsReassembled: 0,
  datagramsTimedOut: 0,
  datagramsEvicted: 0,
  fragmentsRefused: 0,
  fragmentOverlaps: 0,
  dnsCacheEntries: 0,
  dnsCacheEvicted: 0,
  dnsCacheRefused: 0,
  dnsCacheLookups: 0,
  dnsCacheHits: 0,
  reassemblyGaps: 0,
  reassemblyDrops: 0,
  reassemblyEarlyBytes: 0,
  reassemblyOverlaps: 0,
  sessionsRefused: 0,
  sessionsDropped: 0,
  ruleStreamEarlyBytes: 0,
  decompressionRefused: 0,
  anomaliesSuppressed: 0,
  listAlertsSuppressed: 0,
  flowLabelsRefused: 0,
  flowNamesRefused: 0,
  memoryBytes: {
    flows: 0,
    sessions: 0,
    reassembly: 0,
    ruleStreams: 0,
    defrag: 0,
    decompression: 0,
    dnsCache: 0,
  },
  eventsMade: 0,
  eventsDropped: 0,
  eventsByType: {},
};
