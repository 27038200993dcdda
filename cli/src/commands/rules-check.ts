/**
 * `netmoth rules check`: reads rule files and lists and says what is wrong with them.
 *
 * Invariant: standard output carries the result alone; exit 0 without an error (warnings allowed), 1
 * with one, 66 where a file is missing.
 */
import { NetmothError } from '#contracts/errors.ts';
import { type CheckResult, checked } from '#signatures/check-rules.ts';
import { faultText } from '#signatures/faults.ts';
import { givenLists, listsText, readListSources } from './list-sources.ts';
import { readRuleSources, type SourceOptions } from './rule-sources.ts';

export interface RulesCheckOptions {
  readonly json?: boolean;
  readonly var: readonly string[];
  readonly list: readonly string[];
  readonly iprep?: string;
  readonly geoip?: string;
}

export async function rulesCheck(
  paths: readonly string[],
  options: RulesCheckOptions,
): Promise<number> {
  if (paths.length + options.list.length === 0) {
    throw new NetmothError('NM_USAGE', 'give rule files, or lists with --list');
  }
  const given = givenLists(options.list);
  const { loaded, faults } = await readRuleSources(paths, addressed(options));
  const lists = await readListSources(given, (path) => path);
  const rules = checked(loaded);
  const result = {
    ...rules,
    faults: [...faults, ...rules.faults, ...lists.faults],
    faultsOmitted: rules.faultsOmitted + lists.faultsOmitted,
  };
  const listed = given.length > 0 ? { lists: lists.summaries } : {};
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ...result, ...listed })}\n`
      : resultText(result) + listsText(lists.summaries),
  );
  const wrong = result.failed > 0 || result.faults.some(({ severity }) => severity === 'error');
  return wrong ? 1 : 0;
}

function addressed({ var: variables, iprep, geoip }: RulesCheckOptions): SourceOptions {
  return {
    var: variables,
    ...(iprep !== undefined && { iprep }),
    ...(geoip !== undefined && { geoip }),
  };
}

export function resultText(result: CheckResult): string {
  const lines = result.faults.map((fault) =>
    fault.severity === 'warning' ? `${faultText(fault)} (warning)` : faultText(fault),
  );
  if (result.faultsOmitted > 0) lines.push(`… and ${result.faultsOmitted} more faults`);
  const counts = `${result.loaded} loaded, ${result.failed} failed, ${result.disabled} disabled`;
  const replaced = result.replaced > 0 ? `, ${result.replaced} replaced` : '';
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : '';
  return `${[...lines, counts + replaced + skipped].join('\n')}\n`;
}
