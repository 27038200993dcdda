/**
 * `netmoth read`: a capture file in, EVE events out, a summary at the end.
 *
 * Invariant: standard output carries events alone (with --eve -); progress, summary and errors go to
 * standard error. What a broken file held before the break is written before the error is told.
 */
import { NetmothError } from '#contracts/errors.ts';
import type { ReadSummary } from '#contracts/native.ts';
import { engineConfigFrom, memoryWhenFull, read } from '#native/index.ts';
import { formatBytes, formatCount } from '../format.ts';
import { ProgressBar } from '../progress-bar.ts';
import { splitActionOrder } from './action-order.ts';
import type { CompileOptions } from './compile-sources.ts';
import { eveOptions } from './eve-options.ts';
import { settings } from './settings.ts';

export interface ReadCommandOptions {
  readonly eve: string;
  readonly checksums: 'validate' | 'ignore';
  readonly dnsVersion: '2' | '3';
  readonly eveOption: readonly string[];
  readonly list: readonly string[];
  readonly rules: readonly string[];
  readonly bundle?: string;
  readonly classification?: string;
  readonly reference?: string;
  readonly threshold?: string;
  readonly iprep?: string;
  readonly geoip?: string;
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly suppress: readonly string[];
  readonly var: readonly string[];
  readonly workers?: string;
  readonly set: readonly string[];
  readonly quiet: boolean;
  readonly patternCache: string;
}

/** What the manager makes devices and kinds of traffic of; a reader of files seldom wants it. */
const kUnlessAsked = ['eve.flowProfile=false'];

export async function readCapture(path: string, options: ReadCommandOptions): Promise<number> {
  const { actionOrder, engineSettings } = splitActionOrder(options.set);
  const engine = engineConfigFrom({
    checksums: options.checksums,
    dnsVersion: Number(options.dnsVersion),
    ...settings([...kUnlessAsked, ...engineSettings, ...eveOptions(options.eveOption)]),
    ...(options.workers !== undefined && { workers: Number(options.workers) }),
  });
  const bar = options.quiet || !process.stderr.isTTY ? undefined : new ProgressBar(process.stderr);
  const run = (bundlePath?: string) =>
    read({
      path,
      evePath: options.eve,
      engine,
      ...(bundlePath !== undefined && { bundlePath, patternCache: options.patternCache }),
      ...(bar && { onProgress: (done) => bar.show(done) }),
    }).finally(() => bar?.clear());
  const compiling = {
    ...options,
    ...(actionOrder !== undefined && { actionOrder }),
    keepTexts: engine.eve.alert.rule,
  };
  const summary = await matching(compiling, run);
  if (!options.quiet) {
    const bound = `memory    at most ${formatBytes(memoryWhenFull(engine, summary.signatureBytes))} by its settings\n`;
    process.stderr.write(`${summaryText(summary)}${bound}`);
  }
  if (summary.fault === undefined) return 0;
  throw new NetmothError(summary.fault.code, summary.fault.message);
}

async function matching<T>(
  { bundle, ...sources }: CompileOptions & ReadCommandOptions,
  run: (bundlePath?: string) => Promise<T>,
): Promise<T> {
  if (sources.rules.length + sources.list.length === 0) return await run(bundle);
  if (bundle !== undefined) {
    throw new NetmothError('NM_USAGE', 'give --rules and --list, or --bundle, not both');
  }
  // Most runs match nothing: the compiler is loaded for those that do.
  const { withBundle } = await import('./temporary-bundle.ts');
  return await withBundle(sources, run);
}

export function summaryText(summary: ReadSummary): string {
  const seconds = Math.max(summary.wallSeconds, 1e-6);
  const events = Object.entries(summary.eventsByType)
    .filter(([, count]) => count > 0)
    .map(([type, count]) => `${type} ${formatCount(count)}`)
    .join(', ');
  const bits = (summary.bytes * 8) / seconds;
  const rows: [string, string][] = [
    [
      'packets',
      `${formatCount(summary.packets)} (${formatCount(summary.invalidPackets)} malformed)`,
    ],
    ['bytes', formatBytes(summary.bytes)],
    ['captured', summary.packets > 0 ? `${summary.firstPacket} to ${summary.lastPacket}` : '-'],
    ['flows', `${formatCount(summary.flowsTotal)} (${formatCount(summary.flowsEvicted)} evicted)`],
    ['fragments', formatCount(summary.fragments)],
    ['events', `${formatCount(summary.eventsMade)}${events === '' ? '' : `: ${events}`}`],
    [
      'dropped',
      `${formatCount(summary.reassemblyDrops)} segments (${formatCount(summary.reassemblyGaps)} gaps), ${formatCount(summary.eventsDropped)} events`,
    ],
    [
      'time',
      `${seconds.toFixed(3)} s, ${formatCount(Math.round(summary.packets / seconds))} packets/s, ${(bits / 1e9).toFixed(2)} Gb/s`,
    ],
  ];
  return rows.map(([name, value]) => `${name.padEnd(10)}${value}\n`).join('');
}
