/**
 * Reads one capture file with the engine, on a thread of its own.
 *
 * Invariant: resolves once everything readable was read and written; `fault` then says whether that was
 * the whole. A file that gives nothing at all, and an output that cannot be written, reject.
 */
import type { EngineConfig } from '#contracts/engine-config.ts';
import { ERROR_CODES, type ErrorCode, NetmothError } from '#contracts/errors.ts';
import type { ReadOptions, ReadSummary } from '#contracts/native.ts';
import { loadAddon, type RawSummary } from './addon.ts';
import { checkOptions, engineConfigFrom } from './check.ts';

const KNOWN = {
  required: ['path', 'evePath'],
  optional: ['bundlePath', 'engine', 'onProgress', 'patternCache', 'profile'],
} as const;

export async function read(options: ReadOptions): Promise<ReadSummary> {
  checkOptions('read', options, KNOWN);
  const { path, evePath, bundlePath = '', profile = false, onProgress } = options;
  const { patternCache = '' } = options;
  const engine = engineConfigFrom(options.engine);
  const addon = loadAddon();
  const raw = await new Promise<RawSummary>((resolve) => {
    const progress = (bytes: number, totalBytes: number, packets: number) =>
      onProgress?.({ bytes, totalBytes, packets });
    const given = { path, evePath, bundlePath, patternCache, profile, engine };
    addon.readFile(given, progress, resolve);
  });
  return summaryOf(raw);
}

/** `signatureBytes`: of the rules and lists that are used; without them none are. */
export function memoryWhenFull(engine: EngineConfig, signatureBytes?: number): number {
  return loadAddon().memoryWhenFull(engineConfigFrom(engine), engine.workers, signatureBytes);
}

function summaryOf(raw: RawSummary): ReadSummary {
  const { firstPacketMs, lastPacketMs, faultCode, faultMessage, ...numbers } = raw;
  const summary = {
    ...numbers,
    firstPacket: raw.packets > 0 ? new Date(firstPacketMs).toISOString() : '',
    lastPacket: raw.packets > 0 ? new Date(lastPacketMs).toISOString() : '',
  };
  if (faultCode === undefined) return summary;
  const code = errorCodeOf(faultCode);
  const message = faultMessage ?? '';
  if (code !== 'NM_CAPTURE_FILE_TRUNCATED') throw new NetmothError(code, message);
  return { ...summary, fault: { code, message } };
}

/** The engine names codes as text; one that contracts do not know would be a fault of ours. */
export function errorCodeOf(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'NM_INTERNAL';
}
