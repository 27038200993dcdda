/** Builds native/bench: netmoth_bench, with the compiler and flags of the engine people run. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ccacheEnvironment, configureArguments } from '../../scripts/setup/native.mjs';

const FOLDER = join(import.meta.dirname, '../../build/bench');

export function buildEngineBench(): string {
  const env = { ...process.env, ...ccacheEnvironment() };
  const definitions = ['-DCMAKE_BUILD_TYPE=Release', '-DNETMOTH_ADDON=OFF', '-DNETMOTH_BENCH=ON'];
  const run = (args: string[]) => execFileSync('cmake', args, { env, stdio: 'ignore' });
  run(configureArguments(FOLDER, definitions));
  run(['--build', FOLDER, '--target', 'netmoth_bench', '-j', '2']);
  return join(FOLDER, 'bench/netmoth_bench');
}
