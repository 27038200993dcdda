/**
 * What of a NetmothSensor goes to its nodes over NATS and restarts nothing, and what is left for the pods' own
 * configuration.
 *
 * Invariants: pure; a setting is either of the two, so a change of a live one never replaces a pod. The order
 * of keys is that of the schema, because wishes are compared as texts.
 */
import { LIVE_ENGINE_KEYS } from '#contracts/engine-config.ts';
import { type Desired, desiredSchema } from '#contracts/nats.ts';
import type { SensorSpec } from '#crds/sensor.ts';

export type LiveWish = Pick<Desired, 'engine' | 'outputs' | 'logLevel'>;

export function liveWish({ engine, outputs, logLevel }: SensorSpec): LiveWish {
  const { alertMaxMs, batchMaxMs, classes, flowSampling } = outputs;
  const { generation: _none, ...wish } = desiredSchema.parse({
    generation: 0,
    engine: Object.fromEntries(LIVE_ENGINE_KEYS.map((key) => [key, engine[key]])),
    outputs: { alertMaxMs, batchMaxMs, classes, flowSampling },
    logLevel,
  });
  return wish;
}
