/**
 * `netmoth rules explain`: what a rule matches, in words, from rule files or from a bundle.
 *
 * Invariant: exit 0 with an explanation, 66 where no such rule loads.
 */
import { open, readFile } from 'node:fs/promises';
import { NetmothError } from '#contracts/errors.ts';
import { decodeBundle } from '#signatures/bundle/bundle.ts';
import { BundleError } from '#signatures/bundle/bundle-error.ts';
import { MAGIC } from '#signatures/bundle/container.ts';
import { type PrefilterGroup, prefilterGroups } from '#signatures/compile/groups.ts';
import { inAlertOrder } from '#signatures/compile/order.ts';
import { explainRule } from '#signatures/explain/explain.ts';
import { faultText } from '#signatures/faults.ts';
import type { RuleModel } from '#signatures/model/rule-model.ts';
import { readRuleSources, type SourceOptions } from './rule-sources.ts';

interface Explained {
  readonly rules: readonly RuleModel[];
  readonly groups: readonly PrefilterGroup[];
  /** Why rules are missing. */
  readonly faults: readonly string[];
}

export async function rulesExplain(
  wanted: string,
  paths: readonly string[],
  options: Omit<SourceOptions, 'label'>,
): Promise<number> {
  const found = /^(?:(\d{1,10}):)?(\d{1,10})$/.exec(wanted);
  if (found === null) throw new NetmothError('NM_USAGE', `${wanted}: expected SID or GID:SID`);
  const gid = found[1] === undefined ? undefined : Number(found[1]);
  const sid = Number(found[2]);
  const [first] = paths;
  const bundled = paths.length === 1 && first !== undefined && (await isBundle(first));
  const { rules, groups, faults } = bundled
    ? await fromBundle(first)
    : await fromFiles(paths, options);
  const texts = rules.flatMap((rule, place) => {
    if (rule.sid !== sid || (gid ?? rule.gid) !== rule.gid) return [];
    return [
      explainRule(
        rule,
        groups.filter((group) => holds(group, place)),
      ),
    ];
  });
  if (texts.length === 0) {
    const hint = faults.length > 0 ? `; ${faults.length} faults, the first: ${faults[0]}` : '';
    throw new NetmothError(
      'NM_NOT_FOUND',
      `no rule ${wanted} loads from ${paths.join(' ')}${hint}`,
    );
  }
  process.stdout.write(`${texts.join('\n\n')}\n`);
  return 0;
}

function holds({ unfiltered, patterns }: PrefilterGroup, place: number): boolean {
  return unfiltered.includes(place) || patterns.some(({ rules }) => rules.includes(place));
}

async function isBundle(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    return buffer.subarray(0, bytesRead).equals(MAGIC);
  } catch {
    // Said with its reason where the file is read as rules.
    return false;
  }
}

async function fromBundle(path: string): Promise<Explained> {
  try {
    const { rules, groups } = decodeBundle(await readFile(path));
    return { rules, groups, faults: [] };
  } catch (cause) {
    if (!(cause instanceof BundleError)) throw cause;
    const message = `bundle ${path}: ${cause.message} (${cause.code})`;
    throw new NetmothError('NM_NOT_FOUND', message, { cause });
  }
}

async function fromFiles(
  paths: readonly string[],
  options: Omit<SourceOptions, 'label'>,
): Promise<Explained> {
  const { loaded } = await readRuleSources(paths, options);
  const rules = inAlertOrder(loaded.models);
  const faults = loaded.faults.filter(({ severity }) => severity === 'error').map(faultText);
  return { rules, groups: prefilterGroups(rules), faults };
}
