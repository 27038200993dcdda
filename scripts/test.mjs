#!/usr/bin/env node
// `npm test [-- --only LAYER,… [FILTER…]]`: set-up with what tests need, then every layer. Invariant: exit
// status 0 means that every layer ran and nothing failed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { kNode, kRoot } from './setup/paths.mjs';
import { runSetup, SetupError } from './setup/run-setup.mjs';

try {
  await runSetup({ tests: true });
  const main = join(kRoot, 'scripts', 'tests', 'main.ts');
  const child = spawn(kNode, [main, ...process.argv.slice(2)], { cwd: kRoot, stdio: 'inherit' });
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup  ${error.message}`);
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
}
