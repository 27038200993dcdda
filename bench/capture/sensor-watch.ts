/**
 * What a running process holds, read from /proc: memory, descriptors, threads, mappings, and objects of bpf(2).
 *
 * Invariant: reads only; a descriptor that closes meanwhile counts or does not.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Held {
  readonly rssKiB: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly mappings: number;
  /** Maps, programs and links of eBPF that it has open. */
  readonly bpf: number;
}

export function heldBy(pid: number): Held {
  const folder = `/proc/${pid}`;
  const status = readFileSync(`${folder}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const names = readdirSync(`${folder}/fd`);
  const isBpf = (name: string) => {
    try {
      return readlinkSync(`${folder}/fd/${name}`).startsWith('anon_inode:bpf');
    } catch {
      return false;
    }
  };
  return {
    rssKiB: field('VmRSS'),
    threads: field('Threads'),
    descriptors: names.length,
    mappings: readFileSync(`${folder}/maps`, 'utf8').split('\n').length - 1,
    bpf: names.filter(isBpf).length,
  };
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Growth from the first to the last third of what came after the warm-up, in parts of the former. */
export function growthOf(values: readonly number[]): number {
  const third = Math.max(1, Math.floor(values.length / 3));
  const first = median(values.slice(0, third));
  return first === 0 ? 0 : median(values.slice(-third)) / first - 1;
}
