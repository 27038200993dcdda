/** The public rules people run: ET Open and the rules of suricata-verify, where they are at hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { loadRules } from './check-rules.ts';
import { readClassifications } from './config-files.ts';
import { faultText } from './faults.ts';
import { printRule } from './print.ts';
import type { Rule } from './rule.ts';
import { parseRule } from './rule-parser.ts';
import { conformanceData, ruleFilesIn } from './testing/conformance-data.ts';
import { withDefaults } from './variables.ts';

const data = conformanceData();
if (data === undefined) console.log('ET Open is not tested: shared/conformance/data is not there');

const withoutOffsets = ({ header, options }: Pick<Rule, 'header' | 'options'>) => ({
  header,
  options: options.map(({ keyword, value }) => ({ keyword, value })),
});

test.skipIf(data === undefined)('ET Open loads whole, and prints to what it was', () => {
  const dir = join(data ?? '', 'etopen');
  const config = readFileSync(join(dir, 'classification.config'), 'utf8');
  const classes = readClassifications('classification.config', config);
  expect(classes.faults).toEqual([]);
  const { rules, failed, faults } = loadRules(
    ruleFilesIn(dir),
    {},
    { classifications: classes.entries },
  );
  const errors = faults.filter(({ severity }) => severity === 'error');
  expect(errors.map(faultText)).toEqual([]);
  expect(failed).toBe(0);
  expect(rules.length).toBeGreaterThan(10_000);

  const variables = withDefaults({});
  const changed = rules.filter((rule) => {
    const again = parseRule(printRule(rule), variables).rule;
    return !isDeepStrictEqual(again && withoutOffsets(again), withoutOffsets(rule));
  });
  expect(changed.map(({ sid }) => sid)).toEqual([]);
});

test.skipIf(data === undefined)('every rule file of suricata-verify loads whole', () => {
  const files = ruleFilesIn(join(data ?? '', 'rules'));
  expect(files.length).toBeGreaterThan(100);
  for (const file of files) {
    const { faults } = loadRules([file]);
    const errors = faults.filter(({ severity }) => severity === 'error');
    expect(errors.map(faultText)).toEqual([]);
  }
});
