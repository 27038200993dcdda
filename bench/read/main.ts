/**
 * `netmoth read` on large captures: CPU time beside libpcap's own loop, peak memory, a flow table ten
 * times too small, start-up.
 *
 *     node bench/read/main.ts [--size 1G] [--large 4G] [--profile imix-bulk] [--repeat 3]
 *
 * The captures come from ../shared/conformance/synth_bench.py (--synth FILE for another place) and stay
 * in the cache directory. Each figure is the minimum of the repeats: on a shared machine the others only
 * ever add. Ends with status 1 where a floor is missed.
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeManyFlows } from './many-flows.ts';
import { type Measured, measure } from './measure.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1G' },
    large: { type: 'string', default: '4G' },
    profile: { type: 'string', default: 'imix-bulk' },
    repeat: { type: 'string', default: '3' },
    seed: { type: 'string', default: '7' },
    synth: { type: 'string', default: '../shared/conformance/synth_bench.py' },
    cache: { type: 'string', default: join(homedir(), '.cache', 'netmoth', 'bench') },
  },
});

const kMaxCpuRatio = 5;
const kMaxRssMiB = 400;
/** Growth of peak memory between the two sizes that is noise rather than a leak. */
const kMaxGrowthMiB = 32;
const kMaxStartMs = 200;
const kConcurrentFlows = 1_000_000;
const kTableFlows = 100_000;
const kFullTableFlows = 10_000;

const root = join(import.meta.dirname, '..', '..');
const misses: string[] = [];

const netmoth = (pcap: string, eve: string, ...settings: string[]): Measured =>
  measure(
    [process.execPath, join(root, 'cli/bin/netmoth.mjs'), 'read', pcap, '--eve', eve, ...settings],
    { repeat: Number(values.repeat) },
  );

function floor(name: string, met: boolean, text: string): void {
  console.log(`${met ? 'met   ' : 'MISSED'} ${name.padEnd(28)} ${text}`);
  if (!met) misses.push(name);
}

/** The capture of that size, made once. */
function synth(size: string): string {
  mkdirSync(values.cache, { recursive: true });
  const path = join(values.cache, `${values.profile}-${size}-${values.seed}.pcap`);
  if (existsSync(path)) return path;
  console.log(`making ${path}`);
  const part = `${path}.part`;
  const options = ['--profile', values.profile, '--size', size, '--seed', values.seed];
  measure(['python3', join(root, values.synth), part, ...options], { repeat: 1 });
  renameSync(part, path);
  return path;
}

const eve = join(values.cache, 'eve.ndjson');
const small = synth(values.size);
const large = synth(values.large);

const pcap = measure(['tcpdump', '-r', small, '-w', '/dev/null', 'ip proto 250'], {
  repeat: Number(values.repeat),
});
const first = netmoth(small, eve);
const second = netmoth(large, eve);
// With more flows in the larger capture memory grows until the tables are full. A table that is full
// in both shows whether anything else does.
const full = ['--set', `maxFlows=${kFullTableFlows}`];
const firstFull = netmoth(small, eve, ...full);
const secondFull = netmoth(large, eve, ...full);
const ratio = first.cpuSeconds / pcap.cpuSeconds;
const cpu = (run: Measured) => `${run.cpuSeconds.toFixed(2)} CPU-s`;
const rss = (run: Measured) => `${run.maxRssMiB.toFixed(0)} MiB`;

console.log(`\n${values.profile}, ${values.size} and ${values.large}, minimum of ${values.repeat}`);
console.log(`tcpdump ${cpu(pcap)}, netmoth ${cpu(first)}, ${rss(first)}; large ${cpu(second)}\n`);
floor('CPU beside tcpdump', ratio <= kMaxCpuRatio, `${ratio.toFixed(1)} × (≤ ${kMaxCpuRatio})`);
floor('peak memory', second.maxRssMiB < kMaxRssMiB, `${rss(second)} (< ${kMaxRssMiB} MiB)`);
floor(
  'no growth with size',
  secondFull.maxRssMiB - firstFull.maxRssMiB < kMaxGrowthMiB,
  `tables full: ${rss(firstFull)} at ${values.size}, ${rss(secondFull)} at ${values.large}`,
);

const many = join(values.cache, `flows-${kConcurrentFlows}.pcap`);
if (!existsSync(many)) writeManyFlows(many, kConcurrentFlows);
const crowded = netmoth(many, '/dev/null', '--set', `maxFlows=${kTableFlows}`);
const evicted = /\(([\d,]+) evicted\)/.exec(crowded.stderr)?.[1] ?? '0';
floor(
  '1 M flows, table of 100k',
  Number(evicted.replaceAll(',', '')) > 0 && crowded.maxRssMiB < kMaxRssMiB,
  `${evicted} evicted, ${rss(crowded)}, ${cpu(crowded)}`,
);

const one = join(values.cache, 'one-packet.pcap');
writeManyFlows(one, 1, 1);
const start = measure(
  [process.execPath, join(root, 'cli/bin/netmoth.mjs'), 'read', one, '--eve', eve],
  {
    repeat: 10,
  },
);
const startMs = start.wallSeconds * 1000;
floor(
  'start on one packet',
  startMs < kMaxStartMs,
  `${startMs.toFixed(0)} ms, ${cpu(start)} (< ${kMaxStartMs} ms on an idle machine)`,
);

process.exitCode = misses.length === 0 ? 0 : 1;
