/**
 * Live capture or replay with the engine: batches of events until stopped.
 *
 * Invariant: every batch reaches onBatch before stop() resolves or onEnd is called; onEnd is called at
 * most once and never after stop() was asked for.
 */
import { BundleRefused, bundleFaultReason } from '#contracts/bundle-faults.ts';
import { captureConfigSchema, replayConfigSchema } from '#contracts/engine-config.ts';
import { NetmothError } from '#contracts/errors.ts';
import { EVENT_CLASSES } from '#contracts/eve.ts';
import type {
  LiveEngine,
  LiveOptions,
  LiveTuning,
  LoadedSignatures,
  NativeEngine,
} from '#contracts/native.ts';
import { loadAddon, type RawLive, type RawLiveOptions } from './addon.ts';
import { checkOptions, engineConfigFrom } from './check.ts';
import { errorCodeOf } from './read.ts';

const KNOWN = {
  required: [
    'source',
    'alertMaxMs',
    'batchMaxMs',
    'batchMaxBytes',
    'queueBatches',
    'onBatch',
    'onEnd',
  ],
  optional: ['engine', 'bundlePath', 'patternCache'],
} as const;

const PRIVILEGE_HINT =
  'run as root, or grant it with `sudo setcap cap_net_raw+ep $(readlink -f $(command -v node))`';

export function startLive(options: LiveOptions): LiveEngine {
  checkOptions('startLive', options, KNOWN);
  const raw = rawOptions(options);
  const addon = loadAddon();
  let stopping: Promise<void> | undefined;
  const onBatch = (classIndex: number, count: number, bytes: Uint8Array) => {
    options.onBatch({ eventClass: EVENT_CLASSES[classIndex] ?? 'protocol', count, bytes });
  };
  const onEnd = (code: string, message: string) => {
    if (stopping === undefined) options.onEnd(code === '' ? undefined : errorOf(code, message));
  };
  const engine = start(() => addon.startLive(raw, onBatch, onEnd));
  const loaded = () => {
    const signatures = engine.signatures();
    return signatures.digest === '' ? undefined : signatures;
  };
  const swap = (path = '') =>
    new Promise<LoadedSignatures | undefined>((resolve, reject) => {
      const begun = engine.swapSignatures(path, (reason, message) => {
        if (reason === '') resolve(loaded());
        else reject(errorOf(reason, message));
      });
      if (!begun) reject(new NetmothError('NM_USAGE', 'swapSignatures: the run is over'));
    });
  let swapping: Promise<unknown> = Promise.resolve();
  return {
    stats: () => engine.stats(),
    captureStatus: () => engine.captureStatus(),
    takeInterfaceChanges: () => engine.takeInterfaceChanges(),
    tellEvents: (ledger) => engine.tellEvents(ledger),
    tune: (tuning) => tune(engine, options, tuning),
    signatures: loaded,
    swapSignatures: (path) => {
      const swapped = swapping.then(() => swap(path));
      swapping = swapped.catch(() => undefined);
      return swapped;
    },
    stop: () => {
      stopping ??= new Promise<void>((resolve) => engine.stop(resolve));
      return stopping;
    },
  };
}

const TUNED = { required: ['engine', 'alertMaxMs', 'batchMaxMs'], optional: [] } as const;

/** `options` are those the run was started with: what cannot be changed stays as it is there. */
function tune(engine: RawLive, options: LiveOptions, tuning: LiveTuning): void {
  checkOptions('tune', tuning, TUNED);
  const { alertMaxMs, batchMaxMs } = tuning;
  const wanted = engineConfigFrom({ ...options.engine, ...tuning.engine });
  engine.tune(rawOptions({ ...options, alertMaxMs, batchMaxMs, engine: wanted }));
}

/** Interfaces of this machine with their state, in the kernel's order. */
export const interfaces: NativeEngine['interfaces'] = () => loadAddon().interfaces();

/** Interface of the default route with the lowest metric, if any. */
export const defaultInterface: NativeEngine['defaultInterface'] = () =>
  loadAddon().defaultInterface();

const BOUNDS = ['alertMaxMs', 'batchMaxMs', 'batchMaxBytes', 'queueBatches'] as const;

/** Throws NM_USAGE where a wait, a size or a queue is no positive whole number. */
function checkBounds(options: LiveOptions): void {
  for (const name of BOUNDS) {
    const value = options[name];
    if (!Number.isInteger(value) || value < 1 || value > 0x7fff_ffff) {
      throw new NetmothError('NM_USAGE', `startLive: ${name} must be a whole number above 0`);
    }
  }
}

function rawOptions(options: LiveOptions): RawLiveOptions {
  checkBounds(options);
  const { source, alertMaxMs, batchMaxMs, batchMaxBytes, queueBatches } = options;
  const common = {
    engine: engineConfigFrom(options.engine),
    ...{ alertMaxMs, batchMaxMs, batchMaxBytes, queueBatches },
    bundlePath: options.bundlePath ?? '',
    patternCache: options.patternCache ?? '',
  };
  const none = {
    ...{ interface: '', strategy: 'auto', bpfFilter: '', pcapLibrary: '' },
    ...{ promiscuous: false, shunt: false, shed: false, afXdpForce: false },
    ...{ workers: 1, ringSizeMiB: 1 },
  };
  if (source.capture !== undefined && source.replay === undefined) {
    const capture = captureConfigSchema.parse(source.capture);
    const replay = { replayPath: '', replaySpeed: 1, rebaseTime: false };
    const { bpfFilter = '', pcapLibrary = '', afXdpForce = false } = capture;
    return { ...common, ...replay, ...capture, bpfFilter, pcapLibrary, afXdpForce };
  }
  if (source.replay !== undefined && source.capture === undefined) {
    const { path, speed, rebaseTime } = replayConfigSchema.parse(source.replay);
    const replaySpeed = speed === 'max' ? 0 : speed;
    return { ...common, ...none, replayPath: path, replaySpeed, rebaseTime };
  }
  throw new NetmothError('NM_USAGE', 'startLive: source needs either capture or replay');
}

/** The addon throws errors whose message is `CODE: sentence`. */
function start(call: () => RawLive): RawLive {
  try {
    return call();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const [, code, message] = /^((?:NM|BUNDLE)_[A-Z_]+): (.*)$/s.exec(text) ?? [];
    throw errorOf(code ?? 'NM_INTERNAL', message ?? text);
  }
}

function errorOf(code: string, message: string): NetmothError {
  const reason = bundleFaultReason(code);
  if (reason !== undefined) return new BundleRefused(reason, message);
  const known = errorCodeOf(code);
  if (known === 'NM_CAPTURE_NO_PRIVILEGE') {
    return new NetmothError(known, `${message}: ${PRIVILEGE_HINT}`);
  }
  return new NetmothError(known, message);
}
