/** What a node reports about itself. Invariant: a value of reportedSchema, made from one reading. */
import type { Reported } from '#contracts/nats.ts';
import type { ReportedSignatures } from '#contracts/signature-store.ts';
import type { ResolvedConfig } from './config.ts';
import type { Condition } from './health.ts';
import { countersOf, type Readings } from './ledger.ts';
import { nameOf, type Source } from './source.ts';

export interface ReportInput {
  readonly config: ResolvedConfig;
  readonly source: Source;
  readonly version: string;
  readonly startedAt: Date;
  readonly now: Date;
  readonly observedGeneration: number;
  readonly interfaceUp: boolean;
  readonly readings: Readings;
  readonly conditions: Condition[];
  readonly signatures: ReportedSignatures;
}

export function makeReport(input: ReportInput): Reported {
  const { config, source, readings } = input;
  const { diskBytes, capacityBytes, batches } = readings.outbox;
  const { user, system } = process.cpuUsage();
  return {
    sensor: config.name,
    node: config.node,
    version: input.version,
    startedAt: input.startedAt.toISOString(),
    reportedAt: input.now.toISOString(),
    observedGeneration: input.observedGeneration,
    interfaces: [
      {
        name: nameOf(source),
        strategy: source.kind === 'capture' ? 'afPacket' : 'pcapFile',
        up: input.interfaceUp,
        workers: source.kind === 'capture' ? source.capture.workers : 1,
      },
    ],
    signatures: input.signatures,
    counters: countersOf(readings),
    spool: { bytes: diskBytes, capacityBytes, batches },
    rssBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    conditions: input.conditions,
  };
}
