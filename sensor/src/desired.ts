/** What of a wish cannot be applied to a running engine. Invariant: names keys, changes nothing. */
import { type EngineConfig, LIVE_ENGINE_KEYS } from '#contracts/engine-config.ts';
import type { Desired } from '#contracts/nats.ts';

/** Keys whose wanted value differs from what the engine was started with. */
export function unappliedKeys(desired: Desired, running: EngineConfig): readonly string[] {
  const runningValues: Readonly<Record<string, unknown>> = running;
  const live: readonly string[] = LIVE_ENGINE_KEYS;
  return Object.entries(desired.engine ?? {})
    .filter(([key]) => !live.includes(key))
    .filter(([key, value]) => differs(value, runningValues[key]))
    .map(([key]) => `engine.${key}`);
}

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
