/** What a node reports about itself. Invariant: a value of reportedSchema, made from one reading. */
import type { CaptureStatus } from '#contracts/native.ts';
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
  /** Undefined before the engine runs. */
  readonly capture: CaptureStatus | undefined;
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
    ...(config.revision === undefined ? {} : { revision: config.revision }),
    reportedAt: input.now.toISOString(),
    observedGeneration: input.observedGeneration,
    interfaces: interfacesOf(source, input.capture),
    signatures: input.signatures,
    counters: countersOf(readings),
    spool: { bytes: diskBytes, capacityBytes, batches },
    rssBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    conditions: input.conditions,
  };
}

function interfacesOf(source: Source, capture: CaptureStatus | undefined): Reported['interfaces'] {
  if (source.kind === 'replay')
    return [{ name: nameOf(source), strategy: 'pcapFile', up: true, workers: 1 }];
  const { workers } = source.capture;
  return (capture?.interfaces ?? []).map(({ name, up, fault }) => ({
    ...{ name, strategy: capture?.strategy ?? 'afPacket', up, workers },
    ...(fault === '' ? {} : { fault }),
  }));
}
