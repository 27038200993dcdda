/**
 * Golden alerts of every keyword: what must alert does, what must not does not, by two workers and with a segment for
 * each octet too; and no keyword that is called matched is without such a case. (Without a prefilter and with the
 * scalar search: `npm test -- --only same-events`.)
 */
import { describe, expect, test } from 'vitest';
import { KEYWORDS } from '#signatures/keywords/table.ts';
import { parseRule } from '#signatures/rule-parser.ts';
import { withDefaults } from '#signatures/variables.ts';
import { alertsOf } from '../testing/alerts-of.ts';
import { goldenGroups } from '../testing/golden/all.ts';
import { expectedOf, type GoldenGroup, rulesOf } from '../testing/golden/golden.ts';
import { keywordSupport } from '../testing/keyword-support.ts';
import { recut } from '../testing/recut.ts';

/** What is asked of each segment, so that other segments answer otherwise. */
const OF_SEGMENTS = new Set(['stream_size']);

const groups = await goldenGroups();
/** Of a group's one packet. */
const MOST_ALERTS = 255;

async function countsOf(
  group: GoldenGroup,
  capture = group.capture,
  workers = 1,
): Promise<ReadonlyMap<number, number>> {
  const { lists = {}, addresses = {} } = group;
  const readList = (name: string) => lists[name];
  const engine = { packetAlertMax: MOST_ALERTS, workers };
  const { ids, faults, notMatched } = await alertsOf(
    rulesOf(group),
    capture,
    { readList, addresses },
    engine,
  );
  expect({ faults, notMatched }).toEqual({ faults: [], notMatched: [] });
  const counts = new Map<number, number>();
  for (const id of ids.filter((one) => one > 10)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

describe('golden alerts', () => {
  test.each(groups.map((group) => [group.name, group] as const))('%s', async (_name, group) => {
    const counts = await countsOf(group);
    const told = (all: ReadonlyMap<number, number>) =>
      group.cases.map(([keyword], at) => ({
        keyword,
        alerts: all.get(10 * (at + 1) + 1) ?? 0,
        mustNot: all.get(10 * (at + 1) + 2) ?? 0,
      }));
    expect(told(counts)).toEqual(told(expectedOf(group)));
    expect(await countsOf(group, group.capture, 2)).toEqual(counts);
    const cut = recut(group.capture, 1);
    if (cut === undefined || cut.cut === 0) return;
    expect(cut.pieces).toBeGreaterThan(cut.cut);
    const lookAtPackets = new Set(
      group.cases.flatMap(([keyword], at) => (OF_SEGMENTS.has(keyword) ? [10 * (at + 1) + 1] : [])),
    );
    const others = (all: ReadonlyMap<number, number>) =>
      [...all].filter(([id]) => !lookAtPackets.has(id)).sort();
    expect(others(await countsOf(group, cut.capture))).toEqual(others(counts));
  });
});

test('every keyword that is matched has a case that alerts and one that does not', async () => {
  const names = new Map(
    KEYWORDS.flatMap(({ name, aliases = [] }) =>
      [name, ...aliases].map((each): [string, string] => [each, name]),
    ),
  );
  const variables = withDefaults({});
  const used = (which: 1 | 2) => {
    const found = new Set<string>();
    for (const { protocol, cases, setup = [] } of groups) {
      const all =
        which === 1 ? [...setup, ...cases.map(([, yes]) => yes)] : cases.map(([, , no]) => no);
      for (const options of all) {
        const { rule } = parseRule(
          `alert ${protocol} any any -> any any (${options.replace(/sid:\d+;/, '')} sid:1;)`,
          variables,
        );
        for (const { keyword } of rule?.options ?? []) found.add(names.get(keyword) ?? keyword);
      }
    }
    return found;
  };
  const [alerting, silent] = [used(1), used(2)];
  const support = await keywordSupport();
  const without = KEYWORDS.filter(({ name }) => support.get(name) === undefined)
    .map(({ name }) => name)
    .filter((name) => !alerting.has(name) || !silent.has(name));
  expect(without).toEqual([]);
});
