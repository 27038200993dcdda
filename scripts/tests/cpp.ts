// GoogleTest under ASan and UBSan through ctest, and the coverage of that run. Invariant: the numbers come
// from ctest's own JUnit file; a build without tests is a failure.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, runCommand } from './command.ts';
import { buildCppTests, kProfiles, kTestBuild } from './cpp-build.ts';
import { cppCoverage } from './cpp-coverage.ts';
import { kResults, type Layer, type LayerResult, single } from './layer.ts';

export const cppLayer: Layer = {
  name: 'cpp',
  title: 'C++: GoogleTest under ASan and UBSan, with coverage',
  async run({ filters }) {
    const failure = await buildCppTests();
    if (failure !== undefined) {
      console.log(failure);
      return single('C++ test build', false);
    }
    rmSync(kProfiles, { recursive: true, force: true });
    mkdirSync(kResults, { recursive: true });
    const junit = join(kResults, 'ctest.xml');
    rmSync(junit, { force: true });
    const { ok, output } = await runCommand(
      'ctest',
      [
        '--test-dir',
        kTestBuild,
        '--parallel',
        '2',
        '--timeout',
        '300',
        '--no-tests=error',
        '--output-on-failure',
        '--output-junit',
        junit,
        ...(filters.length > 0 ? ['--tests-regex', filters.join('|')] : []),
      ],
      // %m: one file for all runs of a program, merged as they end.
      { name: 'ctest', env: { LLVM_PROFILE_FILE: join(kProfiles, '%m.profraw') } },
    );
    if (!ok) console.log(lastLines(output, 200));
    const result = readJunit(junit);
    if (result.passed + result.failed === 0) return single('ctest ran no test', false);
    return { ...result, notes: await cppCoverage() };
  },
};

function readJunit(path: string): LayerResult {
  const failures: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  for (const [, attributes = '', body = ''] of readText(path).matchAll(
    /<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const name = /\bname="([^"]*)"/.exec(attributes)?.[1] ?? '?';
    const status = /\bstatus="([^"]*)"/.exec(attributes)?.[1];
    if (status === 'run') passed += 1;
    else if (status === 'fail') failures.push(name);
    else skipped.push(`${name}: ${skipReason(body)}`);
  }
  return { passed, failed: failures.length, failures, skipped, notes: [] };
}

/** GTEST_SKIP() << reason: the line after "Skipped". */
function skipReason(body: string): string {
  const reason = /:\s*Skipped\s*\n([^\n]+)/.exec(body)?.[1] ?? 'no reason given';
  return reason.trim();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
