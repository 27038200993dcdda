/**
 * Instructions per packet of the engine, counted by callgrind: the same on a busy machine.
 *
 * Invariant: what a run costs without packets is taken off, so that a figure is about packets. The
 * counts depend on the compiler, hence they are kept by compiler and compared within one alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEngineBench } from '../engine/build.ts';
import { elephantCapture, manyFlowsCapture } from '../engine/captures.ts';

const ROOT = join(import.meta.dirname, '../..');
export const BASELINE = join(ROOT, 'bench/callgrind/baseline.json');
/** A run that needs so much more a packet has lost what somebody won. */
export const MAX_GROWTH = 0.03;

/** Instructions a packet, by case. */
export type Counts = Readonly<Record<string, number>>;
/** Counts by compiler. */
export type Baseline = Readonly<Record<string, Counts>>;

export function compiler(): string {
  return execFileSync('g++', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? 'unknown';
}

export function readBaseline(): Baseline {
  return JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline;
}

export function countInstructions(): Counts {
  const program = buildEngineBench();
  const folder = mkdtempSync(join(tmpdir(), 'netmoth-callgrind-'));
  const store = { folder, synth: '' };
  try {
    const idle = manyFlowsCapture(store, 1, 1);
    const cases = {
      'first-look': join(ROOT, 'samples/first-look.pcap'),
      'many-flows': manyFlowsCapture(store, 10_000, 3),
      elephant: elephantCapture(store, 10_000),
    };
    const start = { read: run(program, 'read', idle), loop: run(program, 'loop', idle) };
    const counts: Record<string, number> = {};
    for (const [name, capture] of Object.entries(cases)) {
      for (const command of ['read', 'loop'] as const) {
        const { instructions, packets } = run(program, command, capture);
        const each = (instructions - start[command].instructions) / (packets - 1);
        counts[`${command} ${name}`] = Math.round(each * 10) / 10;
      }
    }
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, command: string, capture: string) {
  const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', program, command, capture];
  const text = execFileSync('sh', ['-c', 'exec "$@" 2>&1', 'sh', 'valgrind', ...args], {
    encoding: 'utf8',
  });
  const instructions = Number(/Collected : (\d+)/.exec(text)?.[1]);
  const packets = Number(/"packets":(\d+)/.exec(text)?.[1]);
  if (!(instructions > 0 && packets > 0)) throw new Error(`callgrind ${command}:\n${text}`);
  return { instructions, packets };
}

/** What has grown by more than MAX_GROWTH, or is missing on one side; a line each. */
export function regressions(before: Counts, now: Counts): string[] {
  const faults: string[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const old = before[name];
    const fresh = now[name];
    if (old === undefined || fresh === undefined) {
      faults.push(`${name}: ${old === undefined ? 'not in the baseline' : 'no longer measured'}`);
    } else if (fresh > old * (1 + MAX_GROWTH)) {
      const percent = ((fresh / old - 1) * 100).toFixed(1);
      faults.push(`${name}: ${fresh} instructions a packet, ${percent} % more than ${old}`);
    }
  }
  return faults;
}
