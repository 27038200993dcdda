/**
 * A long day of a sensor in short: traffic at a pace while signatures are swapped, interfaces go down, come, go and
 * are made anew, and the bus is killed and started again; then `kill -9`, and what is left behind.
 *
 *     node bench/capture/soak.ts [--strategy afPacket] [--seconds 1800] [--rate 100000] [--every 60] [--workers 2]
 *                                [--flows 2000] [--growth 0.02]
 *
 * It fails (exit 1) where memory grows by more than --growth after the warm-up (a third of the time), where
 * descriptors, threads, mappings or objects of eBPF grow, where nothing is captured any more, or where a program
 * stays on an interface. Invariant: it works in a network namespace of its own, which ends with it. Needs root.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kvm } from '@nats-io/kv';
import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import { startNatsServer } from '#cli/processes/nats-server.ts';
import { freePort } from '#cli/processes/readiness.ts';
import { BUCKET_DESIRED } from '#contracts/nats.ts';
import {
  bundleDigestOf,
  OBJECT_STORE_SIGNATURES,
  publishBundle,
  signatureStoreOptions,
} from '#contracts/signature-store.ts';
import { loadRules } from '#signatures/check-rules.ts';
import { compile } from '#signatures/compile/compile.ts';
import { buildEngineBench } from '../engine/build.ts';
import { growthOf, type Held, heldBy } from './sensor-watch.ts';

const kInside = 'NETMOTH_BENCH_SOAK_INSIDE';
const kBench = join(import.meta.dirname, '../../build/bench/bench/netmoth_bench');
const kSensor = join(import.meta.dirname, '../../sensor/src/main.ts');
const kReady = 30_000;

const { values } = parseArgs({
  options: {
    strategy: { type: 'string', default: 'afPacket' },
    seconds: { type: 'string', default: '1800' },
    rate: { type: 'string', default: '100000' },
    every: { type: 'string', default: '60' },
    workers: { type: 'string', default: '2' },
    flows: { type: 'string', default: '2000' },
    growth: { type: 'string', default: '0.02' },
  },
});

if (process.env[kInside] === undefined) {
  buildEngineBench();
  const inside = ['--net', process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, [kInside]: '1' };
  process.exitCode = spawnSync('unshare', inside, { stdio: 'inherit', env }).status ?? 1;
} else {
  process.exitCode = await soak();
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'ignore' });
}

function makePair(name: string): void {
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`);
  for (const end of [name, `${name}p`]) ip('link', 'set', end, 'addrgenmode', 'none', 'up');
}

async function soak(): Promise<number> {
  ip('link', 'set', 'lo', 'up');
  makePair('cap0');
  const directory = mkdtempSync(join(tmpdir(), 'netmoth-soak-'));
  const port = await freePort();
  const startBus = async () => {
    const server = await startNatsServer({ dataDir: join(directory, 'nats'), port });
    await server.ready();
    return server;
  };
  let bus = await startBus();
  const sensor = await startSensor(bus.url, directory);
  const flood = spawn(
    kBench,
    ['flood', 'cap0p', '200', values.rate, String(Number(values.seconds) + 5), values.flows],
    { stdio: 'ignore' },
  );
  const samples: Held[] = [];
  const seen: number[] = [];
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  const everySeconds = Number(values.every);
  let acts = 0;
  try {
    while (passed() < Number(values.seconds)) {
      if (passed() > (acts + 1) * everySeconds) {
        acts += 1;
        await swapRules(bus.url, acts);
        await disturb(acts);
        if (acts % 3 === 0) {
          await bus.kill();
          await sleep(1_000);
          bus = await startBus();
        }
      }
      await sleep(1_000);
      // Compared are moments with as many interfaces: those without a pod.
      const alike = acts % 2 === 0;
      if (alike && passed() > Number(values.seconds) / 3) samples.push(heldBy(sensor.pid));
      seen.push(await sensor.metric('decoded_packets_total'));
    }
    const swaps = await sensor.metric('signatures_swaps_total');
    const drops = await sensor.metric('kernel_drops_total');
    return judge({ samples, seen, acts, swaps, drops, left: await leftAfterKill(sensor.child) });
  } finally {
    flood.kill('SIGKILL');
    sensor.child.kill('SIGKILL');
    await bus.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Sensor {
  readonly child: ChildProcess;
  readonly pid: number;
  metric(name: string): Promise<number>;
}

async function startSensor(url: string, directory: string): Promise<Sensor> {
  const port = await freePort();
  const child = spawn(process.execPath, [kSensor, '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      NETMOTH_SENSOR_NAME: 'soak',
      NETMOTH_SENSOR_NODE: 'node',
      NETMOTH_SENSOR_CAPTURE_INTERFACE: 'cap0,pod*',
      NETMOTH_SENSOR_CAPTURE_STRATEGY: values.strategy,
      NETMOTH_SENSOR_CAPTURE_WORKERS: values.workers,
      NETMOTH_SENSOR_CAPTURE_RING_SIZE_MIB: '32',
      NETMOTH_SENSOR_NATS_SERVERS: url,
      NETMOTH_SENSOR_DATA_DIR: join(directory, 'sensor'),
    },
  });
  const page = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    return answer.text();
  };
  const deadline = performance.now() + kReady;
  for (;;) {
    const up = await page().catch(() => undefined);
    if (up !== undefined) break;
    if (performance.now() > deadline) throw new Error('the sensor does not start');
    await sleep(100);
  }
  return {
    child,
    pid: child.pid ?? 0,
    metric: async (name) => {
      const value = new RegExp(`^netmoth_sensor_${name}\\S* (\\d+)`, 'm').exec(await page())?.[1];
      return Number(value ?? 0);
    },
  };
}

/** Another bundle each time, wanted by the bus as the operator wants it. */
async function swapRules(url: string, round: number): Promise<void> {
  const rule = `alert udp any any -> any 1 (msg:"round ${round}"; content:"soak"; sid:${round};)`;
  const loaded = loadRules([{ name: 'soak.rules', text: rule }]);
  const { bytes, digest } = compile({ sources: [], variables: {}, loaded, thresholds: [] });
  const connection = await connect({ servers: url });
  try {
    const options = signatureStoreOptions({ replicas: 1 });
    const store = await new Objm(connection).create(OBJECT_STORE_SIGNATURES, options);
    const wanted = bundleDigestOf(digest);
    await publishBundle(store, wanted, bytes);
    const wish = { generation: round, signatures: { digest: wanted, revision: `r${round}` } };
    const wishes = await new Kvm(connection).create(BUCKET_DESIRED);
    await wishes.put('soak.node', JSON.stringify(wish));
  } finally {
    await connection.close();
  }
}

/** The one that is flooded goes down and up; a pod's comes, and goes the next time. */
async function disturb(round: number): Promise<void> {
  ip('link', 'set', 'cap0', 'down');
  await sleep(300);
  ip('link', 'set', 'cap0', 'up');
  if (round % 2 === 1) makePair('pod0');
  else ip('link', 'del', 'pod0');
}

/** What is on the interface a moment after the sensor was killed. */
async function leftAfterKill(child: ChildProcess): Promise<string[]> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  await sleep(1_000);
  const link = execFileSync('ip', ['-d', 'link', 'show', 'cap0'], { encoding: 'utf8' });
  const qdiscs = execFileSync('tc', ['qdisc', 'show', 'dev', 'cap0'], { encoding: 'utf8' });
  const net = spawnSync('bpftool', ['net', 'show', 'dev', 'cap0'], { encoding: 'utf8' });
  return [
    ...(/\bxdp/.test(link) ? ['an XDP program'] : []),
    ...(/clsact|ingress/.test(qdiscs) ? ['a qdisc'] : []),
    ...(/tcx|clsact|prog_id/.test(net.stdout ?? '') ? ['a tc program'] : []),
    ...(/\bPROMISC\b|promiscuity [1-9]/.test(link) ? ['promiscuous mode'] : []),
  ];
}

interface Outcome {
  readonly samples: readonly Held[];
  readonly seen: readonly number[];
  readonly acts: number;
  readonly swaps: number;
  readonly drops: number;
  readonly left: readonly string[];
}

function judge({ samples, seen, acts, swaps, drops, left }: Outcome): number {
  const faults = left.map((what) => `kill -9 left ${what}`);
  const rows = (['rssKiB', 'descriptors', 'threads', 'mappings', 'bpf'] as const).map((what) => {
    const figures = samples.map((sample) => sample[what]);
    const growth = growthOf(figures);
    const bound = what === 'rssKiB' ? Number(values.growth) : 0.05;
    if (growth > bound) faults.push(`${what} grew by ${(growth * 100).toFixed(1)} %`);
    return `| ${what} | ${figures[0]} | ${figures.at(-1)} | ${(growth * 100).toFixed(1)} % |`;
  });
  const programs = ['ebpf', 'afXdp'].includes(values.strategy);
  if (programs && samples.every(({ bpf }) => bpf === 0)) faults.push('another strategy was taken');
  const last = seen.slice(-5);
  if ((last.at(-1) ?? 0) <= (last[0] ?? 0)) faults.push('nothing is captured any more');
  if (swaps < acts) faults.push(`${swaps} swaps of signatures, ${acts} were wanted`);
  const text = [
    `${values.strategy}, ${values.workers} workers, ${values.rate} packets/s for ${values.seconds} s; ` +
      `${acts} rounds of swap, flap and pod, ${Math.floor(acts / 3)} restarts of the bus`,
    `${seen.at(-1)} packets decoded, ${drops} dropped by the kernel, ${swaps} swaps`,
    '',
    '| after the warm-up | first | last | growth of medians, first to last third |',
    '|---|---|---|---|',
    ...rows,
    '',
    faults.length === 0 ? 'nothing grew, nothing was left behind' : `FAULTS: ${faults.join('; ')}`,
    '',
  ].join('\n');
  process.stdout.write(text);
  const folder = join(import.meta.dirname, '../../build/bench-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `soak-${values.strategy}.md`), text);
  return faults.length === 0 ? 0 : 1;
}
