/**
 * `netmoth status`: the parts of the system and, per sensor, what is captured and lost.
 *
 * Exit status: 0 all is well, 1 something is degraded or down, 69 the manager does not answer.
 */
import { type Health, healthSchema, type SensorRow, sensorsSchema } from '#contracts/rest.ts';
import { apiGet, apiTarget } from '../api-client.ts';
import type { CliEnvironment } from '../config.ts';
import { formatBytes, formatCount } from '../format.ts';
import { formatTable } from '../table.ts';

export interface StatusOptions {
  readonly json?: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly dataDir: string;
}

export async function status(options: StatusOptions, environment: CliEnvironment): Promise<number> {
  const target = apiTarget(options, environment);
  const health = healthSchema.parse(await (await apiGet(target, '/health')).json());
  const sensors = sensorsSchema.parse(await (await apiGet(target, '/sensors')).json());
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ health, sensors: sensors.items })}\n`
      : statusText(target.url, health, sensors.items),
  );
  return health.status === 'ok' ? 0 : 1;
}

const DIGEST_DIGITS = 12;

/** "a1b2c3d4e5f6, 13655 rules, 20 entries, 3 rules not matched; failed: BUNDLE_KEY". */
function signaturesText(signatures: SensorRow['report']['signatures']): string {
  if (signatures === undefined) return '-';
  const { state, digest, revision, rulesLoaded = 0, rulesFailed = 0, indicators = 0 } = signatures;
  const name = revision ?? digest?.replace('sha256:', '').slice(0, DIGEST_DIGITS);
  const inUse =
    name === undefined
      ? ['-']
      : [
          name,
          `${formatCount(rulesLoaded)} rules`,
          ...(indicators > 0 ? [`${formatCount(indicators)} entries`] : []),
          ...(rulesFailed > 0 ? [`${formatCount(rulesFailed)} rules not matched`] : []),
        ];
  const trouble = state === 'failed' ? `; failed: ${signatures.failure?.reason ?? ''}` : '';
  return inUse.join(', ') + trouble + (state === 'loading' ? '; loading' : '');
}

function statusText(url: string, health: Health, sensors: readonly SensorRow[]): string {
  const parts = formatTable(health.parts, [
    { title: 'part', value: (part) => part.name },
    { title: 'status', value: (part) => part.status },
    { title: 'restarts', value: (part) => String(part.restarts ?? '-'), right: true },
    { title: 'message', value: (part) => part.message },
  ]);
  const nodes = formatTable(sensors, [
    { title: 'sensor', value: ({ report }) => `${report.sensor}/${report.node}` },
    { title: 'reporting', value: (row) => (row.reporting ? 'yes' : 'no') },
    {
      title: 'interfaces',
      value: ({ report }) => report.interfaces.map(({ name }) => name).join(',') || '-',
    },
    {
      title: 'packets',
      value: ({ report }) => formatCount(report.counters.decodedPackets),
      right: true,
    },
    { title: 'loss', value: (row) => `${(row.lossRatio * 100).toFixed(2)} %`, right: true },
    { title: 'events lost', value: (row) => formatCount(row.eventsLost), right: true },
    {
      title: 'flows',
      value: ({ report }) => formatCount(report.counters.flowsActive),
      right: true,
    },
    {
      title: 'events',
      value: ({ report }) => formatCount(report.counters.eventsAcknowledged),
      right: true,
    },
    { title: 'spool', value: ({ report }) => formatBytes(report.spool.bytes), right: true },
    { title: 'signatures', value: ({ report }) => signaturesText(report.signatures) },
  ]);
  return `netmoth ${health.version} at ${url}: ${health.status}\n\n${parts}\n${nodes}`;
}
