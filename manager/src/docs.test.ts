// docs/metrics-manager.md and docs/configuration-manager.md say what there is, no more and no less.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { analysisMetrics } from './analysis/analysis-metrics.ts';
import { variableOf } from './config.ts';
import { leavesOf, managerConfigSchema } from './config-schema.ts';
import { ingestMetrics } from './ingest/metrics.ts';

const docs = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

test('docs/metrics-manager.md lists exactly the metrics of ingest and analysis', () => {
  const registry = new Registry();
  ingestMetrics(registry);
  analysisMetrics(registry);
  const listed = [...docs('metrics-manager.md').matchAll(/^\| `(netmoth_[a-z_]+)/gm)];
  const there = registry.getMetricsAsArray().map((metric) => metric.name);
  expect(listed.map((match) => match[1]).sort()).toEqual(there.sort());
});

test('docs/configuration-manager.md lists exactly the keys there are, with their variable', () => {
  const rows = [...docs('configuration-manager.md').matchAll(/^\| `([^`]+)` \| `([^`]+)`/gm)];
  const leaves = leavesOf(managerConfigSchema);
  expect(rows.map(([, key, variable]) => [key, variable])).toEqual(
    leaves.map(({ path }) => [path.join('.'), variableOf(path)]),
  );
});
