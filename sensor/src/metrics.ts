/**
 * What /metrics shows, in Prometheus' words; docs/metrics-sensor.md explains each (a test compares).
 *
 * Invariant: nothing is counted here: every value is read from the part that counts it, when asked.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { EVENT_CLASSES } from '#contracts/eve.ts';
import { type ReportedSignatures, SIGNATURE_STATES } from '#contracts/signature-store.ts';
import type { Condition } from './health.ts';
import type { Readings } from './ledger.ts';
import { type Define, definer, type Sample } from './metric-definer.ts';
import { LOSS_REASONS } from './outbox.ts';

export interface MetricsInput {
  readonly readings: () => Readings;
  readonly conditions: () => readonly Condition[];
  readonly eventsLeftOut: () => number;
  readonly busReconnects: () => number;
  readonly spoolWriteErrors: () => number;
  readonly signatures: () => ReportedSignatures;
  readonly bundlesRefused: () => ReadonlyMap<string, number>;
  readonly version: string;
}

/** Of metrics that may have no sample yet. */
const kLabelsWhileEmpty: Readonly<Record<string, readonly string[]>> = {
  events_made_total: ['type'],
  signatures_info: ['digest', 'revision'],
  signatures_refused_total: ['reason'],
};

export interface Metrics {
  readonly registry: Registry;
  /** The page of /metrics, all of it from one reading. */
  render(): Promise<string>;
}

export function makeMetrics(input: MetricsInput): Metrics {
  const registry = new Registry();
  const define = definer(registry, kLabelsWhileEmpty);
  let latest = input.readings();
  const readings = () => latest;
  captureMetrics(define, readings);
  engineMetrics(define, readings);
  memoryMetrics(define, readings);
  eventMetrics(define, readings);
  queueMetrics(define, readings);
  signatureMetrics(define, input);
  define(
    'counter',
    'events_left_out_total',
    'Events that outputs.classes and outputs.flowSampling do not want',
    input.eventsLeftOut,
  );
  define('counter', 'bus_reconnects_total', 'Connections made to the bus', input.busReconnects);
  define('counter', 'spool_write_errors_total', 'Batches the disk refused', input.spoolWriteErrors);
  define('gauge', 'condition', '1 where the condition is True', () =>
    input.conditions().map(({ type, status }) => [{ type }, status === 'True' ? 1 : 0]),
  );
  define('gauge', 'info', 'Always 1', () => [[{ version: input.version }, 1]]);
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  return {
    registry,
    render: () => {
      latest = input.readings();
      return registry.metrics();
    },
  };
}

function captureMetrics(define: Define, readings: MetricsInput['readings']): void {
  const engine = () => readings().engine;
  define(
    'counter',
    'kernel_packets_total',
    'Packets handed to our rings, drops included',
    () => engine().kernelPackets,
  );
  define(
    'counter',
    'kernel_drops_total',
    'Packets the kernel could not put into our rings',
    () => engine().kernelDrops,
  );
  define('counter', 'capture_passed_over_packets_total', 'Packets counted and not decoded', () => [
    [{ why: 'filter' }, engine().filteredPackets],
    [{ why: 'shunted' }, engine().shuntedPackets],
    [{ why: 'sampled_out' }, engine().sampledOutPackets],
  ]);
  define(
    'counter',
    'shunted_bytes_total',
    'Octets of shunted packets',
    () => engine().shuntedBytes,
  );
  define(
    'counter',
    'shunted_flows_total',
    'Flows whose packets stayed in the kernel',
    () => engine().shuntedFlows,
  );
  define(
    'counter',
    'payloads_left_total',
    'Packets of encrypted flows counted and not looked into under overload',
    () => engine().payloadsLeft,
  );
  define('gauge', 'overload_level', 'What is left undone now', () => engine().overloadLevel);
  define(
    'gauge',
    'sampled_one_in',
    'Of new flows one in so many is looked at',
    () => engine().sampledOneIn,
  );
  define('counter', 'nic_packets_total', 'Packets of the interfaces', () => engine().nicPackets);
  define('counter', 'nic_drops_total', 'Packets interfaces dropped', () => engine().nicDrops);
  define(
    'counter',
    'interface_changes_total',
    'Interfaces that came, went or changed',
    () => engine().interfaceChanges,
  );
  define('counter', 'decoded_packets_total', 'Packets decoded', () => engine().decodedPackets);
  define('counter', 'decoded_bytes_total', 'Bytes decoded', () => engine().decodedBytes);
  define(
    'counter',
    'invalid_packets_total',
    'Packets with a decode anomaly',
    () => engine().invalidPackets,
  );
  define('counter', 'fragments_total', 'IP fragments set aside', () => engine().fragments);
  define('counter', 'flows_total', 'Flows begun', () => engine().flowsTotal);
  define('gauge', 'flows_active', 'Flows in the table', () => engine().flowsActive);
  define('counter', 'reassembly_gaps_total', 'Gaps in TCP streams', () => engine().reassemblyGaps);
  define(
    'counter',
    'reassembly_drops_total',
    'Segments over the reassembly memory',
    () => engine().reassemblyDrops,
  );
}

/** What is held, and what happens where it is as much as may be. */
function memoryMetrics(define: Define, readings: MetricsInput['readings']): void {
  const engine = () => readings().engine;
  define('gauge', 'memory_bytes', 'Octets the engine holds', () =>
    Object.entries(engine().memoryBytes).map(([part, octets]) => [{ part }, octets]),
  );
  define('counter', 'flows_evicted_total', 'Flows put out of a full table', () => [
    [{ state: 'new' }, engine().flowsEvictedNew],
    [{ state: 'established' }, engine().flowsEvictedEstablished],
    [{ state: 'closed' }, engine().flowsEvictedClosed],
  ]);
  define(
    'counter',
    'flow_emergencies_total',
    'Times the flow table was full',
    () => engine().flowEmergencies,
  );
  define(
    'gauge',
    'flow_emergencies',
    'Workers whose flow table is full and has not recovered',
    () => engine().flowEmergencies - engine().flowEmergenciesOver,
  );
  define(
    'counter',
    'reassembly_early_bytes_total',
    'Octets parsed before they were acknowledged, for want of memory',
    () => engine().reassemblyEarlyBytes,
  );
  define(
    'counter',
    'reassembly_overlaps_total',
    'Segments with other data than what was held',
    () => engine().reassemblyOverlaps,
  );
  define('counter', 'sessions_refused_total', 'Flows not parsed for want of memory', () => [
    [{ when: 'opening' }, engine().sessionsRefused],
    [{ when: 'growing' }, engine().sessionsDropped],
  ]);
  define(
    'counter',
    'rule_stream_early_bytes_total',
    'Octets of streams that rules looked at before their time, for want of memory',
    () => engine().ruleStreamEarlyBytes,
  );
  define(
    'counter',
    'decompression_refused_total',
    'Allocations of decompressors over their memory',
    () => engine().decompressionRefused,
  );
  define('counter', 'limited_total', 'Neither told nor kept, because a bound was met', () => [
    [{ what: 'anomalies' }, engine().anomaliesSuppressed],
    [{ what: 'list_alerts' }, engine().listAlertsSuppressed],
    [{ what: 'flow_labels' }, engine().flowLabelsRefused],
    [{ what: 'flow_names' }, engine().flowNamesRefused],
  ]);
}

function signatureMetrics(
  define: Define,
  { signatures, bundlesRefused }: Pick<MetricsInput, 'signatures' | 'bundlesRefused'>,
): void {
  define('gauge', 'signatures_info', 'Always 1, by the digest of the set in use', () => {
    const { digest, revision = '' } = signatures();
    return digest === undefined ? [] : [[{ digest, revision }, 1]];
  });
  define('gauge', 'signatures_state', '1 for the state the signatures are in', () =>
    SIGNATURE_STATES.map((state) => [{ state }, signatures().state === state ? 1 : 0]),
  );
  define('gauge', 'rules_loaded', 'Rules in use', () => signatures().rulesLoaded ?? 0);
  define(
    'gauge',
    'rules_failed',
    'Rules of the set in use that this engine cannot match',
    () => signatures().rulesFailed ?? 0,
  );
  define('gauge', 'indicators_loaded', 'List entries in use', () => signatures().indicators ?? 0);
  define(
    'gauge',
    'signatures_load_seconds',
    'How long the set in use took to load',
    () => (signatures().loadMs ?? 0) / 1_000,
  );
  define(
    'gauge',
    'signatures_memory_bytes',
    'What the set in use takes, beside its mapped file',
    () => signatures().memoryBytes ?? 0,
  );
  define('counter', 'signatures_swaps_total', 'Sets loaded', () => signatures().swaps ?? 0);
  define('counter', 'signatures_refused_total', 'Bundles refused', () =>
    [...bundlesRefused()].map(([reason, count]) => [{ reason }, count]),
  );
}

function engineMetrics(define: Define, readings: MetricsInput['readings']): void {
  const engine = () => readings().engine;
  define(
    'counter',
    'datagrams_reassembled_total',
    'Datagrams put together from fragments',
    () => engine().datagramsReassembled,
  );
  define(
    'counter',
    'datagrams_timed_out_total',
    'Datagrams whose fragments did not all come',
    () => engine().datagramsTimedOut,
  );
  define(
    'counter',
    'datagrams_evicted_total',
    'Datagrams put out for newer ones',
    () => engine().datagramsEvicted,
  );
  define(
    'counter',
    'fragments_refused_total',
    'Fragments not kept',
    () => engine().fragmentsRefused,
  );
  define(
    'counter',
    'fragment_overlaps_total',
    'Fragments that overlap others',
    () => engine().fragmentOverlaps,
  );
  define(
    'gauge',
    'dns_cache_entries',
    'Names the DNS correlation holds',
    () => engine().dnsCacheEntries,
  );
  define(
    'counter',
    'dns_cache_evicted_total',
    'Names put out for newer ones',
    () => engine().dnsCacheEvicted,
  );
  define(
    'counter',
    'dns_cache_refused_total',
    'Names without room',
    () => engine().dnsCacheRefused,
  );
  define(
    'counter',
    'dns_cache_lookups_total',
    'Connections a name was looked up for',
    () => engine().dnsCacheLookups,
  );
  define(
    'counter',
    'dns_cache_hits_total',
    'Connections a name was found for',
    () => engine().dnsCacheHits,
  );
}

function eventMetrics(define: Define, readings: MetricsInput['readings']): void {
  define('counter', 'events_made_total', 'Events made by the engine, by event type', () =>
    Object.entries(readings().engine.eventsByType).map(([type, count]) => [{ type }, count]),
  );
  define(
    'counter',
    'events_published_total',
    'Events handed to the bus',
    () => readings().publisher.publishedEvents,
  );
  define(
    'counter',
    'events_acknowledged_total',
    'Events the bus has stored',
    () => readings().outbox.acknowledgedEvents,
  );
  define(
    'counter',
    'published_bytes_total',
    'Compressed bytes handed to the bus',
    () => readings().publisher.publishedBytes,
  );
  define(
    'counter',
    'batches_acknowledged_total',
    'Batches the bus has stored',
    () => readings().publisher.acknowledgedBatches,
  );
  define(
    'counter',
    'batches_duplicate_total',
    'Retries of batches the bus had already',
    () => readings().publisher.duplicates,
  );
  define(
    'counter',
    'publish_faults_total',
    'Attempts without acknowledgement',
    () => readings().publisher.faults,
  );
}

/** Engine queue → intake → spool → in flight: depth and losses of each. */
function queueMetrics(define: Define, readings: MetricsInput['readings']): void {
  define(
    'counter',
    'engine_queue_dropped_events_total',
    'Events that found the engine queue full',
    () => readings().engine.eventsDropped,
  );
  define(
    'gauge',
    'intake_batches',
    'Batches waiting to be compressed',
    () => readings().intake.batches,
  );
  define('gauge', 'intake_bytes', 'Bytes waiting to be compressed', () => readings().intake.bytes);
  define(
    'counter',
    'intake_blocked_batches_total',
    'Batches that held the engine back',
    () => readings().intake.blockedBatches,
  );
  define('counter', 'intake_dropped_events_total', 'Events that could not be packed', () => [
    [{ reason: 'fault' }, readings().intake.droppedEvents],
    [{ reason: 'tooLarge' }, readings().intake.tooLargeEvents],
  ]);
  define('gauge', 'spool_batches', 'Batches not acknowledged yet, by class', () =>
    EVENT_CLASSES.map((each) => [{ class: each }, readings().outbox.held[each].batches]),
  );
  define('gauge', 'spool_events', 'Events not acknowledged yet, by class', () =>
    EVENT_CLASSES.map((each) => [{ class: each }, readings().outbox.held[each].events]),
  );
  define('gauge', 'spool_disk_bytes', 'Disk the spool takes', () => readings().outbox.diskBytes);
  define(
    'gauge',
    'spool_capacity_bytes',
    'Disk the spool may take',
    () => readings().outbox.capacityBytes,
  );
  define(
    'gauge',
    'spool_memory_bytes',
    'Compressed batches held in memory',
    () => readings().outbox.memoryBytes,
  );
  define(
    'counter',
    'spool_waited_events_total',
    'Events that could not be sent at once',
    () => readings().outbox.spooledEvents,
  );
  define('counter', 'spool_dropped_events_total', 'Events lost from the spool', () =>
    EVENT_CLASSES.flatMap((each) =>
      LOSS_REASONS.map(
        (reason): Sample => [{ class: each, reason }, readings().outbox.lost[each][reason].events],
      ),
    ),
  );
  define(
    'gauge',
    'in_flight_batches',
    'Batches sent and not acknowledged',
    () => readings().publisher.inFlight,
  );
  define(
    'gauge',
    'in_flight_bytes',
    'Bytes sent and not acknowledged',
    () => readings().publisher.inFlightBytes,
  );
}
