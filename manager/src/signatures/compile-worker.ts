/**
 * The thread that compiles: one message in, one out, then it ends.
 *
 * Invariant: what it hands back is ready for the database (rows in COPY form, bytes compressed), so that
 * the event loop of the manager only passes it on.
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type CompiledSet, compileSet, type SetFile, type SetInput } from './compile-set.ts';
import { faultRows, ruleRows } from './version-rows.ts';

export interface CompileJob extends Omit<SetInput, 'files' | 'countries'> {
  /** Bodies as zstd. */
  readonly files: readonly (Omit<SetFile, 'bytes'> & { readonly body: Uint8Array })[];
  readonly versionId: number;
  /** MaxMind database of countries. */
  readonly geoipFile?: string | undefined;
}

export interface CompileResult {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly counts: CompiledSet['counts'];
  /** zstd */
  readonly bundle: Uint8Array;
  /** Rows of signature_rules and signature_faults for COPY. */
  readonly rules: Uint8Array;
  readonly faults: Uint8Array;
}

function run({ files, versionId, geoipFile, ...input }: CompileJob): CompileResult {
  const unpacked = files.map(({ body, ...file }) => ({ ...file, bytes: zstdDecompressSync(body) }));
  const countries = geoipFile === undefined ? undefined : () => readFileSync(geoipFile);
  const compiled = compileSet({ ...input, files: unpacked, countries });
  return {
    digest: compiled.digest,
    sizeBytes: compiled.bundle.length,
    counts: compiled.counts,
    bundle: zstdCompressSync(compiled.bundle),
    rules: ruleRows(versionId, compiled.rules),
    faults: faultRows(versionId, compiled.faults),
  };
}

// Imported elsewhere (for its types, in a test) it does nothing.
if (parentPort !== null) parentPort.postMessage(run(workerData as CompileJob));
