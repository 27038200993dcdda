/**
 * The configuration file of a sensor's pods, made from the spec.
 *
 * Invariants: the same spec gives the same text, byte for byte. The hash decides whether pods are replaced: what
 * changes while a sensor runs (live-settings.ts) is in the text, so that a pod begins with it, and not in
 * the hash. Nothing secret stands in it. The keys are those of sensor/src/config-schema.ts, and a test feeds it to
 * the sensor's own parser.
 */
import { createHash } from 'node:crypto';
import { LIVE_ENGINE_KEYS } from '#contracts/engine-config.ts';
import type { NetmothSensor } from '#crds/kinds.ts';
import type { TrustedKey } from '../signatures/signing-key.ts';
import type { SensorSettings } from './settings.ts';

export const CONFIG_FILE = 'sensor.json';
export const CONFIG_DIR = '/etc/netmoth';
/** Where the kubelet puts the token that is for NATS alone. */
export const TOKEN_DIR = '/var/run/secrets/netmoth.io';
export const TOKEN_FILE = 'token';
export const DATA_DIR = '/var/lib/netmoth';

export interface SensorConfigText {
  readonly text: string;
  /** Files that stand beside it, by name: keys that bundles must be signed by. */
  readonly keys: Readonly<Record<string, string>>;
  /** Of all of it that takes a restart, short enough for a name. */
  readonly hash: string;
}

export function sensorConfig(sensor: NetmothSensor, settings: SensorSettings): SensorConfigText {
  const { capture, engine, outputs, metricsPort, logLevel } = sensor.spec;
  const { interfaces, ...ring } = capture;
  const named = interfaces.length === 0 ? undefined : interfaces.join(',');
  const { verifyKeys = [] } = settings;
  const config = {
    name: sensor.metadata.name,
    dataDir: DATA_DIR,
    nats: {
      ...{ servers: settings.natsServers, replicas: settings.natsReplicas },
      ...(settings.natsToken === true ? { tokenFile: `${TOKEN_DIR}/${TOKEN_FILE}` } : {}),
    },
    capture: { ...(named === undefined ? {} : { interface: named }), ...ring },
    engine,
    outputs: {
      ...{ batchMaxMs: outputs.batchMaxMs, alertMaxMs: outputs.alertMaxMs },
      ...{ classes: outputs.classes, flowSampling: outputs.flowSampling },
    },
    ...(verifyKeys.length === 0 ? {} : { signatures: { verifyKeys: verifyKeys.map(pathOf) } }),
    spool: { maxMiB: outputs.spoolMiB, memoryMiB: outputs.memoryMiB },
    listen: `0.0.0.0:${metricsPort}`,
    logLevel,
  };
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const { outputs: _outputs, logLevel: _logLevel, engine: limits, ...rest } = config;
  const fixed = Object.entries(limits).filter(([key]) => !isLive(key));
  const restarting = JSON.stringify([rest, fixed.sort(([a], [b]) => (a < b ? -1 : 1))]);
  const hash = createHash('sha256').update(restarting).digest('hex').slice(0, 10);
  return { text, hash, keys: Object.fromEntries(verifyKeys.map((key) => [fileOf(key), key.pem])) };
}

function isLive(key: string): boolean {
  return LIVE_ENGINE_KEYS.some((live) => live === key);
}

/** Named by the key, so that another key is another text. */
function fileOf({ id }: TrustedKey): string {
  return `verify-${id}.pem`;
}

function pathOf(key: TrustedKey): string {
  return `${CONFIG_DIR}/${fileOf(key)}`;
}
