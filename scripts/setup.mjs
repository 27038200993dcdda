#!/usr/bin/env node
// `npm run setup`: everything Netmoth needs, installed and built; `--tests` adds what its tests need.
// Invariants: plain JavaScript for Node 20 with nothing installed; idempotent; a step that has nothing
// to do costs milliseconds; whatever fails says what to do and leaves exit status 1.
import { runSetup, SetupError } from './setup/run-setup.mjs';

try {
  await runSetup({ tests: process.argv.includes('--tests') });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup  ${error.message}`);
  process.exitCode = 1;
}
