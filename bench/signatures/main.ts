/**
 * Loading signatures into an engine that runs: how long it takes and how much memory.
 *
 *     node bench/signatures/main.ts FILE…|BUNDLE [--runs 5]
 *
 * Rule files are compiled first. The first load compiles patterns and keeps them on disk, the others find them there
 * (`--no-cache`: each compiles them). The engine replays a capture of one packet a second; the bundle is loaded into it,
 * then exchanged for itself `runs` times. CPU-seconds are of the whole process. Seconds are from the file to the last worker matching with
 * it; "beside" is the most that was resident during an exchange less what one set takes: the second set, and
 * what is freed when it is in use.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { engineConfigFrom, startLive } from '../../native/lib/index.ts';

const { values, positionals } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    'no-cache': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const MiB = 1024 * 1024;
const kSampleMs = 5;

/** Octets of memory the process has resident, without what only maps a file. */
function anonymous(): number {
  const text = readFileSync('/proc/self/status', 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}

/** A capture whose replay takes as many seconds as it has packets. */
function slowCapture(seconds: number): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const packets = Array.from({ length: seconds }, (_, at) => {
    const packet = Buffer.alloc(16 + 60);
    packet.writeUInt32LE(1_700_000_000 + at, 0);
    packet.writeUInt32LE(60, 8);
    packet.writeUInt32LE(60, 12);
    return packet;
  });
  return Buffer.concat([header, ...packets]);
}

/** Compiled by a process of its own, so that its memory is not in the figures. */
function bundleOf(files: readonly string[], folder: string): string {
  const [first = ''] = files;
  if (files.length === 1 && readFileSync(first).subarray(0, 8).toString('latin1') === 'NMBUNDL\n') {
    return first;
  }
  const bundle = join(folder, 'rules.bundle');
  const program = join(import.meta.dirname, '../../cli/bin/netmoth.mjs');
  try {
    execFileSync(process.execPath, [program, 'rules', 'compile', ...files, '-o', bundle], {
      maxBuffer: 64 * MiB,
    });
  } catch (error) {
    // Status 1: some rules have faults, the bundle is there all the same.
    if (!(error instanceof Error && 'status' in error && error.status === 1)) throw error;
  }
  return bundle;
}

const folder = mkdtempSync(join(tmpdir(), 'netmoth-bench-signatures-'));
try {
  const bundle = bundleOf(positionals, folder);
  const path = join(folder, 'slow.pcap');
  writeFileSync(path, slowCapture(3_600));
  const engine = startLive({
    source: { replay: { path, speed: 1, rebaseTime: true } },
    engine: engineConfigFrom(),
    patternCache: values['no-cache'] ? '' : join(folder, 'patterns'),
    ...{ alertMaxMs: 100, batchMaxMs: 100, batchMaxBytes: MiB, queueBatches: 64 },
    onBatch: () => undefined,
    onEnd: () => undefined,
  });
  await sleep(500);
  const without = anonymous();
  const first = await engine.swapSignatures(bundle);
  const one = anonymous() - without;
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, anonymous());
  }, kSampleMs);
  const seconds: number[] = [];
  const before = process.cpuUsage();
  for (let run = 0; run < Number(values.runs); run += 1) {
    const loaded = await engine.swapSignatures(bundle);
    seconds.push((loaded?.loadMs ?? 0) / 1_000);
  }
  const { user, system } = process.cpuUsage(before);
  clearInterval(sampler);
  await engine.stop();
  const mib = (octets: number) => `${(octets / MiB).toFixed(0)} MiB`;
  console.log(
    `${first?.rulesLoaded} rules (${first?.rulesFailed} not matched), ${first?.indicators} list entries, bundle ${mib(readFileSync(bundle).length)}`,
  );
  console.log(
    `loaded into the running engine in ${((first?.loadMs ?? 0) / 1_000).toFixed(2)} s, then ${seconds.map((each) => each.toFixed(2)).join(', ')} s`,
  );
  console.log(
    `an exchange takes ${((user + system) / 1e6 / seconds.length).toFixed(2)} CPU-seconds`,
  );
  console.log(`one set ${mib(one)}; beside it while exchanging ${mib(peak - without - one)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
