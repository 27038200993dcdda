/**
 * Metrics that are read where they are counted, whenever Prometheus asks.
 *
 * Invariant: nothing is remembered between two readings; labels are those of the first.
 */
import { Counter, Gauge, type Registry } from 'prom-client';

export type Sample = readonly [labels: Record<string, string>, value: number];

/** `name` is without the prefix netmoth_sensor_. */
export type Define = (
  kind: 'counter' | 'gauge',
  name: string,
  help: string,
  read: () => number | readonly Sample[],
) => void;

/** `labelsWhileEmpty`: the labels of metrics that may have no sample yet. */
export function definer(
  registry: Registry,
  labelsWhileEmpty: Readonly<Record<string, readonly string[]>>,
): Define {
  return (kind, name, help, read) => {
    const samples = (): readonly Sample[] => {
      const value = read();
      return typeof value === 'number' ? [[{}, value]] : value;
    };
    const options = { name: `netmoth_sensor_${name}`, help, registers: [registry] };
    const labelNames = [...new Set(samples().flatMap(([labels]) => Object.keys(labels)))];
    if (labelNames.length === 0) labelNames.push(...(labelsWhileEmpty[name] ?? []));
    if (kind === 'gauge') {
      new Gauge({
        ...options,
        labelNames,
        collect() {
          this.reset();
          for (const [labels, value] of samples()) this.set(labels, value);
        },
      });
    } else {
      new Counter({
        ...options,
        labelNames,
        collect() {
          this.reset();
          for (const [labels, value] of samples()) this.inc(labels, value);
        },
      });
    }
  };
}
