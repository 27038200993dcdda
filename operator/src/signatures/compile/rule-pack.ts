/**
 * A revision's input: rule files and what a SignatureSet says about them, as one object.
 *
 * Invariants: the same files and settings give the same revision name on every machine, and nothing else
 * does; what is packed can be compiled again years later, alone or together with other sets.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { SignatureSetSpec } from '#crds/signature-set.ts';
import { FORMAT } from '#signatures/bundle/bundle.ts';

/** Of all files of a revision, unpacked. */
export const MAX_SOURCE_BYTES = 48_000_000;
const kDigits = 12;

export const rulePackSchema = z.object({
  /** A compiler that writes another format makes another revision, which goes through the waves. */
  format: z.int(),
  files: z.array(z.object({ name: z.string(), text: z.string() })),
  variables: z.record(z.string(), z.string()),
  enable: z.array(z.int()),
  disable: z.array(z.int()),
  thresholds: z.string(),
});
export type RulePack = z.infer<typeof rulePackSchema>;

export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

export function rulePack(files: readonly SourceFile[], spec: SignatureSetSpec): RulePack {
  const { variables = {}, enable, disable, thresholds = '' } = spec;
  return {
    format: FORMAT,
    files: files
      .map(({ name, text }) => ({ name, text }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    variables: Object.fromEntries(Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1))),
    enable: [...enable].sort((a, b) => a - b),
    disable: [...disable].sort((a, b) => a - b),
    thresholds,
  };
}

/** Names the revision for people and for ever. */
export function revisionName(pack: RulePack): string {
  return createHash('sha256').update(JSON.stringify(pack)).digest('hex').slice(0, kDigits);
}

export function packedBytes(pack: RulePack): Buffer {
  return gzipSync(JSON.stringify(pack));
}

/** Undefined where the bytes are no pack of that name: somebody wrote into the store. */
export function unpacked(bytes: Uint8Array, revision: string): RulePack | undefined {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: 4 * MAX_SOURCE_BYTES }).toString();
    const pack = rulePackSchema.parse(JSON.parse(text));
    return revisionName(pack) === revision ? pack : undefined;
  } catch {
    return undefined;
  }
}
