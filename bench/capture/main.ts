/**
 * What live capture costs the worker: CPU per packet of a bare TPACKET_V3 counter and of the engine
 * behind each strategy, on a flood over a veth pair, interleaved; the minimum of the rounds.
 *
 * node bench/capture/main.ts [--rate 200000] [--seconds 3] [--rounds 3]
 *
 * Invariant: it works in a network namespace of its own, which ends with it. Needs root.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildEngineBench } from '../engine/build.ts';

const SIZES = [64, 900];
/** Of a flood of few flows all are shunted; without it, every packet goes through the engine. */
const STRATEGIES = ['bare', 'afPacket', 'afPacket+shunt', 'ebpf', 'ebpf+shunt', 'pcap', 'afXdp'];
/** Set where the process is in its namespace already. */
const INSIDE = 'NETMOTH_BENCH_CAPTURE_INSIDE';

interface Measured {
  readonly what: string;
  readonly octets: number;
  readonly sent: number;
  readonly packets: number;
  readonly drops: number;
  readonly microseconds: number;
}

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
  },
});

if (process.env[INSIDE] === undefined) {
  buildEngineBench();
  const inside = ['--net', process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, [INSIDE]: '1' };
  process.exitCode = spawnSync('unshare', inside, { stdio: 'inherit', env }).status ?? 1;
} else {
  await measureAll();
}

async function measureAll(): Promise<void> {
  const ip = (...args: string[]) => execFileSync('ip', args);
  ip('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb');
  ip('link', 'set', 'va', 'up');
  ip('link', 'set', 'vb', 'up');
  const best = new Map<string, Measured>();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const octets of SIZES) {
      for (const what of STRATEGIES) {
        const measured = await measure(what, octets);
        const key = `${what} ${octets}`;
        const before = best.get(key);
        if (before === undefined || measured.microseconds < before.microseconds)
          best.set(key, measured);
      }
    }
  }
  report([...best.values()]);
}

async function measure(what: string, octets: number): Promise<Measured> {
  const bench = buildPath();
  const seconds = Number(values.seconds);
  const reader = spawn(bench, ['capture', what, 'va', String(seconds + 2)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  reader.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = new Promise((resolve) => reader.on('close', resolve));
  await sleep(700);
  const flood = ['flood', 'vb', String(octets), values.rate, String(seconds)];
  const { sent } = JSON.parse(execFileSync(bench, flood, { encoding: 'utf8' }));
  await ended;
  const { packets, drops, cpuSeconds } = JSON.parse(output);
  return { what, octets, sent, packets, drops, microseconds: (cpuSeconds / packets) * 1e6 };
}

function buildPath(): string {
  return join(import.meta.dirname, '../../build/bench/bench/netmoth_bench');
}

function report(rows: readonly Measured[]): void {
  const lines = [
    `Flood of ${values.rate} packets/s for ${values.seconds} s, ${values.rounds} rounds, the best of each`,
    '',
    '| octets | read by | sent | read | dropped | CPU per packet | over bare |',
    '|---|---|---|---|---|---|---|',
    ...SIZES.flatMap((octets) => {
      const of = rows.filter((row) => row.octets === octets);
      const bare = of.find(({ what }) => what === 'bare')?.microseconds ?? 0;
      return of.map(
        ({ what, sent, packets, drops, microseconds }) =>
          `| ${octets} | ${what} | ${sent} | ${packets} | ${drops} | ${microseconds.toFixed(3)} µs | ${(microseconds / bare).toFixed(2)} × |`,
      );
    }),
  ];
  const text = `${lines.join('\n')}\n`;
  process.stdout.write(text);
  const folder = join(import.meta.dirname, '../../build/bench-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'capture.md'), text);
}
