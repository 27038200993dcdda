/**
 * Starts and stops of live capture, many in one process, and what they leave behind.
 *
 *     node bench/capture/starts.ts [--strategy afPacket,ebpf,pcap,afXdp] [--times 100]
 *
 * It fails (exit 1) where descriptors, threads, mappings or objects of eBPF grew between the tenth start and the last,
 * or memory by more than 10 %. Invariant: it works in a network namespace of its own. Needs root.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { captureConfigSchema } from '#contracts/engine-config.ts';
import { engineConfigFrom, startLive } from '#native/index.ts';
import { type Held, heldBy } from './sensor-watch.ts';

const kInside = 'NETMOTH_BENCH_STARTS_INSIDE';
const kWarmUp = 10;
const { values } = parseArgs({
  options: {
    strategy: { type: 'string', default: 'afPacket,ebpf,pcap,afXdp' },
    times: { type: 'string', default: '100' },
  },
});

if (process.env[kInside] === undefined) {
  const inside = ['--net', process.execPath, '--expose-gc', ...process.argv.slice(1)];
  const env = { ...process.env, [kInside]: '1' };
  process.exitCode = spawnSync('unshare', inside, { stdio: 'inherit', env }).status ?? 1;
} else {
  execFileSync('ip', ['link', 'add', 'cap0', 'type', 'veth', 'peer', 'name', 'cap0p']);
  for (const end of ['cap0', 'cap0p'])
    execFileSync('ip', ['link', 'set', end, 'addrgenmode', 'none', 'up']);
  for (const strategy of values.strategy.split(',')) {
    if ((await run(strategy)) !== 0) process.exitCode = 1;
  }
}

async function run(strategy: string): Promise<number> {
  const capture = captureConfigSchema.parse({ strategy, interface: 'cap0', ringSizeMiB: 4 });
  let taken = '';
  const once = async () => {
    const engine = startLive({
      source: { capture },
      engine: engineConfigFrom(),
      ...{ alertMaxMs: 100, batchMaxMs: 200, batchMaxBytes: 65_536, queueBatches: 64 },
      onBatch: () => undefined,
      onEnd: () => undefined,
    });
    taken = engine.captureStatus().strategy;
    await engine.stop();
    // Handles of an engine go with the garbage of JavaScript, its sockets and memory with stop().
    globalThis.gc?.();
  };
  const held = async (): Promise<Held> => {
    for (let i = 0; i < 3; i += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return heldBy(process.pid);
  };
  for (let i = 0; i < kWarmUp; i += 1) await once();
  const before = await held();
  for (let i = kWarmUp; i < Number(values.times); i += 1) await once();
  const after = await held();
  const faults = (['descriptors', 'threads', 'mappings', 'bpf'] as const)
    .filter((what) => after[what] > before[what] + 2)
    .map((what) => `${what} ${before[what]} → ${after[what]}`);
  if (after.rssKiB > before.rssKiB * 1.1) faults.push(`RSS ${before.rssKiB} → ${after.rssKiB} KiB`);
  if (taken !== strategy) faults.push(`${taken} was taken`);
  const { rssKiB, descriptors, threads, mappings, bpf } = after;
  console.log(
    `${strategy}: ${values.times} starts and stops; ${descriptors} descriptors, ${threads} threads, ` +
      `${mappings} mappings (${before.mappings} after ${kWarmUp}), ${bpf} of eBPF, RSS ${before.rssKiB} → ${rssKiB} KiB` +
      `${faults.length === 0 ? '' : `; LEFT BEHIND: ${faults.join(', ')}`}`,
  );
  return faults.length === 0 ? 0 : 1;
}
