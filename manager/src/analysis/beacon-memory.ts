/**
 * The series of one device: what it calls, and when it did.
 *
 * Bounds: MAX_SERIES targets, of each the newest times and hours. Eviction: first what was called least, of these
 * what was called longest ago. A target that is silent for kMaxSilentHours is forgotten. The memory belongs to
 * who judges and is changed in place: a device has hundreds of series, and one hour touches few of them.
 */
import { MAX_HOURS, MAX_TIMES, type Series } from './detectors/beacon.ts';
import { callsOf, type Samples, type SubjectHour } from './subject-hour.ts';

export const MAX_SERIES = 192;
const kMaxSilentHours = 14 * 24;
/** A target called once or twice is worth remembering this long. */
const kRareHours = 30;
const kHourMs = 3_600_000;

export type BeaconMemory = Map<string, Series>;

/** `calls` are those of the hour, by target. */
export function rememberCalls(
  memory: BeaconMemory,
  hour: SubjectHour,
  calls: ReadonlyMap<string, Samples> = callsOf(hour),
): void {
  for (const [target, { timesMs, bytes }] of calls) {
    const known = memory.get(target);
    if (known !== undefined) extend(known, timesMs, bytes);
    else {
      const fresh = { timesMs: [], bytes: [], hours: [], firstMs: Infinity, lastMs: 0, count: 0 };
      extend(fresh, timesMs, bytes);
      memory.set(target, fresh);
    }
  }
  for (const [target, series] of memory) {
    const silent = hour.hour - Math.floor(series.lastMs / kHourMs);
    const isRare = series.count < 3 && silent > kRareHours;
    if (silent > kMaxSilentHours || isRare) memory.delete(target);
  }
  if (memory.size <= MAX_SERIES) return;
  const least = [...memory].sort(
    ([, a], [, b]) => a.count - b.count || a.lastMs - b.lastMs || a.firstMs - b.firstMs,
  );
  for (const [target] of least.slice(0, memory.size - MAX_SERIES)) memory.delete(target);
}

function extend(series: Series, timesMs: readonly number[], bytes: readonly number[]): void {
  const order = timesMs.map((_, index) => index);
  order.sort((a, b) => (timesMs[a] ?? 0) - (timesMs[b] ?? 0));
  for (const index of order) {
    const time = timesMs[index] ?? 0;
    series.timesMs.push(time);
    series.bytes.push(bytes[index] ?? 0);
    countHour(series.hours, Math.floor(time / kHourMs));
    series.firstMs = Math.min(series.firstMs, time);
    series.lastMs = Math.max(series.lastMs, time);
  }
  series.count += timesMs.length;
  trim(series.timesMs, MAX_TIMES);
  trim(series.bytes, MAX_TIMES);
  trim(series.hours, MAX_HOURS);
}

/** Hours come in order but for the edges: a flow that ended in this hour began in an earlier one. */
function countHour(hours: [hour: number, count: number][], hour: number): void {
  for (let at = hours.length - 1; at >= 0; at--) {
    const entry = hours[at];
    if (entry === undefined || entry[0] < hour) break;
    if (entry[0] !== hour) continue;
    entry[1] += 1;
    return;
  }
  const at = hours.findLastIndex(([known]) => known < hour);
  hours.splice(at + 1, 0, [hour, 1]);
}

function trim(list: unknown[], most: number): void {
  if (list.length > most) list.splice(0, list.length - most);
}
