/**
 * Loads the engine and gives its exports their types.
 *
 * Invariant: nothing is loaded before the first call, so importing native/lib costs nothing and works
 * without a build; a missing build is NM_SETUP_MISSING with the command that makes it.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { EngineConfig } from '#contracts/engine-config.ts';
import { NetmothError } from '#contracts/errors.ts';
import type {
  CaptureStatus,
  EngineStats,
  EventLedger,
  InterfaceChange,
  LoadedSignatures,
  NativeEngine,
  RuleCost,
} from '#contracts/native.ts';

/** ReadSummary as C++ makes it: times as numbers, the fault as two texts. */
export interface RawSummary extends EngineStats {
  readonly packets: number;
  readonly bytes: number;
  readonly firstPacketMs: number;
  readonly lastPacketMs: number;
  readonly wallSeconds: number;
  readonly loadSeconds: number;
  readonly rulesLoaded: number;
  readonly rulesRefused: number;
  readonly rulesNotMatched: readonly string[];
  readonly ruleProfile?: readonly RuleCost[];
  readonly faultCode?: string;
  readonly faultMessage?: string;
}

export interface RawLiveOptions {
  readonly engine: EngineConfig;
  /** Capture: the interface; replay: ''. */
  readonly interface: string;
  readonly strategy: string;
  readonly bpfFilter: string;
  /** '': the one linked. */
  readonly pcapLibrary: string;
  readonly afXdpForce: boolean;
  readonly promiscuous: boolean;
  readonly shunt: boolean;
  readonly shed: boolean;
  readonly workers: number;
  readonly ringSizeMiB: number;
  /** Replay: the file; capture: ''. */
  readonly replayPath: string;
  /** 0 is as fast as can be read. */
  readonly replaySpeed: number;
  readonly rebaseTime: boolean;
  readonly alertMaxMs: number;
  readonly batchMaxMs: number;
  readonly batchMaxBytes: number;
  readonly queueBatches: number;
  /** '': none. */
  readonly bundlePath: string;
  readonly patternCache: string;
}

export interface RawLive {
  stats(): EngineStats;
  captureStatus(): CaptureStatus;
  takeInterfaceChanges(): InterfaceChange[];
  tellEvents(ledger: EventLedger): void;
  /** `digest` is '' while nothing is loaded. */
  signatures(): LoadedSignatures;
  /** False: the run is over, or another bundle is being loaded. '' unloads. */
  swapSignatures(path: string, onDone: (reason: string, message: string) => void): boolean;
  /** Reads of the options what a run can change. */
  tune(options: RawLiveOptions): void;
  stop(onStopped: () => void): void;
}

/** What netmoth.node exports; it trusts every argument, native/lib checks them before. */
export interface Addon {
  readFile(
    options: {
      path: string;
      evePath: string;
      bundlePath: string;
      patternCache: string;
      profile: boolean;
      engine: EngineConfig;
    },
    onProgress: (bytes: number, totalBytes: number, packets: number) => void,
    onDone: (summary: RawSummary) => void,
  ): void;
  startLive(
    options: RawLiveOptions,
    onBatch: (eventClass: number, count: number, bytes: Uint8Array) => void,
    onEnd: (code: string, message: string) => void,
  ): RawLive;
  memoryWhenFull(engine: EngineConfig, workers: number, signatureBytes?: number): number;
  interfaces: NativeEngine['interfaces'];
  defaultInterface: NativeEngine['defaultInterface'];
}

const repository = join(import.meta.dirname, '..', '..');
export const ADDON_PATH = join(repository, 'build', 'native', 'netmoth.node');

/** The engine; the module system keeps it loaded. */
export function loadAddon(path: string = ADDON_PATH): Addon {
  if (!existsSync(path)) {
    throw new NetmothError(
      'NM_SETUP_MISSING',
      `the engine is not built (${path} is missing): run \`npm run setup\` in ${repository}`,
    );
  }
  try {
    // The shape is fixed by native/src/addon/addon.cc, built from the same commit.
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NetmothError(
      'NM_SETUP_MISSING',
      `the engine does not load (${reason}): run \`npm run setup\` in ${repository}`,
      { cause },
    );
  }
}
