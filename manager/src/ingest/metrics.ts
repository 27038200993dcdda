/**
 * What ingest counts. Names and help texts are what docs/metrics.md lists.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type IngestMetrics = ReturnType<typeof ingestMetrics>;

export function ingestMetrics(registry: Registry) {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'netmoth_manager_events_stored_total',
      help: 'Events committed to PostgreSQL',
      labelNames: ['type'],
      registers,
    }),
    batches: new Counter({
      name: 'netmoth_manager_batches_total',
      help: 'Batches taken from the bus, by what became of them: stored, duplicate, refused',
      labelNames: ['outcome'],
      registers,
    }),
    factsBeyond: new Counter({
      name: 'netmoth_manager_analysis_subjects_beyond_total',
      help: 'Events of addresses beyond those that one transaction condenses for analysis',
      registers,
    }),
    rejected: new Counter({
      name: 'netmoth_manager_events_rejected_total',
      help: 'Lines that are no event and went into the table rejected instead',
      registers,
    }),
    rejectedDropped: new Counter({
      name: 'netmoth_manager_rejected_dropped_total',
      help: 'Rows of the table rejected that were removed because there were newer ones beyond its bound',
      registers,
    }),
    devicesRefused: new Counter({
      name: 'netmoth_manager_devices_refused_total',
      help: 'Times an unknown address that nothing answered was not taken for a device, beyond 256 a transaction',
      registers,
    }),
    evidenceDropped: new Counter({
      name: 'netmoth_manager_device_evidence_dropped_total',
      help: 'Findings of devices that were not stored because their transaction had 20,000 others',
      registers,
    }),
    noticesBeyond: new Counter({
      name: 'netmoth_manager_alert_notices_beyond_total',
      help: 'Alerts that nobody was told of because their transaction had 1,000 other signatures and devices',
      registers,
    }),
    reverseNamesBeyond: new Counter({
      name: 'netmoth_manager_reverse_names_beyond_total',
      help: 'Addresses whose name was not asked for because 512 others waited',
      registers,
    }),
    countMismatches: new Counter({
      name: 'netmoth_manager_batch_count_mismatches_total',
      help: 'Batches whose number of lines was not what their header said',
      registers,
    }),
    streamUsed: new Gauge({
      name: 'netmoth_manager_bus_stream_used_ratio',
      help: 'How full the events stream is; at 1 it refuses and the spools of the sensors fill',
      registers,
    }),
    streamMayDiscard: new Gauge({
      name: 'netmoth_manager_bus_stream_may_discard',
      help: '1 where the settings of the events stream let the bus discard what nobody has read',
      registers,
    }),
    purged: new Counter({
      name: 'netmoth_manager_bus_purged_messages_total',
      help: 'Stored messages that this manager removed from the events stream',
      registers,
    }),
    lag: new Gauge({
      name: 'netmoth_manager_bus_pending_messages',
      help: 'Messages in the stream that wait to be delivered to the managers',
      registers,
    }),
    groupEvents: new Histogram({
      name: 'netmoth_manager_transaction_events',
      help: 'Events in one transaction',
      buckets: [1, 10, 100, 1_000, 3_000, 10_000, 30_000, 100_000],
      registers,
    }),
    transactionSeconds: new Histogram({
      name: 'netmoth_manager_transaction_seconds',
      help: 'Time of one transaction, commit included',
      buckets: [0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
    encodeSeconds: new Histogram({
      name: 'netmoth_manager_encode_seconds',
      help: 'Time to parse and encode the events of one transaction',
      buckets: [0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    }),
    retries: new Counter({
      name: 'netmoth_manager_transaction_retries_total',
      help: 'Transactions repeated, by reason: transient, duplicate, bisect',
      labelNames: ['reason'],
      registers,
    }),
    failovers: new Counter({
      name: 'netmoth_manager_store_failovers_total',
      help: 'Times all connections to PostgreSQL were thrown away to look for the primary',
      registers,
    }),
  };
}
