/**
 * The rules of other projects as bundles to play captures with: ET Open, and all rules of suricata-verify at once.
 *
 * Invariant: the rules of suricata-verify are many small files with the same signature ids; here each has one of its own,
 * counted from 1, so that they load together. What does not load is left out, and counted.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRules, type RuleFile } from '../../../signatures/src/check-rules.ts';
import { compile } from '../../../signatures/src/compile/compile.ts';
import { readClassifications } from '../../../signatures/src/config-files.ts';
import { datasetFileKey, datasetFilesOf } from '../../../signatures/src/datasets/dataset-uses.ts';
import type { RuleModel } from '../../../signatures/src/model/rule-model.ts';
import { ruleFilesIn } from '../../../signatures/src/testing/conformance-data.ts';

export interface RuleBundle {
  readonly name: string;
  readonly bytes: Buffer;
  /** Those that loaded. */
  readonly models: readonly RuleModel[];
  readonly faulty: number;
}

/** `data`: conformance/data. */
export function etOpen(data: string): RuleBundle {
  const folder = join(data, 'etopen');
  const text = readFileSync(join(folder, 'classification.config'), 'utf8');
  const { entries } = readClassifications('classification.config', text);
  return bundleOf('ET Open', ruleFilesIn(folder), { classifications: entries });
}

/** Without the rules that let traffic pass, which would hide what others find; or these alone with the others. */
export function suricataVerify(data: string, withPass: boolean): RuleBundle {
  let sid = 0;
  const renumbered = (line: string) => {
    sid += 1;
    return line.replace(/([;(\s])sid\s*:\s*\d+\s*;/, `$1sid:${sid};`);
  };
  const files = ruleFilesIn(join(data, 'rules')).map(({ name, text }) => {
    const lines = text.replace(/\\\r?\n/g, '').split('\n');
    const rules = lines.filter((line) => /^\s*(alert|drop|reject\w*|pass)\s/.test(line));
    const passing = rules.some((line) => /^\s*pass\s/.test(line));
    return { name, text: passing === withPass ? rules.map(renumbered).join('\n') : '' };
  });
  return bundleOf(`suricata-verify${withPass ? ', with pass' : ''}`, files, {});
}

export function bundleOf(
  name: string,
  files: readonly RuleFile[],
  options: Parameters<typeof loadRules>[2],
): RuleBundle {
  const loaded = loadRules(files, {}, options);
  // Rules that name a file which is not at hand are left out.
  const datasetFiles = new Map<string, string>();
  for (const file of datasetFilesOf(loaded)) {
    const text = options?.readList?.(file.path, file.rules);
    if (text !== undefined) datasetFiles.set(datasetFileKey(file), text);
  }
  const addresses = options?.addresses ?? {};
  const given = { sources: [], variables: {}, loaded, thresholds: [], datasetFiles, addresses };
  const compiled = compile(given);
  const faulty = loaded.faults.filter(({ severity }) => severity === 'error').length;
  return { name, bytes: compiled.bytes, models: compiled.loaded.models, faulty };
}
