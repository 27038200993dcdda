/**
 * A revision's input: rule files and what a SignatureSet says about them, as one object.
 *
 * Invariants: the same files and settings give the same revision name on every machine, and nothing else
 * does; what is packed can be compiled again years later, alone or together with other sets.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { INDICATOR_LIST_FORMATS, INDICATOR_TYPES } from '#contracts/indicator-lists.ts';
import type { SignatureSetSpec } from '#crds/signature-set.ts';
import { FORMAT } from '#signatures/bundle/bundle.ts';
import { globOf } from '../source/glob.ts';

/** Of all files of a revision, unpacked. */
export const MAX_SOURCE_BYTES = 48_000_000;
const kDigits = 12;

const listOptionsSchema = z.object({
  name: z.string().optional(),
  category: z.string().optional(),
  format: z.enum(INDICATOR_LIST_FORMATS).optional(),
  type: z.enum(INDICATOR_TYPES).optional(),
  confidence: z.int(),
  severity: z.int(),
});

export const rulePackSchema = z.object({
  /** A compiler that writes another format makes another revision, which goes through the waves. */
  format: z.int(),
  files: z.array(z.object({ name: z.string(), text: z.string() })),
  variables: z.record(z.string(), z.string()),
  enable: z.array(z.int()),
  disable: z.array(z.int()),
  thresholds: z.string(),
  // Absent where there are none: what was packed before there were lists keeps its name.
  lists: z.array(z.object({ file: z.string(), options: listOptionsSchema })).optional(),
  datasets: z.array(z.string()).optional(),
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
    ...dataOf(files, spec),
  };
}

/** Which files are lists, by the first entry of spec.lists that means them, and which hold values of datasets. */
function dataOf(
  files: readonly SourceFile[],
  { lists, datasets }: SignatureSetSpec,
): Pick<RulePack, 'lists' | 'datasets'> {
  const names = files.map(({ name }) => name).sort();
  const found = names.flatMap((file) => {
    const list = lists?.find((each) => globOf(each.files)(file));
    if (list === undefined) return [];
    const { files: _pattern, ...options } = list;
    return [{ file, options: listOptionsSchema.parse(options) }];
  });
  const listed = new Set(found.map(({ file }) => file));
  const isDataset = datasets === undefined ? () => false : globOf(datasets);
  const values = names.filter((name) => !listed.has(name) && isDataset(name));
  return {
    ...(found.length === 0 ? {} : { lists: found }),
    ...(values.length === 0 ? {} : { datasets: values }),
  };
}

/** Files of a source that the spec means and that hold no rules. */
export function isDataOf({ lists, datasets }: SignatureSetSpec): (name: string) => boolean {
  const patterns = [
    ...(lists ?? []).map(({ files }) => files),
    ...(datasets === undefined ? [] : [datasets]),
  ];
  const fit = patterns.map(globOf);
  return (name) => fit.some((fits) => fits(name));
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
