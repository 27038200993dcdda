// The TypeScript tests, against real servers, and the page's tests. Invariant: the numbers come from
// vitest's own JSON report; a file that does not even load counts as failed.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { sourceFiles } from '../imports/source-files.ts';
import { runCommand } from './command.ts';
import { buildPrograms } from './kubernetes-programs.ts';
import { kResults, kRoot, type Layer, type LayerResult, single } from './layer.ts';

const kVitest = join(kRoot, 'node_modules/.bin/vitest');
const kWeb = 'manager/web';
/** Tests that need a control plane, which is built for them. */
const kKubernetesTest = /\.kube\.test\.ts$/;
const kKubernetesFolders = ['crds', 'operator', 'cli', 'testkit'];

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

interface CoverageSummary {
  readonly total: Record<'lines' | 'branches' | 'functions', { readonly pct: number }>;
}

export const vitestLayer: Layer = {
  name: 'vitest',
  title: 'TypeScript: vitest with real servers, with coverage',
  async run({ filters }) {
    const summary = join(kRoot, 'coverage/ts/coverage-summary.json');
    rmSync(summary, { force: true });
    const result = await runVitest('vitest', [
      ...filters,
      `--exclude=${kWeb}/**`,
      '--exclude=**/*.kube.test.ts',
      ...(filters.length === 0 ? ['--coverage'] : []),
    ]);
    return { ...result, notes: filters.length === 0 ? [typeScriptCoverage(summary)] : [] };
  },
};

export const kubernetesLayer: Layer = {
  name: 'kubernetes',
  title: 'the operator and the CRDs against a real Kubernetes control plane',
  async run({ filters }) {
    const seconds = await buildPrograms((line) => console.log(`   ${line}`));
    const files = sourceFiles(kRoot, kKubernetesFolders, kKubernetesTest).filter(
      (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
    );
    const result = await runVitest('kubernetes', [
      ...files,
      ...['--coverage', '--coverage.reportsDirectory=coverage/kubernetes'],
      ...['--coverage.include=crds/src/**/*.ts', '--coverage.include=operator/src/**/*.ts'],
    ]);
    const built = seconds > 0 ? [`Kubernetes was built in ${seconds.toFixed(0)} s`] : [];
    return { ...result, notes: built };
  },
};

export const webLayer: Layer = {
  name: 'web',
  title: 'the dashboard: vitest and real Chromium',
  run: ({ filters }) => runVitest('web', [`--dir=${kWeb}`, ...filters]),
};

async function runVitest(name: string, args: readonly string[]): Promise<LayerResult> {
  const report = join(kResults, `${name}.json`);
  mkdirSync(kResults, { recursive: true });
  rmSync(report, { force: true });
  const { ok } = await runCommand(
    kVitest,
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
    { name, live: true, env: { FORCE_COLOR: process.stdout.isTTY ? '1' : '0' } },
  );
  const result = readReport(report);
  if (result === undefined || result.passed + result.failed === 0) {
    return single(`${name} ran no test`, false);
  }
  // Errors outside tests (an unhandled rejection) fail the run without failing a test.
  if (!ok && result.failed === 0) {
    return { ...result, failed: 1, failures: [`${name}: an error outside the tests`] };
  }
  return result;
}

function readReport(path: string): LayerResult | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const failures: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  for (const file of (JSON.parse(text) as Report).testResults) {
    const where = relative(kRoot, file.name);
    for (const { fullName, status } of file.assertionResults) {
      if (status === 'passed') passed += 1;
      else if (status === 'failed') failures.push(`${where}: ${fullName}`);
      else skipped.push(`${where}: ${fullName} (${status})`);
    }
    const counted = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !counted) failures.push(`${where}: ${firstLine(file.message)}`);
  }
  return { passed, failed: failures.length, failures, skipped, notes: [] };
}

function typeScriptCoverage(path: string): string {
  const text = readText(path);
  if (text === undefined) return 'TypeScript coverage: no report was written';
  const { lines, branches, functions } = (JSON.parse(text) as CoverageSummary).total;
  return `TypeScript coverage: ${lines.pct} % of lines, ${branches.pct} % of branches, ${functions.pct} % of functions`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
