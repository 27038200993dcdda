/**
 * A worker with everything full, beside what its configuration says (native/src/pipeline/memory_model.h).
 *
 * Invariant: the filling is done by packets through the whole worker; what is compared is the growth of
 * the resident set, so memory that was taken but never touched does not count on either side.
 */
import { execFileSync } from 'node:child_process';
import { z } from 'zod';
import { buildEngineBench } from '../engine/build.ts';

/** The process may differ from what the configuration says by so much. */
export const MAX_DIFFERENCE = 0.1;

const part = z.object({ model: z.int(), held: z.int() });
const measuredSchema = z.object({
  flows: part,
  sessions: part,
  reassembly: part,
  rule_streams: part,
  codecs: part,
  defrag: part,
  dns_cache: part,
  active: z.int(),
  model: z.int(),
  grown: z.int(),
  packets: z.int(),
});
export type MeasuredMemory = z.infer<typeof measuredSchema>;
export const PARTS = [
  'flows',
  'sessions',
  'reassembly',
  'rule_streams',
  'codecs',
  'defrag',
  'dns_cache',
] as const;

/**
 * With rules not all can be full at once: bodies that decompressors give are kept for rules as sessions are, and
 * take their room before the last decompressor has begun.
 */
export const BELOW_WITH_RULES = 0.25;

/** With the rules and lists of `bundlePath`, where it is given. */
export function fillWorker(maxFlows: number, bundlePath?: string): MeasuredMemory {
  const program = buildEngineBench();
  const given = bundlePath === undefined ? [] : [bundlePath];
  const text = execFileSync(program, ['memory', String(maxFlows), ...given], { encoding: 'utf8' });
  return measuredSchema.parse(JSON.parse(text));
}

/** 0.02: the process grew by 2 % more than the configuration says. */
export function difference(measured: MeasuredMemory): number {
  return measured.grown / measured.model - 1;
}

/** What is not as the configuration says; a line each. `below`: how much less than it there may be, as a share. */
export function memoryFaults(
  maxFlows: number,
  measured: MeasuredMemory,
  below = MAX_DIFFERENCE,
): string[] {
  const faults: string[] = [];
  const { grown, model } = measured;
  if (grown > model * (1 + MAX_DIFFERENCE) || grown < model * (1 - below)) {
    const percent = (difference(measured) * 100).toFixed(1);
    faults.push(`${maxFlows} flows: ${percent} % off: ${grown} octets, not ${model}`);
  }
  for (const name of PARTS) {
    const { held, model: bound } = measured[name];
    if (held > bound) faults.push(`${name}: holds ${held} octets, more than ${bound}`);
  }
  if (measured.active !== maxFlows) faults.push(`${measured.active} flows, not ${maxFlows}`);
  return faults;
}
