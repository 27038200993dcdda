/** The public rules people run: ET Open, where its files are at hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { loadRules } from './check-rules.ts';
import { readClassifications } from './config-files.ts';
import { faultText } from './faults.ts';
import { printRule } from './print.ts';
import { parseRule } from './rule-parser.ts';
import { withDefaults } from './variables.ts';

const dir = fileURLToPath(new URL('../../../shared/conformance/data/etopen/', import.meta.url));
const present = existsSync(dir);
if (!present) console.log(`ET Open is not tested: ${dir} is not there`);

test.skipIf(!present)('ET Open loads, and prints to what it was', () => {
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.rules.gz'))
    .sort()
    .map((name) => ({ name, text: gunzipSync(readFileSync(`${dir}${name}`)).toString('utf8') }));
  const config = readFileSync(`${dir}classification.config`, 'utf8');
  const classes = readClassifications('classification.config', config);
  expect(classes.faults).toEqual([]);
  const classifications = new Set(classes.entries.keys());
  const before = process.memoryUsage().rss;
  const startMs = performance.now();
  const { rules, failed, faults } = loadRules(files, {}, { classifications });
  const tookMs = performance.now() - startMs;
  const megabytes = (process.memoryUsage().rss - before) / 1e6;
  const errors = faults.filter(({ severity }) => severity === 'error');
  const total = rules.length + failed;
  console.log(
    `ET Open: ${rules.length} of ${total} loaded, ${errors.length} errors, ` +
      `${faults.length - errors.length} warnings; ${tookMs.toFixed(0)} ms, ${megabytes.toFixed(0)} MB`,
  );
  for (const fault of errors) console.log(faultText(fault));
  expect(total).toBeGreaterThan(10_000);
  expect(rules.length / total).toBeGreaterThanOrEqual(0.98);

  const variables = withDefaults({});
  for (const rule of rules) {
    const again = parseRule(printRule(rule), variables).rule;
    const values = (options = rule.options) =>
      options.map(({ keyword, value }) => [keyword, value]);
    expect({ header: again?.header, options: values(again?.options) }).toEqual({
      header: rule.header,
      options: values(),
    });
  }
});
