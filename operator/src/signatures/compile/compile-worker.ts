// The thread that compiles: one job, one answer, then it ends. Invariant: imports nothing of the operator
// but what compiles, so what it costs is the rules alone.
import { parentPort, workerData } from 'node:worker_threads';
import { compileParts, type Part } from './compile-packs.ts';

const { parts } = workerData as { readonly parts: readonly Part[] };
const compiled = compileParts(parts);
// A copy of its own: what is transferred may share its memory with nothing.
const bytes = new Uint8Array(compiled.bytes);
parentPort?.postMessage({ ...compiled, bytes }, [bytes.buffer]);
