// Runs steps by their needs and tells how they get on. Invariants: each step says what it does when it
// starts and how long it took; whatever takes longer than 2 s shows a progress line; all output of the
// commands is in build/logs/setup-<step>.log and the end of it is printed when a command fails.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { kLogs, kRoot } from './paths.mjs';

/** What the user can do something about: printed as one line, without a stack. */
export class SetupError extends Error {}

const kTickMs = 2000;
const kQuietAfterS = 20;
const kQuietTickS = 10;
const kTailLines = 12;
const kFirstFaults = 12;

/**
 * @typedef {object} Step
 * @property {string} name       Short, for the log file and for `needs`.
 * @property {string} title      What it brings, for people.
 * @property {string[]} needs    Steps that must be complete before it, if they run at all.
 * @property {() => boolean} fresh
 * @property {(tools: Tools) => Promise<void>} run
 *
 * @typedef {object} Tools
 * @property {(command: string, args: string[], options?: object) => Promise<string>} exec
 * @property {(text: string) => void} say
 */

export class StepRunner {
  #steps;
  #active = new Map();
  #lastTick = 0;

  /** @param {Step[]} steps */
  constructor(steps) {
    this.#steps = steps;
  }

  async run() {
    mkdirSync(kLogs, { recursive: true });
    const ticker = setInterval(() => this.#tick(), kTickMs);
    const runs = new Map();
    for (const step of this.#steps) {
      const needs = step.needs.map((name) => runs.get(name) ?? Promise.resolve());
      const run = Promise.all(needs).then(() => this.#runStep(step));
      run.catch(() => undefined);
      runs.set(step.name, run);
    }
    try {
      const results = await Promise.allSettled(runs.values());
      const reasons = new Set(results.flatMap(({ reason }) => (reason ? [reason] : [])));
      const [first] = reasons;
      const unexpected = [...reasons].find((reason) => !(reason instanceof SetupError));
      if (unexpected !== undefined) throw unexpected;
      if (first !== undefined) {
        throw new SetupError([...reasons].map(({ message }) => message).join('\nsetup  '));
      }
    } finally {
      clearInterval(ticker);
    }
  }

  async #runStep(step) {
    const state = { startedMs: Date.now(), last: '' };
    this.#active.set(step, state);
    const log = createWriteStream(join(kLogs, `setup-${step.name}.log`));
    const say = (text) => console.log(`setup  ${step.name}: ${text}`);
    try {
      await step.run({ say, exec: (...call) => execLogged(step, state, log, call) });
      say(`done in ${((Date.now() - state.startedMs) / 1000).toFixed(1)} s`);
    } finally {
      this.#active.delete(step);
      await new Promise((resolve) => log.end(resolve));
    }
  }

  #tick() {
    const lines = [...this.#active].map(([step, { startedMs, last }]) => {
      const elapsedS = Math.round((Date.now() - startedMs) / 1000);
      return { elapsedS, text: `${step.name} ${elapsedS} s${last === '' ? '' : ` (${last})`}` };
    });
    if (lines.length === 0) return;
    const longestS = Math.max(...lines.map((line) => line.elapsedS));
    const sinceS = (Date.now() - this.#lastTick) / 1000;
    if (longestS > kQuietAfterS && sinceS < kQuietTickS && !process.stdout.isTTY) return;
    this.#lastTick = Date.now();
    console.log(`setup  … ${lines.map((line) => line.text).join(' · ')}`);
  }
}

/** Runs a command with its output in the log; resolves with its standard output. */
function execLogged(step, state, log, [command, args, options = {}]) {
  return new Promise((resolve, reject) => {
    log.write(`$ ${[command, ...args].join(' ')}\n`);
    const child = spawn(command, args, {
      cwd: kRoot,
      ...options,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const faults = [];
    const tail = [];
    const onChunk = (chunk) => {
      log.write(chunk);
      const lines = chunk
        .toString()
        .split(/[\r\n]+/)
        .filter((line) => line.trim() !== '');
      faults.push(...lines.filter((line) => /\b(error|fatal)\b/i.test(line)));
      faults.splice(kFirstFaults);
      tail.push(...lines);
      tail.splice(0, Math.max(0, tail.length - kTailLines));
      state.last = shortened(tail.at(-1) ?? '');
    };
    child.stdout.on('data', (chunk) => {
      output += chunk;
      onChunk(chunk);
    });
    child.stderr.on('data', onChunk);
    child.once('error', (error) =>
      reject(new SetupError(`${step.title}: ${command} cannot be run (${error.code})`)),
    );
    child.once('close', (code, signal) => {
      state.last = '';
      if (code === 0) {
        resolve(output);
        return;
      }
      for (const line of new Set([...faults, ...tail])) console.error(`       | ${line}`);
      const how = signal ?? `exit status ${code}`;
      const where = `the whole output is in build/logs/setup-${step.name}.log`;
      reject(
        new SetupError(`${step.title}: \`${command} ${args[0] ?? ''}\` failed (${how}); ${where}`),
      );
    });
  });
}

function shortened(text) {
  const plain = text.replace(/\u001b\[[0-9;]*m/g, '').trim();
  return plain.length > 60 ? `${plain.slice(0, 57)}…` : plain;
}
