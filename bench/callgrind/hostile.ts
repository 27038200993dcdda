/**
 * Instructions of hostile shapes (native/test/testing/hostile_shapes.h), each at a size and at twice that
 * size: whatever the traffic, the work is in proportion to it.
 *
 *     node bench/callgrind/hostile.ts
 *
 * Invariant: only the worker is counted, not the building of its frames.
 */
import { execFileSync } from 'node:child_process';
import { buildEngineBench } from '../engine/build.ts';

/** Twice the traffic may cost so many times as much. */
export const MAX_RATIO = 2.2;
/** Valgrind takes fifty times as long: sizes are those of the tests by this. */
const SMALLER = 4;

export interface HostileCost {
  readonly shape: string;
  readonly size: number;
  readonly once: number;
  readonly twice: number;
}

export function countHostile(): HostileCost[] {
  const program = buildEngineBench();
  const list = execFileSync(program, ['hostile', 'list'], { encoding: 'utf8' });
  return list
    .trim()
    .split('\n')
    .map((line) => {
      const [shape = '', full = ''] = line.split(' ');
      const size = Math.ceil(Number(full) / SMALLER);
      const once = instructions(program, shape, size);
      return { shape, size, once, twice: instructions(program, shape, 2 * size) };
    });
}

function instructions(program: string, shape: string, size: number): number {
  const args = [
    '--tool=callgrind',
    '--callgrind-out-file=/dev/null',
    '--toggle-collect=netmoth::pipeline::Worker::process(*',
    '--toggle-collect=netmoth::pipeline::Worker::finish(*',
    program,
    ...['hostile', shape, String(size)],
  ];
  const text = execFileSync('sh', ['-c', 'exec "$@" 2>&1', 'sh', 'valgrind', ...args], {
    encoding: 'utf8',
  });
  const counted = Number(/Collected : (\d+)/.exec(text)?.[1]);
  if (!(counted > 0)) throw new Error(`callgrind ${shape}:\n${text}`);
  return counted;
}

/** Shapes that cost out of proportion; a line each. */
export function hostileFaults(costs: readonly HostileCost[]): string[] {
  return costs
    .filter(({ once, twice }) => twice > once * MAX_RATIO)
    .map(
      ({ shape, size, once, twice }) =>
        `${shape}: ${twice} instructions at ${2 * size}, ${(twice / once).toFixed(2)} times as many as at ${size}`,
    );
}

if (import.meta.main) {
  const costs = countHostile();
  for (const { shape, size, once, twice } of costs) {
    const ratio = (twice / once).toFixed(2);
    console.log(
      `${shape.padEnd(24)}${String(size).padStart(7)}  ${(once / 1e6).toFixed(1)} M → ${(twice / 1e6).toFixed(1)} M  ${ratio}`,
    );
  }
  const faults = hostileFaults(costs);
  for (const fault of faults) console.log(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
