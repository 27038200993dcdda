// docs/api.md lists the metrics of the API with their kinds, and no others.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { ApiMetrics } from './api-metrics.ts';

test('the document and the registry agree', async () => {
  const registry = new Registry();
  const made = new ApiMetrics(registry);
  expect(made.liveClients).toBeDefined();
  const document = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8');
  const documented = [...document.matchAll(/^\| `(netmoth_\w+)` \| (\w+) \| ([^|]+) \|$/gm)];
  const registered = await registry.getMetricsAsJSON();
  expect(documented.map(([, name, kind]) => `${name} ${kind}`).sort()).toEqual(
    registered.map(({ name, type }) => `${name} ${String(type)}`).sort(),
  );
});
