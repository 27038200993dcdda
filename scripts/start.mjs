#!/usr/bin/env node
// `npm start -- …`: set-up, then `netmoth up …` on the runtime that set-up installed. Invariants: its exit
// status is ours, Ctrl-C and SIGTERM reach it exactly as if it had been started directly.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { kNode, kRoot } from './setup/paths.mjs';
import { runSetup, SetupError } from './setup/run-setup.mjs';

const args = [join(kRoot, 'cli', 'src', 'main.ts'), 'up', ...process.argv.slice(2)];

try {
  await runSetup({ tests: false });
  // npm runs us in the clone; files named on the command line are meant from where the user stands.
  process.chdir(process.env.INIT_CWD ?? '.');
  become(kNode, args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup  ${error.message}`);
  process.exitCode = 1;
}

/** Replaces this process where Node can (23.11), else stands aside until the child has ended. */
function become(command, commandArgs) {
  if (process.execve !== undefined) process.execve(command, [command, ...commandArgs], process.env);
  const child = spawn(command, commandArgs, { stdio: 'inherit' });
  // A terminal sends SIGINT to the whole group, so the child has it already; others send it to us alone.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`setup  ${command} cannot be run: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
