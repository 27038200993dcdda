/**
 * `netmoth rules check`: reads rule files and says what is wrong with them.
 *
 * Invariant: standard output carries the result alone; exit 0 without an error (warnings allowed), 1
 * with one, 66 where a file is missing.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { NetmothError } from '#contracts/errors.ts';
import { type CheckResult, checkRules, type RuleFile } from '#signatures/check-rules.ts';
import {
  type Classification,
  readClassifications,
  readReferences,
} from '#signatures/config-files.ts';
import { type Fault, faultText } from '#signatures/faults.ts';

export interface RulesCheckOptions {
  readonly json?: boolean;
  readonly var: readonly string[];
}

/** Largest rule file read, unpacked. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

export async function rulesCheck(
  paths: readonly string[],
  options: RulesCheckOptions,
): Promise<number> {
  const variables = variablesFrom(options.var);
  const rules: RuleFile[] = [];
  const configFaults: Fault[] = [];
  let classifications: Map<string, Classification> | undefined;
  for (const path of paths) {
    const file = { name: path, text: await readRuleFile(path) };
    const kind = basename(path).replace(/\.gz$/, '');
    if (kind === 'classification.config') {
      const { entries, faults } = readClassifications(file.name, file.text);
      classifications = new Map([...(classifications ?? []), ...entries]);
      configFaults.push(...faults);
    } else if (kind === 'reference.config') {
      configFaults.push(...readReferences(file.name, file.text).faults);
    } else {
      rules.push(file);
    }
  }
  const checked = checkRules(rules, variables, classifications && { classifications });
  const result = { ...checked, faults: [...configFaults, ...checked.faults] };
  process.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : resultText(result));
  const wrong = result.failed > 0 || result.faults.some(({ severity }) => severity === 'error');
  return wrong ? 1 : 0;
}

function resultText(result: CheckResult): string {
  const lines = result.faults.map((fault) =>
    fault.severity === 'warning' ? `${faultText(fault)} (warning)` : faultText(fault),
  );
  if (result.faultsOmitted > 0) lines.push(`… and ${result.faultsOmitted} more faults`);
  const counts = `${result.loaded} loaded, ${result.failed} failed, ${result.disabled} disabled`;
  const replaced = result.replaced > 0 ? `, ${result.replaced} replaced` : '';
  return `${[...lines, counts + replaced].join('\n')}\n`;
}

function variablesFrom(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const found = /^\$?([A-Za-z_]\w*)=(.+)$/s.exec(pair);
      if (found === null) throw new NetmothError('NM_USAGE', `--var ${pair}: expected NAME=VALUE`);
      return [found[1] ?? '', found[2] ?? ''];
    }),
  );
}

async function readRuleFile(path: string): Promise<string> {
  try {
    // Asked before it is read: a rule file of gigabytes must not fill the memory.
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new RangeError(`it is larger than ${MAX_FILE_BYTES} bytes`);
    const bytes = await readFile(path);
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const plain = packed
      ? await promisify(gunzip)(bytes, { maxOutputLength: MAX_FILE_BYTES })
      : bytes;
    return plain.toString('utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NetmothError('NM_NOT_FOUND', `rule file ${path} cannot be read: ${reason}`, {
      cause,
    });
  }
}
