/**
 * Runs a command some times and keeps the smallest CPU time, wall time and peak memory.
 *
 * Invariant: a command that fails ends the benchmark with its standard error. Needs python3 (the
 * captures are made by it too): Node cannot ask for the resources of one child.
 */
import { spawnSync } from 'node:child_process';

export interface Measured {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly maxRssMiB: number;
  /** Of the last run. */
  readonly stderr: string;
}

const WRAPPER = `
import json, resource, subprocess, sys, time
started = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
wall = time.monotonic() - started
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024]))
`;

export function measure(
  command: readonly string[],
  options: { readonly repeat: number },
): Measured {
  let best: Measured | undefined;
  for (let run = 0; run < options.repeat; run += 1) {
    const done = spawnSync('python3', ['-c', WRAPPER, ...command], { encoding: 'utf8' });
    const [status, cpuSeconds, wallSeconds, maxRssMiB] = JSON.parse(done.stdout) as number[];
    if (status !== 0) throw new Error(`${command.join(' ')} → ${status}\n${done.stderr}`);
    const now = { cpuSeconds, wallSeconds, maxRssMiB };
    best = {
      cpuSeconds: Math.min(best?.cpuSeconds ?? Infinity, now.cpuSeconds ?? Infinity),
      wallSeconds: Math.min(best?.wallSeconds ?? Infinity, now.wallSeconds ?? Infinity),
      maxRssMiB: Math.max(best?.maxRssMiB ?? 0, now.maxRssMiB ?? 0),
      stderr: done.stderr,
    };
  }
  if (best === undefined) throw new Error('measure: repeat must be at least 1');
  return best;
}
