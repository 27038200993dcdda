/**
 * Settings that change while the sensor runs: what the wish names, and for the rest the configuration.
 *
 * Invariants: all of a wish is applied or, where the engine refuses it, nothing of it; what is the same as before
 * costs the engine nothing.
 */
import type { Logger } from 'pino';
import { LIVE_ENGINE_KEYS, type LiveEngineConfig } from '#contracts/engine-config.ts';
import { NetmothError } from '#contracts/errors.ts';
import type { LiveEngine, LiveTuning } from '#contracts/native.ts';
import type { Desired } from '#contracts/nats.ts';
import type { ResolvedConfig } from './config.ts';
import type { EventFilter } from './event-filter.ts';

export interface LiveSettingsOptions {
  readonly config: Pick<ResolvedConfig, 'engine' | 'outputs' | 'logLevel'>;
  readonly filter: EventFilter;
  readonly log: Logger;
}

export class LiveSettings {
  readonly #options: LiveSettingsOptions;
  #tuning: LiveTuning;

  constructor(options: LiveSettingsOptions) {
    this.#options = options;
    this.#tuning = tuningOf(options, undefined);
    options.filter.select(options.config.outputs);
  }

  /** Why nothing of it was applied; undefined where all was. */
  apply(engine: Pick<LiveEngine, 'tune'>, desired: Desired | undefined): string | undefined {
    const { config, filter, log } = this.#options;
    const tuning = tuningOf(this.#options, desired);
    if (JSON.stringify(tuning) !== JSON.stringify(this.#tuning)) {
      try {
        engine.tune(tuning);
      } catch (error) {
        if (error instanceof NetmothError) return error.message;
        throw error;
      }
      this.#tuning = tuning;
      log.info({ tuning }, 'The engine goes on with other settings');
    }
    const { classes = config.outputs.classes, flowSampling = config.outputs.flowSampling } =
      desired?.outputs ?? {};
    filter.select({ classes, flowSampling });
    log.level = desired?.logLevel ?? config.logLevel;
    return undefined;
  }
}

function tuningOf({ config }: LiveSettingsOptions, desired: Desired | undefined): LiveTuning {
  const wished = desired?.engine ?? {};
  const engine = Object.fromEntries(
    LIVE_ENGINE_KEYS.map((key) => [key, wished[key] ?? config.engine[key]]),
  ) as unknown as LiveEngineConfig;
  const { outputs } = config;
  const { alertMaxMs = outputs.alertMaxMs, batchMaxMs = outputs.batchMaxMs } =
    desired?.outputs ?? {};
  return { engine, alertMaxMs, batchMaxMs };
}
