// One word and tone for a sensor. Invariant: silence outweighs everything, then a false condition, then
// loss of packets or events.
import type { Reported, SensorRow } from '../api/contract.ts';

/** Worst first. */
export const FLEET_STATES = ['silent', 'degraded', 'losing', 'healthy'] as const;
export type FleetState = (typeof FLEET_STATES)[number];

export interface SensorTone {
  readonly tone: 'ok' | 'warn' | 'danger';
  readonly word: FleetState;
}

/** An interface by its name, a replayed capture by its file name. */
export const sourceName = (source: Reported['interfaces'][number]): string =>
  source.strategy === 'pcapFile' ? (source.name.split('/').at(-1) ?? source.name) : source.name;

const STRATEGY_NAMES: Readonly<Record<Reported['interfaces'][number]['strategy'], string>> = {
  afPacket: 'AF_PACKET',
  afXdp: 'AF_XDP',
  ebpf: 'eBPF',
  pcap: 'libpcap',
  pcapFile: 'replay',
};

/** How packets are taken, as people call it. */
export const strategyName = ({ strategy }: Reported['interfaces'][number]): string =>
  STRATEGY_NAMES[strategy];

/** Loss above one packet in a thousand is worth a look. */
export const LOSS_WORTH_SAYING = 0.001;

/** A lost event is a row that is missing, so every one of them counts. */
export const isLosing = ({ lossRatio, eventsLost }: SensorRow): boolean =>
  lossRatio > LOSS_WORTH_SAYING || eventsLost > 0;

export function sensorTone(sensor: SensorRow): SensorTone {
  if (!sensor.reporting) return { tone: 'danger', word: 'silent' };
  const failing = sensor.report.conditions.find((condition) => condition.status === 'False');
  if (failing !== undefined) return { tone: 'warn', word: 'degraded' };
  if (isLosing(sensor)) return { tone: 'warn', word: 'losing' };
  return { tone: 'ok', word: 'healthy' };
}

/** How many are in which state, worst first, and those of `state` and `search`, worst first. */
export function fleetOf(
  sensors: readonly SensorRow[],
  { state, search }: { readonly state: string | null; readonly search: string | null },
): { readonly counts: ReadonlyMap<string, number>; readonly chosen: readonly SensorRow[] } {
  const wordOf = (sensor: SensorRow) => sensorTone(sensor).word;
  const counts = new Map<string, number>();
  for (const sensor of sensors) {
    const word = wordOf(sensor);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const sought = search?.toLowerCase() ?? '';
  const chosen = sensors
    .map((sensor) => ({ sensor, rank: FLEET_STATES.indexOf(wordOf(sensor)) }))
    .filter(({ rank }) => state === null || FLEET_STATES[rank] === state)
    .filter(({ sensor: { report } }) =>
      `${report.node} ${report.sensor}`.toLowerCase().includes(sought),
    )
    .toSorted(
      (a, b) =>
        a.rank - b.rank ||
        b.sensor.lossRatio - a.sensor.lossRatio ||
        (a.sensor.report.node < b.sensor.report.node ? -1 : 1),
    )
    .map(({ sensor }) => sensor);
  return { counts, chosen };
}
