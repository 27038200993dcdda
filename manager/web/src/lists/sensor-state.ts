// One word and tone for a sensor. Invariant: silence outweighs everything, then a false condition, then
// loss of packets or events.
import type { Reported, SensorRow } from '../api/contract.ts';

export interface SensorTone {
  readonly tone: 'ok' | 'warn' | 'danger';
  readonly word: string;
}

/** An interface by its name, a replayed capture by its file name. */
export const sourceName = (source: Reported['interfaces'][number]): string =>
  source.strategy === 'pcapFile' ? (source.name.split('/').at(-1) ?? source.name) : source.name;

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
