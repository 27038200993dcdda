// deploy/monitoring asks only for metrics that exist, and promtool takes the rules.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const directory = join(root, 'deploy/monitoring');

/** What the documents say there is; other tests hold them against the programs. */
const documented = new Set(
  ['metrics-manager.md', 'metrics-sensor.md', 'api.md'].flatMap((name) =>
    [...readFileSync(join(root, 'docs', name), 'utf8').matchAll(/`(netmoth_[a-z_]+)/g)].map(
      ([, metric = '']) => metric,
    ),
  ),
);

function metricsOf(text: string): string[] {
  return [...text.matchAll(/netmoth_(?:sensor|manager|api)_[a-z_]+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  );
}

test.each(readdirSync(directory))('%s names metrics that exist', (file) => {
  const asked = metricsOf(readFileSync(join(directory, file), 'utf8'));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((metric) => !documented.has(metric))).toEqual([]);
});

test('the chart installs these alerts: copy rules.yaml, then vitest run operator/src/deploy.kube.test.ts -u', () => {
  const chart = join(directory, '../../charts/netmoth/rules.yaml');
  expect(readFileSync(chart, 'utf8')).toBe(readFileSync(join(directory, 'rules.yaml'), 'utf8'));
});

test('there are alerts of the four kinds, each with a severity and a sentence', () => {
  const { groups } = parse(readFileSync(join(directory, 'rules.yaml'), 'utf8')) as {
    groups: { name: string; rules: { alert: string; labels: object; annotations: object }[] }[];
  };
  expect(groups.map(({ name }) => name)).toEqual(
    ['performance', 'security', 'availability', 'capacity'].map((kind) => `netmoth-${kind}`),
  );
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    expect(rule).toMatchObject({
      labels: { severity: expect.stringMatching(/^(info|warning|critical)$/) },
      annotations: { summary: expect.any(String) },
    });
  }
});

test('dashboards are JSON with panels that ask something', () => {
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'));
  expect(files).toHaveLength(3);
  for (const file of files) {
    const { panels } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    for (const { targets } of panels) expect(targets[0]?.expr).toContain('netmoth_');
  }
});

/** What the set-up unpacked, else one on the PATH. */
function promtool(): string | undefined {
  return [join(root, 'build/bin/promtool'), 'promtool'].find(
    (each) => spawnSync(each, ['--version']).error === undefined,
  );
}

test('promtool takes the rules and their tests', ({ skip }) => {
  const program = promtool();
  if (program === undefined) skip('there is no promtool: `npm run setup -- --tests` brings it');
  for (const args of [
    ['check', 'rules', 'rules.yaml'],
    ['test', 'rules', 'rules-test.yaml'],
  ]) {
    const ran = spawnSync(program ?? '', args, { cwd: directory, encoding: 'utf8' });
    expect(ran.stderr + ran.stdout).not.toMatch(/FAILED/);
    expect(ran.status, ran.stderr).toBe(0);
  }
});
