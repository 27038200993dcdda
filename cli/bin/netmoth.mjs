#!/usr/bin/env node
// The program `netmoth`. Plain JavaScript that any Node parses: it finds its clone through the symlink
// npx used, and goes on under the Node 24 that set-up installed when the one on the PATH is older.
import { existsSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kMinimumNodeMajor = 24;
/** NM_SETUP_MISSING in contracts/src/errors.ts, which an older Node cannot read. */
const kExitSetupMissing = 72;

const root = dirname(dirname(dirname(realpathSync(fileURLToPath(import.meta.url)))));
const main = join(root, 'cli', 'src', 'main.ts');
const node = join(root, 'node_modules', '.bin', 'node');

if (!existsSync(node) || !existsSync(join(root, 'build', 'native', 'netmoth.node'))) {
  console.error(`netmoth: not set up yet; run \`npm run setup\` in ${root}`);
  process.exitCode = kExitSetupMissing;
} else if (Number(process.versions.node.split('.')[0]) < kMinimumNodeMajor) {
  await runUnder(node);
} else {
  // In the clone, not in /tmp, where another user could leave compiled code for us.
  module.enableCompileCache?.(join(root, 'build', 'compile-cache'));
  process.argv[1] = main;
  await import(main);
}

async function runUnder(newerNode) {
  const { spawn } = await import('node:child_process');
  const { constants } = await import('node:os');
  const child = spawn(newerNode, process.argv.slice(1), { stdio: 'inherit' });
  // A terminal sends SIGINT to the whole group, so the child has it already; others send it to us alone.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
