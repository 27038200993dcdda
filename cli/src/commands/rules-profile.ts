/**
 * `netmoth rules profile PCAP --rules FILE…`: which rules cost most on this traffic, and why.
 *
 * Invariant: rules that were never tested are not listed; shares are of the ticks of all tests, so what
 * the prefilters themselves cost is not in them.
 */

import { NetmothError } from '#contracts/errors.ts';
import type { RuleCost } from '#contracts/native.ts';
import { quoted } from '#signatures/explain/describe-matcher.ts';
import type { RuleModel } from '#signatures/model/rule-model.ts';
import { formatCount } from '../format.ts';
import { type Column, formatTable } from '../table.ts';
import { type RulesRunOptions, runRules } from './rules-run.ts';

export interface RulesProfileOptions extends RulesRunOptions {
  readonly rules: readonly string[];
  readonly limit: string;
  readonly json?: boolean;
}

interface Row extends RuleCost {
  readonly msg: string;
  /** Of the ticks of all rules, 0 to 1. */
  readonly share: number;
  /** What is searched for first; empty where nothing is. */
  readonly prefilter: string;
  readonly origin: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'sid', right: true, value: ({ gid, sid }) => (gid === 1 ? `${sid}` : `${gid}:${sid}`) },
  { title: 'share', right: true, value: ({ share }) => `${(share * 100).toFixed(1)} %` },
  { title: 'ticks', right: true, value: ({ ticks }) => formatCount(ticks) },
  { title: 'checks', right: true, value: ({ checks }) => formatCount(checks) },
  { title: 'matches', right: true, value: ({ matches }) => formatCount(matches) },
  {
    title: 'a check',
    right: true,
    value: ({ ticks, checks }) => formatCount(Math.round(ticks / checks)),
  },
  { title: 'worst', right: true, value: ({ worstTicks }) => formatCount(worstTicks) },
  { title: 'found by', value: ({ prefilter }) => prefilter || '(always tested)' },
  { title: 'msg', value: ({ msg }) => msg },
];

export async function rulesProfile(
  capture: string,
  { limit, json = false, ...options }: RulesProfileOptions,
): Promise<number> {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1) {
    throw new NetmothError('NM_USAGE', `--limit ${limit}: expected a number from 1`);
  }
  return await runRules({ capture, ...options, profile: true }, async ({ compiled, summary }) => {
    const rows = rowsOf(summary.ruleProfile ?? [], compiled.models);
    const shown = rows.slice(0, most);
    const { packets, wallSeconds, rulesLoaded } = summary;
    if (json) {
      const told = { packets, wallSeconds, rulesLoaded, rulesTested: rows.length, rules: shown };
      process.stdout.write(`${JSON.stringify(told)}\n`);
    } else {
      const tested = `${formatCount(rows.length)} of ${formatCount(rulesLoaded)} rules were tested`;
      const read = `${formatCount(packets)} packets in ${wallSeconds.toFixed(3)} s`;
      process.stdout.write(`${formatTable(shown, COLUMNS)}${tested}, ${read}\n`);
    }
    return 0;
  });
}

/** The dearest first. */
function rowsOf(costs: readonly RuleCost[], models: readonly RuleModel[]): Row[] {
  const bySid = new Map(models.map((model) => [`${model.gid}:${model.sid}`, model]));
  const all = costs.reduce((sum, { ticks }) => sum + ticks, 0);
  return costs
    .filter(({ checks }) => checks > 0)
    .sort((a, b) => b.ticks - a.ticks || a.sid - b.sid)
    .map((cost) => {
      const model = bySid.get(`${cost.gid}:${cost.sid}`);
      return {
        ...cost,
        msg: model?.msg ?? '',
        share: all === 0 ? 0 : cost.ticks / all,
        prefilter: model === undefined ? '' : prefilterText(model),
        origin: model === undefined ? '' : `${model.origin.file}:${model.origin.line}`,
      };
    });
}

function prefilterText({ prefilter, inspections }: RuleModel): string {
  if (prefilter.type === 'none') return '';
  const buffer = inspections[prefilter.inspection]?.buffer ?? 'payload';
  return `${quoted(prefilter.bytes)} in ${buffer}`;
}
