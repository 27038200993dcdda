/**
 * The `stats` event: the counters since start as one EVE line, spelt as Suricata spells them.
 *
 * Invariant: valid by statsEventSchema of the contracts.
 */
import { EVENT_SCHEMA_VERSION, type StatsEvent } from '#contracts/eve.ts';
import type { EngineStats, EventBatch } from '#contracts/native.ts';
import type { Counters } from '#contracts/nats.ts';

export interface StatsInput {
  readonly now: Date;
  readonly startedAt: Date;
  readonly inIface: string;
  readonly engine: EngineStats;
  readonly counters: Counters;
}

export function statsEvent(input: StatsInput): StatsEvent {
  const { now, startedAt, engine, counters } = input;
  return {
    timestamp: eveTimestamp(now),
    in_iface: input.inIface,
    event_type: 'stats',
    stats: {
      uptime: Math.max(0, Math.floor((now.getTime() - startedAt.getTime()) / 1000)),
      capture: { kernel_packets: engine.kernelPackets, kernel_drops: engine.kernelDrops },
      decoder: {
        pkts: engine.decodedPackets,
        bytes: engine.decodedBytes,
        invalid: engine.invalidPackets,
        fragments: engine.fragments,
      },
      flow: {
        total: engine.flowsTotal,
        active: engine.flowsActive,
        evicted: engine.flowsEvicted,
      },
      tcp: {
        reassembly_gap: engine.reassemblyGaps,
        segment_memcap_drop: engine.reassemblyDrops,
      },
    },
    netmoth: {
      schema: EVENT_SCHEMA_VERSION,
      events: {
        made: counters.eventsMade,
        dropped_queue: engine.eventsDropped,
        dropped_spool: counters.eventsDroppedSpool,
        acknowledged: counters.eventsAcknowledged,
      },
    },
  };
}

export function statsBatch(event: StatsEvent): EventBatch {
  return { eventClass: 'stats', count: 1, bytes: Buffer.from(`${JSON.stringify(event)}\n`) };
}

/** 2026-11-20T14:32:15.123000+0000 */
export function eveTimestamp(at: Date): string {
  return `${at.toISOString().slice(0, 23)}000+0000`;
}
