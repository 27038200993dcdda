/**
 * What crosses Node-API: the words the typed façade (native/lib) and its callers share.
 *
 * Invariant: bytes cross in batches, never a packet or an event at a time.
 */
import type {
  CAPTURE_STRATEGIES,
  CaptureConfig,
  EngineConfig,
  LiveEngineConfig,
  ReplayConfig,
} from './engine-config.ts';
import type { ErrorCode } from './errors.ts';
import type { EventClass } from './eve.ts';

/** NDJSON bytes of `count` events of one class; each line ends with "\n". */
export interface EventBatch {
  readonly eventClass: EventClass;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Octets held at the moment, by the bound that holds them (docs/engine.md, Memory). */
export interface EngineMemory {
  readonly flows: number;
  readonly sessions: number;
  readonly reassembly: number;
  /** Of streams, waiting for rules to look at them. */
  readonly ruleStreams: number;
  readonly defrag: number;
  readonly decompression: number;
  readonly dnsCache: number;
}

/** Engine counters, all since start, summed over workers. */
export interface EngineStats {
  readonly kernelPackets: number;
  readonly kernelDrops: number;
  /** Counted by the kernel, but not what the filter takes. */
  readonly filteredPackets: number;
  /** Counted into their flows in the kernel and never handed over. */
  readonly shuntedPackets: number;
  readonly shuntedBytes: number;
  /** Flows whose packets stayed there, for a while at least. */
  readonly shuntedFlows: number;
  /** Of flows not looked at while there was too much to do. */
  readonly sampledOutPackets: number;
  /** Of encrypted flows, counted and not looked into while there was too much to do. */
  readonly payloadsLeft: number;
  /** What is left undone now (docs/engine.md, Overload): 0 to 3, of the worker that is worst off. */
  readonly overloadLevel: number;
  /** Of new flows one in so many is looked at now; 1: all. */
  readonly sampledOneIn: number;
  /** What the interfaces themselves have counted while they were captured on. */
  readonly nicPackets: number;
  readonly nicDrops: number;
  readonly interfaceChanges: number;
  readonly decodedPackets: number;
  readonly decodedBytes: number;
  readonly invalidPackets: number;
  readonly flowsTotal: number;
  readonly flowsActive: number;
  readonly flowsEvicted: number;
  readonly flowsEvictedNew: number;
  readonly flowsEvictedEstablished: number;
  readonly flowsEvictedClosed: number;
  /** Times the flow table was full, and times it had room again. */
  readonly flowEmergencies: number;
  readonly flowEmergenciesOver: number;
  readonly fragments: number;
  readonly datagramsReassembled: number;
  readonly datagramsTimedOut: number;
  readonly datagramsEvicted: number;
  readonly fragmentsRefused: number;
  readonly fragmentOverlaps: number;
  readonly dnsCacheEntries: number;
  readonly dnsCacheEvicted: number;
  readonly dnsCacheRefused: number;
  readonly dnsCacheLookups: number;
  readonly dnsCacheHits: number;
  readonly reassemblyGaps: number;
  readonly reassemblyDrops: number;
  /** Parsed before they were acknowledged, for want of memory. */
  readonly reassemblyEarlyBytes: number;
  readonly reassemblyOverlaps: number;
  /** Flows not parsed, or no longer, for want of session memory. */
  readonly sessionsRefused: number;
  readonly sessionsDropped: number;
  /** Octets of streams that rules looked at before their time, for want of memory. */
  readonly ruleStreamEarlyBytes: number;
  readonly decompressionRefused: number;
  /** What met a bound and was neither told nor kept. */
  readonly anomaliesSuppressed: number;
  readonly listAlertsSuppressed: number;
  readonly flowLabelsRefused: number;
  readonly flowNamesRefused: number;
  readonly memoryBytes: EngineMemory;
  readonly eventsMade: number;
  /** Events that found the batch queue to JavaScript full. */
  readonly eventsDropped: number;
  /** Events by EVE event_type. */
  readonly eventsByType: Readonly<Record<string, number>>;
}

export interface ReadOptions {
  /** Capture file; "-" is standard input. */
  readonly path: string;
  /** NDJSON file to write; "-" is standard output. */
  readonly evePath: string;
  /** Compiled signatures (docs/bundle.md) to match against; none where absent. */
  readonly bundlePath?: string;
  /** Folder that keeps what patterns were compiled to (64 MiB at most); compiled each time where absent. */
  readonly patternCache?: string;
  /** Measure what each rule costs; the file is read by one worker then. */
  readonly profile?: boolean;
  readonly engine: EngineConfig;
  /** Called from time to time with bytes read of the whole (0 where unknown). */
  readonly onProgress?: (done: { bytes: number; totalBytes: number; packets: number }) => void;
}

/** What testing one rule cost, all since start. */
export interface RuleCost {
  readonly gid: number;
  readonly sid: number;
  /** Tested after the prefilter. */
  readonly checks: number;
  readonly matches: number;
  /** Of the processor's time stamp (or nanoseconds where it has none), in all tests and in the worst. */
  readonly ticks: number;
  readonly worstTicks: number;
}

export interface ReadSummary extends EngineStats {
  readonly packets: number;
  readonly bytes: number;
  /** First and last packet, ISO 8601, empty where there was none. */
  readonly firstPacket: string;
  readonly lastPacket: string;
  readonly wallSeconds: number;
  /** Of the bundle: how long it took to load, rules that are matched, those that cannot be and why. */
  readonly loadSeconds: number;
  readonly rulesLoaded: number;
  /** What rules and lists take, with their mapped file and the patterns that were needed; absent: there are none. */
  readonly signatureBytes?: number;
  readonly rulesRefused: number;
  readonly rulesNotMatched: readonly string[];
  /** In alert order, where `profile` asked for it and the bundle has rules. */
  readonly ruleProfile?: readonly RuleCost[];
  /** Set where the file ended early: everything before was read and written. */
  readonly fault?: { readonly code: ErrorCode; readonly message: string };
}

export interface SensorSource {
  readonly capture?: CaptureConfig;
  readonly replay?: ReplayConfig;
}

/** What a live engine matches with: a compiled bundle (docs/bundle.md). */
export interface LoadedSignatures {
  /** sha256:… */
  readonly digest: string;
  readonly rulesLoaded: number;
  /** Rules that this engine cannot match, the first of them with their reasons in rulesNotMatched. */
  readonly rulesFailed: number;
  readonly rulesNotMatched: readonly string[];
  /** Entries of indicator lists. */
  readonly indicators: number;
  /** What all of it takes beside the mapped file, with each worker's room for matching. */
  readonly memoryBytes: number;
  /** From the file until the last worker matched with it. */
  readonly loadMs: number;
}

export interface LiveOptions {
  readonly source: SensorSource;
  readonly engine: EngineConfig;
  /** Bundle to begin with; one that is refused throws BundleRefused. */
  readonly bundlePath?: string;
  /** Folder that keeps what patterns were compiled to (64 MiB at most); compiled each time where absent. */
  readonly patternCache?: string;
  /** Alerts wait at most this long in a batch, other classes at most `batchMaxMs`. */
  readonly alertMaxMs: number;
  readonly batchMaxMs: number;
  readonly batchMaxBytes: number;
  /** Batches waiting for JavaScript at most; beyond, live capture drops and counts, a replay waits. */
  readonly queueBatches: number;
  readonly onBatch: (batch: EventBatch) => void;
  /** The source ended: a replay is through (no error) or capture failed. */
  readonly onEnd: (error?: Error) => void;
}

/** What of a live engine changes while it runs; LIVE_ENGINE_KEYS of the engine's configuration. */
export interface LiveTuning {
  readonly engine: LiveEngineConfig;
  readonly alertMaxMs: number;
  readonly batchMaxMs: number;
}

/** What is captured on, and how. */
export interface CaptureStatus {
  readonly strategy: CaptureStrategy;
  /** Why strategies before it were not taken: "ebpf: …". */
  readonly reasons: readonly string[];
  readonly interfaces: ReadonlyArray<{
    readonly name: string;
    readonly up: boolean;
    readonly mtu: number;
    /** Why nothing is captured on it; '': it is captured on. */
    readonly fault: string;
    /** How, where the strategy has several ways: "zero copy"; '': there is one. */
    readonly mode: string;
  }>;
  /** Asked for by name and not there. */
  readonly missing: readonly string[];
  /** Flows that are done with stay in the kernel. */
  readonly shunts: boolean;
  /** Why they do not, where that was asked for; else ''. */
  readonly noShunt: string;
}

export type CaptureStrategy = Exclude<(typeof CAPTURE_STRATEGIES)[number], 'auto'>;

export interface InterfaceChange {
  readonly timeMs: number;
  readonly change: 'added' | 'removed' | 'renamed' | 'up' | 'down' | 'mtu' | 'over_bound';
  readonly name: string;
  /** renamed: the name before; mtu: from and to. */
  readonly detail: string;
}

/** What has become of the events handed over. */
export interface EventLedger {
  readonly spooled: number;
  readonly droppedBySpool: number;
  readonly published: number;
  readonly acknowledged: number;
  /** The spool has little room left: the engine is to make fewer events. */
  readonly backlog: boolean;
}

export interface LiveEngine {
  stats(): EngineStats;
  /** Without interfaces in a replay. */
  captureStatus(): CaptureStatus;
  /** Since the last call, oldest first; the latest 256 at most. */
  takeInterfaceChanges(): InterfaceChange[];
  /** Told in the stats events from here on. */
  tellEvents(ledger: EventLedger): void;
  /**
   * Goes on with other settings within 50 ms, without losing a packet; throws NM_CONFIG_INVALID where they
   * cannot be taken: then all stays as it was.
   */
  tune(tuning: LiveTuning): void;
  /** Undefined while nothing is loaded. */
  signatures(): LoadedSignatures | undefined;
  /**
   * Matches with another bundle (undefined: with none) as soon as it is loaded, without losing a packet or
   * what is known of flows. Rejects with BundleRefused where it cannot be taken: all stays as it was. The
   * file must stay as it is; it may be removed or replaced by another one. One after the other.
   */
  swapSignatures(path: string | undefined): Promise<LoadedSignatures | undefined>;
  /** Stops capture, ends all flows with reason `shutdown`, hands over the last batches, then resolves. */
  stop(): Promise<void>;
}

/** The façade: native/lib/index.ts exports these functions; all throw NetmothError. */
export interface NativeEngine {
  read(options: ReadOptions): Promise<ReadSummary>;
  startLive(options: LiveOptions): LiveEngine;
  /** Octets the engine holds at most, to a tenth; `workers` where the source has a number of its own. */
  memoryWhenFull(engine: EngineConfig, signatureBytes?: number): number;
  /** Interfaces of this machine with their state, for error messages and defaults. */
  interfaces(): ReadonlyArray<{
    readonly name: string;
    readonly up: boolean;
    readonly addresses: readonly string[];
  }>;
  /** Interface of the default route, if any. */
  defaultInterface(): string | undefined;
}
