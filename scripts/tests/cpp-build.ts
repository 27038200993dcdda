// The test build of the engine: clang, ASan + UBSan, coverage, unit tests and fuzzers in one tree, so that
// each source is compiled once. Invariant: it never touches build/native, the addon people run.
import { join } from 'node:path';
import { ccacheEnvironment, configureArguments } from '../setup/native.mjs';
import { lastLines, runCommand } from './command.ts';
import { kRoot } from './layer.ts';

export const kTestBuild = join(kRoot, 'build/native-test');
export const kProfiles = join(kTestBuild, 'profiles');

const kDefinitions = [
  '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
  // Without CMake's -DNDEBUG: assertions count in tests.
  '-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g',
  '-DCMAKE_CXX_COMPILER=clang++-14',
  '-DCMAKE_C_COMPILER=clang-14',
  // fuzzer-no-link lets the fuzzers see the branches of the libraries, not only their own.
  // A profile path, even an unused one, keeps the build folder out of ccache's key: it serves all clones.
  '-DCMAKE_CXX_FLAGS=-fsanitize=fuzzer-no-link -fprofile-instr-generate=/dev/null -fcoverage-mapping',
  '-DNETMOTH_ADDON=OFF',
  '-DNETMOTH_TESTS=ON',
  '-DNETMOTH_FUZZ=ON',
  '-DNETMOTH_SANITIZE=ON',
];

/** Configures and builds; the reason when it cannot. */
export async function buildCppTests(): Promise<string | undefined> {
  // gtest_discover_tests runs the programs while building: their profiles must not count as coverage.
  const env = { ...ccacheEnvironment(), LLVM_PROFILE_FILE: join(kTestBuild, 'discovery.profraw') };
  const arguments_ = configureArguments(kTestBuild, kDefinitions);
  const configured = await runCommand('cmake', arguments_, { name: 'cpp-configure', env });
  if (!configured.ok) return `cmake failed:\n${lastLines(configured.output)}`;
  const build = ['--build', kTestBuild, '-j', '2', '--', '-k', '0'];
  const built = await runCommand('cmake', build, { name: 'cpp-build', env });
  return built.ok ? undefined : `the C++ test build failed:\n${lastLines(built.output)}`;
}
